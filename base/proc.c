/* proc.c - runs a tool by its argument vector: no shell, no inherited environment or descriptors, output bounded, time bounded. */
#include "base/proc.h"
#include "base/fs.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAFE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
static const size_t output_default = 1 << 20;

/* Which Debian package to ask for when a tool is missing; without a line here it is the tool's own name. */
static const struct {
	const char *tool, *package;
} packages[] = {
	{ "createrepo_c", "createrepo-c" },
	{ "dpkg-deb", "dpkg" },
	{ "dpkg-scanpackages", "dpkg-dev" },
	{ "getcap", "libcap2-bin" },
	{ "getfacl", "acl" },
	{ "getfattr", "attr" },
	{ "gpg", "gnupg" },
	{ "gpg-connect-agent", "gnupg" },
	{ "gpgconf", "gnupg" },
	{ "gpgv", "gpgv" },
	{ "newgidmap", "uidmap" },
	{ "newuidmap", "uidmap" },
	{ "rpmdb", "rpm" },
	{ "rpmkeys", "rpm" },
	{ "setcap", "libcap2-bin" },
	{ "unsquashfs", "squashfs-tools" },
	{ "xz", "xz-utils" },
};

/* Where a tool lies: the caller's PATH, then the usual places (an ordinary user's PATH has no sbin); malloc, NULL: nowhere. */
static char *find(const char *tool)
{
	const char *own = getenv("PATH");
	AUTO_FREE char *all = mem_printf("%s:%s", own ? own : "", SAFE_PATH);
	char *rest = all, *dir;

	if (strchr(tool, '/'))
		return access(tool, X_OK) == 0 ? mem_strdup(tool) : NULL;
	while ((dir = strsep(&rest, ":"))) {
		char *path = fs_join(dir, tool);

		if (dir[0] == '/' && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

bool proc_has(const char *tool)
{
	AUTO_FREE char *path = find(tool);

	return path != NULL;
}

static int missing(const char *tool, struct err *e)
{
	const char *package = tool;

	for (size_t i = 0; i < COUNT(packages); i++)
		if (strcmp(packages[i].tool, tool) == 0)
			package = packages[i].package;
	err_env(e, "cannot find the program %s", tool);
	return strchr(tool, '/') ? -1 : err_hint(e, "install the package %s", package);
}

/* One collected stream of the child. */
struct pipe {
	int fd, theirs;
	char *bytes;
	size_t len, limit;
	bool is_cut;
};

static int pipe_open(struct pipe *p, size_t limit, struct err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return err_sys(e, "cannot make a pipe");
	*p = (struct pipe){ .fd = fd[0], .theirs = fd[1], .limit = limit };
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* Takes what is there; the end closes it. */
static void pipe_take(struct pipe *p)
{
	char buf[16 << 10];
	ssize_t got;

	while (p->fd >= 0 && (got = read(p->fd, buf, sizeof buf)) != -1) {
		size_t part = (size_t)got < p->limit - p->len ? (size_t)got : p->limit - p->len;

		if (got == 0) {
			auto_fd(&p->fd);
			return;
		}
		p->is_cut |= part < (size_t)got;
		p->bytes = mem_resize(p->bytes, p->len + part + 1);
		memcpy(p->bytes + p->len, buf, part);
		p->len += part;
	}
	if (p->fd >= 0 && errno != EAGAIN && errno != EINTR)
		auto_fd(&p->fd);
}

static char *pipe_text(struct pipe *p)
{
	char *bytes = mem_resize(p->bytes, p->len + 1);

	bytes[p->len] = 0;
	p->bytes = NULL;
	return bytes;
}

static void pipe_done(struct pipe *p)
{
	auto_fd(&p->fd);
	auto_fd(&p->theirs);
	free(p->bytes);
}

/* Default signals, a process group of its own, and no descriptor but the three. */
static int start(const struct proc *p, const char *path, int in, int out, int errors, pid_t *ret)
{
	static const char *const clean[] = { "PATH=" SAFE_PATH, "LC_ALL=C.UTF-8", "HOME=/dev/null", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	rc = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, errors, 2);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (rc == 0 && p->dir)
		rc = posix_spawn_file_actions_addchdir_np(&actions, p->dir);
	if (rc == 0)
		rc = posix_spawn(
			ret, path, &actions, &attr, (char *const *)p->argv, (char *const *)(p->env ? p->env : clean));
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return rc;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Collects until the child itself has ended: what it left running may hold the pipes open for ever. */
static void collect(struct pipe *out, struct pipe *errors, int child, pid_t pid, int timeout_s, bool *ret_timeout)
{
	int64_t until = now_ms() + (int64_t)timeout_s * 1000;

	for (;;) {
		struct pollfd fds[] = { { out->fd, POLLIN, 0 }, { errors->fd, POLLIN, 0 }, { child, POLLIN, 0 } };
		int64_t left = timeout_s ? until - now_ms() : -1;

		if (timeout_s && left <= 0 && !*ret_timeout) {
			*ret_timeout = true;
			kill(-pid, SIGKILL);
		}
		if (poll(fds, COUNT(fds), *ret_timeout || !timeout_s ? -1 : (int)left) < 0 && errno != EINTR)
			break;
		pipe_take(out);
		pipe_take(errors);
		if (fds[2].revents)
			break;
	}
	pipe_take(out);
	pipe_take(errors);
}

static int wait_for(pid_t pid, int *ret_exit, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "cannot wait for a program");
	*ret_exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int proc_run(const struct proc *p, struct proc_result *ret, struct err *e)
{
	AUTO_FREE char *path = find(p->argv[0]);
	AUTO(pipe) out = { .fd = -1, .theirs = -1 }, errors = { .fd = -1, .theirs = -1 };
	AUTO_FD int null = -1, child = -1;
	size_t limit = p->output_limit ? p->output_limit : output_default;
	struct proc_result r = { 0 };
	bool is_collected = p->stdout_fd <= 0;
	pid_t pid;
	int rc;

	if (path == NULL)
		return missing(p->argv[0], e);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_sys(e, "cannot open /dev/null");
	if (pipe_open(&out, limit, e) || pipe_open(&errors, limit, e))
		return -1;
	rc = start(p, path, p->stdin_fd < 0 ? null : p->stdin_fd, is_collected ? out.theirs : p->stdout_fd,
		errors.theirs, &pid);
	auto_fd(&out.theirs);
	auto_fd(&errors.theirs);
	if (rc) {
		errno = rc;
		return err_sys(e, "cannot run %s", path);
	}
	child = pidfd_open(pid, 0);
	if (child < 0)
		err_sys(e, "cannot watch %s", path), kill(-pid, SIGKILL);
	else
		collect(&out, &errors, child, pid, p->timeout_s, &r.is_timeout);
	if (wait_for(pid, &r.exit, e) || child < 0)
		return -1;
	r.is_cut = out.is_cut || errors.is_cut;
	r.output_len = out.len;
	r.errors_len = errors.len;
	r.output = pipe_text(&out);
	r.errors = pipe_text(&errors);
	*ret = r;
	return 0;
}

void proc_result_done(struct proc_result *r)
{
	free(r->output);
	free(r->errors);
	*r = (struct proc_result){ 0 };
}

/* The last few lines: what a tool says last is usually why it failed. */
static const char *tail(const char *text, size_t len)
{
	const char *at = text + len;

	for (int lines = 0; at > text && text + len - at < 400; at--)
		if (at[-1] == '\n' && at < text + len && ++lines == 3)
			break;
	return at;
}

int proc_must(const char *const *argv, struct err *e)
{
	AUTO(proc_result) r = { 0 };
	const char *why;

	if (proc_run(&(struct proc){ .argv = argv, .stdin_fd = -1, .stdout_fd = -1 }, &r, e))
		return -1;
	if (r.exit == 0)
		return 0;
	while (r.errors_len > 0 && r.errors[r.errors_len - 1] == '\n')
		r.errors[--r.errors_len] = 0;
	why = tail(r.errors, r.errors_len);
	return err_env(e, "%s failed (%d)%s%s", argv[0], r.exit, *why ? ": " : "", why);
}

int proc_end(pid_t child, int patience_ms)
{
	int fd = pidfd_open(child, 0), status = 0;
	struct pollfd end = { fd, POLLIN, 0 };

	/* Interrupted or impossible to wait for with a limit: then without patience. */
	if (patience_ms == 0 || fd < 0 || poll(&end, 1, patience_ms) != 1)
		kill(child, SIGKILL);
	if (fd >= 0)
		close(fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}
