/* fs.h - files that appear only whole, folders, whole-file reads. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>
#include <sys/stat.h>

/* A file that appears only on commit: written under a temporary name in the same folder, fsync, rename, fsync of the folder.
 * outfile_done without commit leaves nothing behind. mode is exact, whatever the umask. */
struct outfile {
	int fd;
	char *path, *temporary;
};
int outfile_open(struct outfile *f, const char *path, mode_t mode, struct err *e) MUST;
int outfile_commit(struct outfile *f, struct err *e) MUST;
void outfile_done(struct outfile *f);

/* The same for a folder: made under a temporary name in the folder that will hold it, filled by its fd, named, moved. What has the name
 * already stays: a folder is never replaced. Whoever fills it syncs it. outdir_done without commit removes it whole, and so does the end of
 * this process, however it comes. */
struct outdir {
	int fd;
	char *path, *temporary;
	int watched;   /* the pipe whose end tells the watcher that we have gone */
	pid_t watcher; /* who removes it then; 0: none */
};
int outdir_open(struct outdir *d, const char *folder, struct err *e) MUST;
int outdir_name(struct outdir *d, const char *path, struct err *e) MUST; /* refuses a name that is taken */
int outdir_commit(struct outdir *d, struct err *e) MUST;
void outdir_done(struct outdir *d);

int fs_write_file(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
	MUST; /* through an outfile */
/* Opens for reading what is a file, and nothing else: no pipe is waited for, no device read (E_SPECIAL_FILE). -1: failed. */
int fs_open_file(const char *path, struct err *e) MUST;
int fs_read_file(const char *path, size_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
	MUST; /* malloc, NUL after the end */
int fs_read_fd(int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct err *e) MUST;
int fs_mkdirs(const char *path, mode_t mode, struct err *e) MUST; /* existing folders are fine */
int fs_remove_tree(const char *path, struct err *e); /* never follows a link, stays on it; missing is fine */
int fs_sync_dir(const char *path, struct err *e) MUST;
int fs_symlink_swap(const char *target, const char *link, struct err *e) MUST; /* one rename; readers see old or new */
void fs_begin_sync(
	int fd); /* the disk begins on what was written: a sync that follows waits for less. Only a wish; -1 is fine */
int fs_copy_range(int from, uint64_t from_at, int to, uint64_t size, struct err *e)
	MUST; /* appends at to's position; copy_file_range, else read/write */
int fs_copy_file(const char *from, const char *to, mode_t mode, struct err *e) MUST;
int fs_link_or_copy(const char *from, const char *to, struct err *e) MUST;
int fs_temp_file(struct err *e) MUST; /* an unlinked temporary in $TMPDIR or /var/tmp; fd or -1 */
int fs_temp_dir(const char *purpose, char **ret_path, struct err *e) MUST; /* 0700, short path (gpg sockets), malloc */
/* Takes away what processes that were killed left of fs_temp_dir below folder: keys' homes, images half made. The first fs_temp_dir of a process does it. */
void fs_temp_sweep(const char *folder);
char *fs_join(const char *dir, const char *name); /* malloc */
bool fs_exists(const char *path);
int fd_write(int fd, const void *bytes, size_t len, struct err *e) MUST;      /* all of it */
int fd_pread(int fd, void *buf, size_t len, uint64_t at, struct err *e) MUST; /* exactly len, else E_TRUNCATED */
/* A lock file held until the fd is closed (flock); waits when wait, else fails with a clear error. Fd or -1. */
int fs_lock(const char *path, bool wait, struct err *e) MUST;
