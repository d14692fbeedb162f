/* decode.c - the decoder process: forked, confined, read, its frames received; its end explained.
 *
 * The child inherits nothing but the input and a pipe (sandbox/confine.h). Whatever happens to it becomes one error here. */
#include "repackager/decode.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/proc.h"
#include "formats/dsc.h"
#include "inspect/elf_paths.h"
#include "inspect/inspect.h"
#include "repackager/digest.h"
#include "repackager/fanout.h"
#include "repackager/inner.h"
#include "repackager/wire.h"
#include "sandbox/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, GRACE_SECONDS = 5 };

struct session {
	const struct decode *job;
	const struct limits *limits;
	struct source source;
	struct stat before;
	int held; /* an unlinked temporary for a member that is read instead; -1 */
	pid_t child;
	/* the input's digest */
	pthread_t hasher;
	bool want_hash, want_part, is_hashing;
	struct digest_part part; /* the packed payload */
	char sha256[SHA256_HEX];
	int hash_failed;
	struct err hash_err;
};

/* ---- the child */

static int read_confined(const struct session *s, struct wire_out *wire, struct err *e)
{
	json_t *facts = NULL, *paths = NULL;
	struct sink *collector = s->job->want_facts ? facts_collector(s->limits->memory / 8 * 3, &facts) : NULL;
	struct sink *elf = s->job->want_elf_paths ? elf_paths_collector(s->limits->memory / 8, &paths) : NULL;
	struct sink *all[] = { digest_promises_new(), collector, elf, wire_out_sink(wire) };
	struct fanout *tee = fanout_new(all, COUNT(all));
	const char *inner = s->job->inner;
	struct source source = s->source;
	struct sink *to = fanout_sink(tee);
	const struct reader *reader;
	struct pkg pkg;

	/* The process ends after an error: nothing to free. */
	if (inner && inner_hold(&s->source, s->limits, inner, s->held, &source, e))
		return -1;
	pkg_init(&pkg, (size_t)s->limits->memory);
	if (reader_choose(&source, &reader, e))
		return inner ? err_wrap(e, "%s", inner) : -1;
	pkg.format = reader->name;
	if (reader->read(&source, s->limits, inner ? inner_plain_new(to) : to, &pkg, e))
		return inner ? err_wrap(e, "%s", inner) : -1;
	if (inner)
		inner_strip(&pkg, inner);
	if (paths) {
		facts = facts ? facts : json_object();
		json_object_set_new(facts, "elf-paths", paths);
	}
	return wire_out_finish(wire, &pkg, facts, e);
}

__attribute__((noreturn)) static void child_main(const struct session *s, int pipe_fd)
{
	const int keep[] = { s->source.fd, pipe_fd, s->held };
	struct confine plan = { .memory = s->limits->memory,
		.cpu_seconds = s->limits->seconds,
		.file_size = s->held >= 0 ? s->limits->output : 0,
		.keep = keep,
		.keep_len = s->held >= 0 ? COUNT(keep) : COUNT(keep) - 1,
		.beneath_fd = s->source.is_dir    ? s->source.fd
			: s->source.beside_fd > 0 ? s->source.beside_fd
						  : -1 };
	struct wire_out *wire = wire_out_new(pipe_fd);
	const char *missing = "";
	struct err e = { 0 }, unsent = { 0 };

	setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive tells names in it; its files are out of reach from here on */
	int failed = confine_self(&plan, &missing, &e) || read_confined(s, wire, &e);
	if (failed && wire_out_error(wire, &e, &unsent))
		failed = 2;
	_exit(failed);
}

/* ---- the parent */

static int start(struct session *s, int *ret_fd, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "making a pipe");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches where it is allowed; works without */
	s->child = fork();
	if (s->child < 0) {
		err_sys(e, "starting the decoder");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (s->child == 0) {
		close(ends[0]);
		child_main(s, ends[1]);
	}
	close(ends[1]);
	*ret_fd = ends[0];
	return 0;
}

/* Why a child ended before it had told everything. */
static int explain(int status, const struct limits *limits, struct err *e)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	switch (signal) {
	case SIGXCPU:
		return err_input(e, "E_LIMIT_TIME", "the decoder used more than %u s of CPU", limits->seconds);
	case SIGABRT: /* base/: out of memory under its own limit */
	case SIGKILL: /* the kernel's answer to too much memory */
		return err_input(e, "E_LIMIT_MEMORY", "the decoder was ended for its memory (limit %llu MiB)",
			(unsigned long long)(limits->memory >> 20));
	case SIGSYS:
		return err_input(e, "E_CORRUPT", "the decoder asked the kernel for something it may not");
	case 0:
		return err_input(e, "E_CORRUPT", "the decoder ended in the middle, with %d", WEXITSTATUS(status));
	default:
		return err_input(e, "E_CORRUPT", "the decoder crashed (%s)", strsignal(signal));
	}
}

static void tell_progress(void *context)
{
	struct session *s = context;
	off_t at = lseek(s->source.fd, 0, SEEK_CUR); /* the child's reading moves the shared offset */

	event_progress(s->job->events, "reading", at > 0 ? (uint64_t)at : 0, s->source.size);
}

static int64_t deadline(const struct limits *limits)
{
	struct timespec now;

	if (limits->seconds == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec + limits->seconds + GRACE_SECONDS) * 1000 + now.tv_nsec / 1000000;
}

/* The input's own sha256, beside the decoding; the thread starts after the fork. */
static void *hash_input(void *context)
{
	struct session *s = context;

	s->hash_failed = sha256_fd_part(s->source.fd, s->want_part ? &s->part : NULL, s->sha256, NULL, &s->hash_err);
	return NULL;
}

