/* fs_outdir.c - a folder that appears only whole.
 *
 * The kernel takes a nameless file away with its process, but not a folder: Ctrl-C would leave half of one. So a second process waits
 * until the first has ended in whatever way, and removes what was not committed. No signal but SIGKILL reaches it. */
#include "base/fs.h"
#include "base/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

/* A byte: its owner looks after the folder himself. The end of the pipe: there is no owner any more. */
static _Noreturn void watch(int end, const char *temporary)
{
	struct err ignored = { 0 };
	ssize_t got;
	char byte;

	dup2(end, 0);
	close_range(1, ~0u, 0); /* locks, and pipes whose readers wait for their end */
	do
		got = read(0, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		fs_remove_tree(temporary, &ignored);
	_exit(0);
}

/* All signals are held back until the watcher stands: none comes between the folder and who removes it. */
static int make_watched(struct outdir *d, char *temporary, const char *folder, struct err *e)
{
	int ends[2], failed = 0;
	sigset_t all, before;

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "cannot make a pipe");
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (!mkdtemp(temporary)) {
		failed = err_sys(e, "cannot create a folder in %s", folder);
	} else {
		d->watcher = fork();
		if (d->watcher == 0)
			watch(ends[0], temporary);
		if (d->watcher > 0)
			setpgid(d->watcher, d->watcher); /* who kills our group does not mean it */
		if (d->watcher < 0) {
			failed = err_sys(e, "cannot start a process");
			rmdir(temporary);
		}
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[0]);
	d->watched = ends[1];
	if (failed)
		auto_fd(&d->watched);
	return failed;
}

static void dismiss(struct outdir *d)
{
	if (d->watcher <= 0)
		return;
	(void)!write(d->watched, "", 1);
	close(d->watched);
	proc_end(d->watcher, PATIENCE_MS);
	d->watcher = 0;
}

int outdir_open(struct outdir *d, const char *folder, struct err *e)
{
	char *temporary = fs_join(folder, ".sluice-XXXXXX");

	*d = (struct outdir){ .fd = -1 };
	if (make_watched(d, temporary, folder, e)) {
		free(temporary);
		return -1;
	}
	d->temporary = temporary;
	d->fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return d->fd < 0 ? err_sys(e, "cannot open %s", temporary) : 0;
}

int outdir_name(struct outdir *d, const char *path, struct err *e)
{
	if (fs_exists(path)) {
		err_env(e, "%s exists already", path);
		return err_hint(e, "remove it, or choose another output folder");
	}
	free(d->path);
	d->path = mem_strdup(path);
	return 0;
}

/* RENAME_NOREPLACE: who made that name in the meantime keeps it. */
int outdir_commit(struct outdir *d, struct err *e)
{
	const char *slash = strrchr(d->temporary, '/');
	AUTO_FREE char *folder = slash ? mem_printf("%.*s", (int)(slash - d->temporary), d->temporary)
				       : mem_strdup(".");

	if (renameat2(AT_FDCWD, d->temporary, AT_FDCWD, d->path, RENAME_NOREPLACE))
		return err_sys(e, "cannot move the finished folder to %s", d->path);
	free(d->temporary);
	d->temporary = NULL;
	dismiss(d);
	return fs_sync_dir(*folder ? folder : "/", e);
}

void outdir_done(struct outdir *d)
{
	struct err dropped = { 0 };

	if (d->fd >= 0 && (d->path || d->temporary))
		close(d->fd);
	if (d->temporary)
		fs_remove_tree(d->temporary, &dropped);
	dismiss(d);
	free(d->temporary);
	free(d->path);
	*d = (struct outdir){ .fd = -1 };
}
