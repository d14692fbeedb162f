/* fs_temp.c - temporary folders, and clearing away those of processes that were killed.
 *
 * A killed process takes nothing with it: a GNUPGHOME that links secret keys would stay, and an agent that serves them. So a folder's name says
 * whose it is, by pid and pid namespace, and the next process takes away what nobody owns any more; an agent ends when its home has gone. */
#include "base/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 32 }; /* a socket's path ends at 107 bytes; our name and what gpg-agent adds need some 70 */

static const char *temp_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && dir[0] == '/' && strlen(dir) <= LONGEST ? dir : "/tmp";
}

/* Pids mean something within one pid namespace only. */
static unsigned pid_space(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? 0 : (unsigned)st.st_ino;
}

/* "sluice-PURPOSE-SPACE-PID-XXXXXX" of ours, whose process has gone. Tests' own purposes stay: somebody may want to look. */
static bool is_left(const char *name, unsigned space)
{
	static const char *const purposes[] = { "gpg", "keys", "root" };

	for (size_t i = 0; i < COUNT(purposes); i++) {
		AUTO_FREE char *start = mem_printf("sluice-%s-", purposes[i]);
		const char *rest = name + strlen(start);
		unsigned in, pid;
		int end = 0;

		if (strncmp(name, start, strlen(start)) == 0 && sscanf(rest, "%8x-%8x-%n", &in, &pid, &end) == 2 &&
			end && strlen(rest + end) == 6)
			return in == space && pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH;
	}
	return false;
}

void fs_temp_sweep(const char *folder)
{
	unsigned space = pid_space();
	DIR *dir = opendir(folder);

	for (struct dirent *d; dir && space && (d = readdir(dir));) {
		AUTO_FREE char *path = fs_join(folder, d->d_name);
		struct err ignored = { 0 };
		struct stat st;

		if (is_left(d->d_name, space) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid())
			fs_remove_tree(path, &ignored);
	}
	if (dir)
		closedir(dir);
}

int fs_temp_dir(const char *purpose, char **ret_path, struct err *e)
{
	static bool is_swept;
	const char *dir = temp_folder();
	char *path = mem_printf("%s/sluice-%s-%x-%x-XXXXXX", dir, purpose, pid_space(), (unsigned)getpid());

	if (!is_swept) {
		is_swept = true;
		fs_temp_sweep(dir);
	}
	if (mkdtemp(path) == NULL) {
		err_sys(e, "cannot make a temporary folder %s", path);
		free(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}