static void hash_start(struct session *s)
{
	if (s->source.is_dir || !s->want_hash)
		return;
	s->is_hashing = pthread_create(&s->hasher, NULL, hash_input, s) == 0;
	if (!s->is_hashing)
		hash_input(s);
}

static void hash_join(struct session *s)
{
	if (s->is_hashing)
		pthread_join(s->hasher, NULL);
	s->is_hashing = false;
}

/* The metadata stands: what was offered is checked, and known before the file is hashed. */
static int begun(void *context, const struct pkg *pkg, struct err *e)
{
	struct session *s = context;
	const struct payload *p = &pkg->payload;

	if (p->len > s->source.size || p->at > s->source.size - p->len)
		return err_input(e, "E_CORRUPT", "the decoder sent a payload that does not lie in the file");
	s->want_part = s->job->payload && s->job->payload->is_wanted && p->len > 0;
	s->part = (struct digest_part){ .at = p->at, .len = p->len };
	hash_start(s);
	return 0;
}

static int receive(struct session *s, struct sink *sink, struct pkg *pkg, json_t **ret_facts, struct err *e)
{
	int fd;
	bool is_cut = false;

	if (start(s, &fd, e))
		return -1;
	struct wire_in *wire = wire_in_new(fd, s->limits, pkg, sink, ret_facts);
	wire_in_on_progress(wire, tell_progress, s);
	wire_in_on_begin(wire, begun, s);
	int failed = wire_in_run(wire, deadline(s->limits), &is_cut, e);
	/* One that was taken over may close its line and stay. */
	int status = proc_end(s->child, failed && !is_cut ? 0 : GRACE_SECONDS * 1000);
	hash_join(s);
	wire_in_free(wire);
	close(fd);
	return is_cut ? explain(status, s->limits, e) : failed;
}

static int open_source(struct session *s, struct err *e)
{
	const char *path = s->job->path, *slash = strrchr(path, '/');

	s->source.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->source.fd < 0)
		return err_sys(e, "cannot open");
	if (fstat(s->source.fd, &s->before))
		return err_sys(e, "cannot look at");
	s->source.is_dir = S_ISDIR(s->before.st_mode);
	if (!s->source.is_dir && !S_ISREG(s->before.st_mode))
		return err_input(e, "E_SPECIAL_FILE", "not a file or folder");
	s->source.size = s->source.is_dir ? 0 : (uint64_t)s->before.st_size;
	s->source.name = slash && slash[1] ? slash + 1 : path;
	return 0;
}

/* A control file names files beside it: the child may read that folder. Only fixed first bytes are looked at here. */
static int open_beside(struct session *s, struct err *e)
{
	const char *path = s->job->path, *slash = strrchr(path, '/');
	AUTO_FREE char *folder = slash == NULL ? mem_strdup(".")
		: slash == path                ? mem_strdup("/")
					       : mem_printf("%.*s", (int)(slash - path), path);
	char head[64];
	ssize_t len = s->source.is_dir ? 0 : pread(s->source.fd, head, sizeof head, 0);

	if (len <= 0 || !dsc_begins(head, (size_t)len))
		return 0;
	s->source.beside_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->source.beside_fd < 0 ? err_sys(e, "cannot open the folder it is in") : 0;
}

/* What was hashed and what was decoded must be the same bytes. */
static int still_same(const struct session *s, struct err *e)
{
	struct stat now;

	if (s->source.is_dir)
		return 0;
	if (fstat(s->source.fd, &now))
		return err_sys(e, "cannot look at");
	if (now.st_size != s->before.st_size || now.st_mtim.tv_sec != s->before.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != s->before.st_mtim.tv_nsec)
		return err_input(e, "E_MISMATCH", "the file changed while it was read");
	return 0;
}

static int decode_open(
	struct session *s, struct sink *sink, struct pkg *pkg, json_t **ret_facts, char *ret_sha256, struct err *e)
{
	json_t *facts = NULL;

	s->want_hash = ret_sha256 != NULL;
	if (open_source(s, e) || open_beside(s, e))
		return -1;
	if (s->job->inner && (s->held = fs_temp_file(e)) < 0)
		return -1;
	int failed = receive(s, sink, pkg, ret_facts ? &facts : NULL, e);
	if (!failed && s->hash_failed) {
		*e = s->hash_err;
		failed = -1;
	}
	if (failed || still_same(s, e)) {
		json_decref(facts);
		return -1;
	}
	if (ret_sha256)
		memcpy(ret_sha256, s->sha256, sizeof s->sha256);
	if (s->want_part) {
		memcpy(s->job->payload->sha256, s->part.sha256, sizeof s->part.sha256);
		s->job->payload->fd = s->source.fd;
		s->source.fd = -1;
	}
	if (ret_facts)
		*ret_facts = facts;
	return 0;
}

int decode(const struct decode *d, struct sink *sink, struct pkg *pkg, json_t **ret_facts, char ret_sha256[65],
	struct err *e)
{
	struct session s = {
		.job = d, .limits = d->limits ? d->limits : &limits_default, .source = { .fd = -1 }, .held = -1
	};
	if (d->payload)
		d->payload->fd = -1;
	int failed = decode_open(&s, sink, pkg, ret_facts, ret_sha256, e);

	if (s.source.fd >= 0)
		close(s.source.fd);
	if (s.held >= 0)
		close(s.held);
	if (s.source.beside_fd > 0)
		close(s.source.beside_fd);
	if (failed) {
		err_file(e, d->path);
		err_wrap(e, "%s", s.source.name ? s.source.name : d->path);
	}
	return failed;
}
