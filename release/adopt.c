/* adopt.c - takes over a repository: packages as its indexes name them become blobs, and an RfC that names every byte is opened. */
#include "base/codec.h"
#include "base/fs.h"
#include "base/stream.h"
#include "base/when.h"
#include "formats/version.h"
#include "release/adopt_impl.h"
#include "release/gate/adoption.h"
#include "release/gate/signer_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RATIO_MAX = 2000, LOCATION_MAX = 400 };

/* ---- files of the folder */
/* Links are followed as long as they stay inside: the kernel itself sees to that. */
static int open_below(const struct adopting *a, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, a->folder, path, &how, sizeof how);
}

int adopt_open(const struct adopting *a, const char *path, struct err *e)
{
	int fd = open_below(a, path);
	struct stat st;

	if (fd < 0) {
		if (errno == EXDEV || errno == ELOOP)
			err_input(e, "E_PATH_ESCAPE", "%s/%s leads out of the repository", a->w->folder, path);
		else
			err_sys(e, "%s/%s", a->w->folder, path);
		err_file(e, a->w->folder);
		return err_member(e, path);
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	err_input(e, "E_SPECIAL_FILE", "%s/%s is no plain file", a->w->folder, path);
	return err_member(e, path);
}

bool adopt_has(const struct adopting *a, const char *path)
{
	AUTO_FD int fd = open_below(a, path);

	return fd >= 0;
}

static int fits(const char *path, const char *bytes, size_t len, const struct adopt_promise *promise, struct err *e)
{
	char found[SHA256_HEX];

	sha256_hex(bytes, len, found);
	if (!*promise->sha256 || (strcmp(found, promise->sha256) == 0 && len == promise->size))
		return 0;
	return err_verdict(
		e, "E_DIGEST", "%s: it is not the one that the repository names (its sha256 is %s)", path, found);
}

static int unpack(const char *path, const char *bytes, size_t len, char **ret, size_t *ret_len, struct err *e)
{
	struct codec_limits limits = { .output = ADOPT_INDEX_MAX, .ratio = RATIO_MAX };
	enum codec codec = codec_of(bytes, len);
	struct in *in = in_codec(in_mem(bytes, len), codec, &limits);
	struct out *out = out_mem(ADOPT_INDEX_MAX, ret, ret_len);
	char chunk[65536];
	long got = 0;
	int status = 0;

	while (status == 0 && (got = in_read(in, chunk, sizeof chunk, e)) > 0)
		status = out_write(out, chunk, (size_t)got, e);
	if (status || got < 0) {
		in_drop(&in);
		out_drop(&out);
		return err_wrap(e, "%s", path);
	}
	return in_close(in, e) | out_close(out, e) ? err_wrap(e, "%s", path) : 0;
}

static struct slice keep_bytes(struct adopting *a, char *bytes, size_t len)
{
	*LIST_ADD(&a->buffers) = bytes;
	return (struct slice){ bytes, len };
}

int adopt_read(
	struct adopting *a, const char *path, const struct adopt_promise *promise, struct slice *ret, struct err *e)
{
	AUTO_FD int fd = adopt_open(a, path, e);
	AUTO_FREE char *bytes = NULL;
	char *open = NULL;
	size_t len, open_len;

	if (fd < 0 || fs_read_fd(fd, ADOPT_INDEX_MAX, &bytes, &len, e) || fits(path, bytes, len, promise, e))
		return -1;
	if (codec_of(bytes, len) == CODEC_NONE) {
		*ret = keep_bytes(a, bytes, len);
		bytes = NULL;
	} else {
		if (unpack(path, bytes, len, &open, &open_len, e))
			return -1;
		*ret = keep_bytes(a, open, open_len);
	}
	if (memchr(ret->at, '\0', ret->len))
		return err_input(e, "E_METADATA", "%s: it holds a NUL byte", path);
	return 0;
}

/* ---- packages */
void adopt_left(struct adopting *a, const char *name, const char *version, const char *architecture, const char *why)
{
	json_t *one = json_object();

	json_set_str(one, "name", name);
	json_set_str(one, "version", version);
	json_set_str(one, "architecture", architecture);
	json_set_str(one, "why", why);
	json_array_append_new(a->left, one);
}

static int odd(const struct adopt_package *p, const char *why, struct err *e)
{
	err_input(e, "E_METADATA", "the index names %s %s %s: %s", p->name, p->version, p->architecture, why);
	return err_member(e, p->location);
}

static int check_package(const struct adopt_package *p, struct err *e)
{
	const char *const texts[] = { p->name, p->version, p->architecture, p->location };

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!*texts[i] || !text_is_utf8(texts[i], strlen(texts[i])) || text_has_control(texts[i]) ||
			strpbrk(texts[i], " \"<>&"))
			return odd(p, "its name, version, architecture or place is empty or not plain", e);
	if (*p->location == '/' || strstr(p->location, "//") || strlen(p->location) > LOCATION_MAX ||
		text_starts(p->location, "dists/") || text_starts(p->location, "repodata/"))
		return odd(p, "it is no place of a package below the repository", e);
	for (struct slice rest = slice_of(p->location), part; slice_cut(&rest, '/', &part);)
		if (slice_is(part, "..") || slice_is(part, ".") || part.len == 0)
			return err_verdict(
				e, "E_PATH_ESCAPE", "the index names '%s', which leaves the repository", p->location);
	if (strstr(p->location, ".."))
		return odd(p, "a place with two dots in a row cannot be published", e);
	if (!digest_is_hex(p->sha256))
		return odd(p, "it has no sha256; have the repository's tool make its index with sha256 first", e);
	return p->size ? 0 : odd(p, "it has no size", e);
}

