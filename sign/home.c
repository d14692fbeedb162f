/* home.c - GNUPGHOMEs with secret keys, and the agents that serve them.
 *
 * gpg-agent listens on a socket in the home (or below /run/user), and a socket's path ends at 107 bytes. An agent that we started must go when
 * we go, one that the user runs (unlocked keys, a token in use) must stay. So: the user's own agent where it answers, else a private folder. */
#include "base/fs.h"
#include "base/proc.h"
#include "sign/gpg.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char configuration[] =
	"# Written by sluice.\nno-greeting\nno-auto-key-retrieve\nno-auto-key-locate\nno-auto-check-trustdb\n"
	"disable-dirmngr\ntrust-model always\ncert-digest-algo SHA512\n"
	"personal-digest-preferences SHA512 SHA384 SHA256\ndigest-algo SHA512\n";
static const char agent_configuration[] = "# Written by sluice: keys lie here without a passphrase, so nothing is to "
					  "be measured at start.\ns2k-count 65536\n"
					  "disable-scdaemon\n";

static bool has_run_folder(void)
{
	AUTO_FREE char *run = gpg_run_folder();

	return run != NULL;
}

/* Where agents were found to listen, so that gpgconf is not started for each question of one process (and of its children). */
struct known_socket {
	char *home, *path;
};
static struct known_socket known_sockets[8];
static size_t next_known;
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

static char *known_socket(const char *home)
{
	char *path = NULL;

	pthread_mutex_lock(&known_lock);
	for (size_t i = 0; i < COUNT(known_sockets) && !path; i++)
		if (known_sockets[i].home && strcmp(known_sockets[i].home, home) == 0)
			path = mem_strdup(known_sockets[i].path);
	pthread_mutex_unlock(&known_lock);
	return path;
}

static void know_socket(const char *home, const char *path)
{
	struct known_socket *place;

	pthread_mutex_lock(&known_lock);
	place = &known_sockets[next_known++ % COUNT(known_sockets)];
	free(place->home);
	free(place->path);
	*place = (struct known_socket){ mem_strdup(home), mem_strdup(path) };
	pthread_mutex_unlock(&known_lock);
}

/* In the home itself; NULL: it may be elsewhere, in a folder of this user's or where a file in the socket's place says. */
static char *socket_at_home(const char *home)
{
	char *path = fs_join(home, "S.gpg-agent");
	struct stat st;

	if (!has_run_folder() && (lstat(path, &st) || S_ISSOCK(st.st_mode)))
		return path;
	free(path);
	return NULL;
}

/* In the folder that is that home's alone, where GnuPG made one; NULL: it did not, or not yet. */
static char *socket_at_run(const char *home)
{
	AUTO_FREE char *folder = gpg_sockets_of(home);

	return folder && fs_exists(folder) ? fs_join(folder, "S.gpg-agent") : NULL;
}

/* The socket's path, as gpgconf tells it where it must be asked (a start of its own); percent escapes are undone. malloc, NULL: it could not tell. */
static char *agent_socket(const char *home)
{
	const char *const argv[] = { "gpgconf", "--homedir", home, "--list-dirs", "agent-socket", NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 20 };
	struct proc_result r = { 0 };
	struct err e = { 0 };
	char *path = socket_at_home(home);
	size_t len = 0;

	if (path || (path = known_socket(home)) || (path = socket_at_run(home)))
		return path;
	if (proc_run(&p, &r, &e))
		return NULL;
	if (r.exit == 0 && r.output_len > 0) {
		path = mem_alloc(r.output_len + 1);
		for (size_t i = 0; i < r.output_len && r.output[i] != '\n'; i++) {
			unsigned byte;

			if (r.output[i] == '%' && i + 2 < r.output_len && sscanf(r.output + i + 1, "%2x", &byte) == 1) {
				path[len++] = (char)byte;
				i += 2;
			} else {
				path[len++] = r.output[i];
			}
		}
	}
	proc_result_done(&r);
	if (path)
		know_socket(home, path);
	return path;
}