static bool is_lower(const struct adopting *a, const struct adopt_package *one, const struct adopt_package *other)
{
	AUTO(arena) arena = { 0 };
	struct err ignored = { 0 };
	struct evr x, y;

	return evr_parse(&arena, one->version, &x, &ignored) == 0 &&
		evr_parse(&arena, other->version, &y, &ignored) == 0 &&
		version_compare(strcmp(a->format, "rpm") == 0 ? FAMILY_RPM : FAMILY_DEB, &x, &y) < 0;
}

static void leave_lower(struct adopting *a, struct adopt_package *one)
{
	one->is_left = true;
	adopt_left(a, one->name, one->version, one->architecture, "a higher version is there");
}

/* The same again, as every architecture's index names what fits all: nothing to add. 1: it is. */
static int is_twin(const struct adopting *a, const struct adopt_package *one, struct err *e)
{
	const json_t *there = json_object_get(a->places, one->location);
	const struct adopt_package *other;

	if (!there)
		return 0;
	other = &a->list.at[json_integer_value(there)];
	if (strcmp(other->sha256, one->sha256) == 0 && other->size == one->size)
		return 1;
	return err_verdict(e, "E_NAME_COLLISION", "the index names two different packages at %s", one->location);
}

int adopt_add(struct adopting *a, const struct adopt_package *one, struct err *e)
{
	AUTO_FREE char *key = mem_printf("%s %s", one->name, one->architecture);
	int twin;
	json_t *there;
	size_t at = a->list.len;

	if (check_package(one, e) || (twin = is_twin(a, one, e)) < 0)
		return -1;
	if (twin)
		return 0;
	if (at >= 4 * (size_t)ADOPTION_PACKAGES_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "the index names more than %zu packages", at);
	*LIST_ADD(&a->list) = *one;
	json_object_set_new(a->places, one->location, json_integer((json_int_t)at));
	there = json_object_get(a->names, key);
	if (there) {
		struct adopt_package *other = &a->list.at[json_integer_value(there)];

		if (strcmp(other->version, one->version) == 0)
			return err_verdict(e, "E_NAME_COLLISION",
				"the index names two different packages as %s %s %s (%s, %s)", one->name, one->version,
				one->architecture, other->location, one->location);
		if (is_lower(a, one, other)) {
			leave_lower(a, &a->list.at[at]);
			return 0;
		}
		leave_lower(a, other);
	}
	json_object_set_new(a->names, key, json_integer((json_int_t)at));
	return 0;
}

/* ---- keeping them */
static int keep_file(struct adopting *a, const struct adopt_package *p, struct err *e)
{
	AUTO_FD int fd = adopt_open(a, p->location, e);
	struct blobs *blobs = a->r->store->blobs;
	char digest[SHA256_HEX];
	uint64_t size;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return fd < 0 ? -1 : err_sys(e, "%s", p->location);
	if ((uint64_t)st.st_size != p->size) {
		err_verdict(e, "E_DIGEST", "%s: it has %lld bytes, its index says %llu", p->location,
			(long long)st.st_size, (unsigned long long)p->size);
		return err_member(e, p->location);
	}
	if (blobs->ops->put_fd(blobs, fd, digest, &size, e))
		return err_wrap(e, "%s", p->location);
	if (strcmp(digest, p->sha256) == 0 && size == p->size)
		return 0;
	err_verdict(e, "E_DIGEST", "%s: its sha256 is %s, its index says %s", p->location, digest, p->sha256);
	return err_member(e, p->location);
}

static int keep_fragment(
	const struct adopting *a, const struct adopt_package *p, const json_t *package, char ret[65], struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	int status = strcmp(a->format, "rpm") == 0 ? adopt_fragment_rpmmd(p, package, &text, &len, e)
						   : adopt_fragment_apt(p, package, &text, &len, e);

	return status ? -1 : blob_put(a->r->store->blobs, text, len, ret, e);
}

static int keep_one(struct adopting *a, const struct adopt_package *p, struct err *e)
{
	json_t *package = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", p->name, "version", p->version,
		"architecture", p->architecture, "sha256", p->sha256, "size", (json_int_t)p->size, "location",
		p->location);
	char fragment[65];

	json_array_append_new(a->packages, package);
	if (*p->component)
		json_set_str(package, "component", p->component);
	if (keep_file(a, p, e) || keep_fragment(a, p, package, fragment, e))
		return -1;
	json_set_str(package, "fragment", fragment);
	return 0;
}

static int keep_all(struct adopting *a, struct err *e)
{
	for (size_t i = 0; i < a->list.len; i++)
		a->taken += !a->list.at[i].is_left;
	if (!a->taken)
		return err_input(e, "E_METADATA", "%s: the repository has no packages", a->w->folder);
	if (a->taken > ADOPTION_PACKAGES_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "%s: %zu packages; at most %d are taken over at once",
			a->w->folder, a->taken, ADOPTION_PACKAGES_MAX);
	for (size_t i = 0; i < a->list.len; i++)
		if (!a->list.at[i].is_left && keep_one(a, &a->list.at[i], e))
			return -1;
	return 0;
}

/* What the indexes said is in the store now: the room is the RfC's. */
static void drop_indexes(struct adopting *a)
{
	for (size_t i = 0; i < a->buffers.len; i++)
		free(a->buffers.at[i]);
	LIST_DONE(&a->buffers);
	LIST_DONE(&a->list);
	json_decref(a->places);
	json_decref(a->names);
	a->places = a->names = NULL;
	arena_done(&a->arena);
}

/* ---- the RfC */
/* Takes packages. */
static int keep_evidence(struct adopting *a, char ret[65], struct err *e)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "target", a->w->target, "format", a->format,
		"path", a->path, "suite", a->suite, "signed", a->signer, "text", ADOPTION_TEXT, "packages",
		a->packages);
	AUTO_JSON *evidence = body ? evidence_json("adoption", json_array(), "not-examined", when_now(), body) : NULL;
	AUTO_FREE char *bytes = NULL;
	size_t len;

	a->packages = NULL;
	if (!evidence)
		return err_usage(e, "the target's name or path is not UTF-8");
	if (json_canonical(evidence, &bytes, &len, e))
		return -1;
	if (len > SOURCE_RECORD_MAX)
		return err_input(e, "E_LIMIT_SIZE", "%s: its list of packages is larger than %d MiB", a->w->folder,
			SOURCE_RECORD_MAX >> 20);
	return blob_put(a->r->store->blobs, bytes, len, ret, e);
}