static int agent_connect(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlen(path) >= sizeof at.sun_path)
		return -1;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int gpg_agent_connect(const char *home)
{
	AUTO_FREE char *standard = fs_join(home, "S.gpg-agent"), *elsewhere = NULL;
	int fd = agent_connect(standard);

	if (fd < 0 && has_run_folder()) {
		elsewhere = agent_socket(home);
		fd = agent_connect(elsewhere);
	}
	return fd;
}

/* Tells the agent to go and waits until it closed the line. */
static void agent_kill(const char *home)
{
	struct timeval patience = { .tv_sec = 5 };
	AUTO_FD int fd = gpg_agent_connect(home);
	char line[256];

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (read(fd, line, sizeof line) <= 0 || write(fd, "KILLAGENT\n", 10) != 10)
		return;
	while (read(fd, line, sizeof line) > 0)
		continue;
}

int gpg_home_new(struct gpg_home *h, struct err *e)
{
	static const struct {
		const char *name, *text;
	} files[] = { { "gpg.conf", configuration }, { "gpg-agent.conf", agent_configuration } };
	char *dir = NULL;

	if (fs_temp_dir("gpg", &dir, e))
		return -1;
	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO_FREE char *path = fs_join(dir, files[i].name);

		if (fs_write_file(path, files[i].text, strlen(files[i].text), 0600, e)) {
			struct err ignored = { 0 };
			fs_remove_tree(dir, &ignored);
			free(dir);
			return -1;
		}
	}
	*h = (struct gpg_home){ .path = mem_strdup(dir), .temporary = dir };
	return 0;
}

/* Sockets, locks and what gpg writes for itself stay behind: this home is for reading. */
static bool is_linked(const char *name)
{
	static const char *const left[] = { "S.", ".#", "random_seed", "trustdb.gpg", "tofu.db" };
	size_t len = strlen(name);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (len > 5 && strcmp(name + len - 5, ".lock") == 0))
		return false;
	for (size_t i = 0; i < COUNT(left); i++)
		if (strncmp(name, left[i], strlen(left[i])) == 0)
			return false;
	return true;
}

static int link_content(const char *from, const char *to, struct err *e)
{
	DIR *dir = opendir(from);
	int rc = 0;

	if (dir == NULL)
		return err_sys(e, "cannot open the key folder %s", from);
	for (struct dirent *d; rc == 0 && (d = readdir(dir)) != NULL;) {
		AUTO_FREE char *target = fs_join(from, d->d_name), *link = fs_join(to, d->d_name);

		if (is_linked(d->d_name) && symlink(target, link))
			rc = err_sys(e, "cannot link %s", target);
	}
	closedir(dir);
	return rc;
}

int gpg_home_open(struct gpg_home *h, const char *home, struct err *e)
{
	AUTO_FREE char *real = realpath(home, NULL), *socket_path = NULL;
	struct gpg_home made = { 0 };
	int fd;

	if (real == NULL)
		return err_sys(e, "cannot open the key folder %s", home);
	socket_path = agent_socket(real);
	fd = agent_connect(socket_path);
	if (fd >= 0) {
		close(fd);
		*h = (struct gpg_home){ .path = mem_strdup(real) };
		return 0;
	}
	if (fs_temp_dir("gpg", &made.temporary, e))
		return -1;
	made.path = mem_strdup(made.temporary);
	if (link_content(real, made.path, e)) {
		gpg_home_done(&made);
		return -1;
	}
	*h = made;
	return 0;
}

void gpg_home_done(struct gpg_home *h)
{
	struct err ignored = { 0 };

	if (h->temporary) {
		agent_kill(h->temporary);
		gpg_sockets_remove(h->temporary);
		fs_remove_tree(h->temporary, &ignored);
	}
	free(h->path);
	free(h->temporary);
	*h = (struct gpg_home){ 0 };
}