static int open_rfc(struct adopting *a, const struct actor *actor, char ret_id[32], struct err *e)
{
	const struct adopt_wish *w = a->w;
	char evidence[65];
	json_t *request;

	if (keep_evidence(a, evidence, e))
		return -1;
	request = json_pack("{s:[], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", "adopt", w->target, "into-channel",
		w->channel, "adopts", evidence, "reason", w->reason, "urgency", w->urgency ? w->urgency : "low",
		"impact", w->impact ? w->impact : "minor");
	if (!request)
		return err_usage(e, "--reason: the text is not UTF-8");
	return rfc_open(a->r, actor, request, ret_id, NULL, e);
}

static int read_repository(struct adopting *a, struct err *e)
{
	bool is_apt = adopt_has(a, "dists"), is_rpmmd = adopt_has(a, "repodata");

	if (is_apt == is_rpmmd) {
		err_usage(e, "%s: %s", a->w->folder, is_apt ? "it is two repositories" : "it is no repository");
		return err_hint(e, "a folder with dists/ (apt) or repodata/ (rpm-md) is meant");
	}
	a->format = is_apt ? "deb" : "rpm";
	if (a->w->format && *a->w->format && strcmp(a->w->format, a->format) != 0)
		return err_usage(e, "%s: it holds packages of the format %s; target '%s' is of the format %s",
			a->w->folder, a->format, a->w->target, a->w->format);
	return is_apt ? adopt_read_apt(a, e) : adopt_read_rpmmd(a, e);
}

/* Before anything is read: may it be asked for at all? */
static int check_wish(struct adopting *a, struct err *e)
{
	const struct adopt_wish *w = a->w;
	AUTO_JSON *current = NULL;
	const json_t *served;

	a->place = json_map(json_map(release_policy(a->r), "channels"), w->channel);
	if (!a->place)
		return err_usage(e, "the policy has no channel '%s'", w->channel);
	if (!json_lists(json_list(a->place, "targets"), w->target))
		return err_usage(e, "channel '%s' has no target '%s' in the policy", w->channel, w->target);
	if (release_current(a->r, w->channel, &current, e))
		return -1;
	served = json_find(json_list(current, "packages"), "target", w->target);
	if (served)
		return err_verdict(e, "E_GATE",
			"channel '%s' serves %s for target '%s' already; a repository is taken over before anything "
			"else",
			w->channel, json_text(served, "name"), w->target);
	return 0;
}

static int adopt(struct adopting *a, const struct actor *actor, json_t **ret, struct err *e)
{
	char id[32], *person = NULL, *home = NULL, *key = NULL;
	int known = release_whoami(a->r, actor, &person, &home, &key, e);

	free(person);
	free(home);
	free(key);
	if (known || check_wish(a, e))
		return -1;
	a->folder = open(a->w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->folder < 0)
		return err_sys(e, "%s", a->w->folder);
	if (read_repository(a, e) || keep_all(a, e))
		return -1;
	drop_indexes(a);
	if (open_rfc(a, actor, id, e))
		return -1;
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:O, s:s}", "rfc", id, "channel", a->w->channel, "target",
		a->w->target, "format", a->format, "packages", (json_int_t)a->taken, "signed", a->signer, "left",
		a->left, "text", ADOPTION_TEXT);
	return *ret ? 0 : err_env(e, "the answer cannot be made");
}

static void adopting_done(struct adopting *a)
{
	drop_indexes(a);
	json_decref(a->left);
	json_decref(a->packages);
	free(a->path);
	free(a->suite);
	if (a->folder >= 0)
		close(a->folder);
}

int channel_adopt(struct release *r, const struct actor *actor, const struct adopt_wish *w, json_t **ret, struct err *e)
{
	struct adopting a = { .r = r,
		.w = w,
		.folder = -1,
		.path = mem_strdup(w->path ? w->path : ""),
		.suite = mem_strdup(w->suite ? w->suite : ""),
		.places = json_object(),
		.names = json_object(),
		.left = json_array(),
		.packages = json_array() };
	int status = adopt(&a, actor, ret, e);

	if (status)
		release_note(r, actor, "adopt", w->channel, e->text);
	adopting_done(&a);
	return status;
}
