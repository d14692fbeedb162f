/* adopt_apt.c - an apt repository that is taken over: its Release, what clients would see change, and the stanzas of its packages as they stand there. */
#include "base/fs.h"
#include "formats/deb822.h"
#include "release/adopt_impl.h"
#include "release/gate/policy.h"
#include "release/gate/signer_impl.h"
#include "sign/sign.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct words {
	LIST(const char *) list;
};
struct apt {
	struct adopting *a;
	struct deb822 release;
	char *folder; /* "dists/bookworm" */
	struct words architectures, components;
	struct text differs;
};

/* ---- Release, believed where a keyring is given */
static int signed_release(struct apt *x, struct keyring *ring, struct slice *ret, struct err *e)
{
	AUTO_FREE char *clear = mem_printf("%s/InRelease", x->folder), *plain = mem_printf("%s/Release", x->folder),
		       *beside = mem_printf("%s/Release.gpg", x->folder);
	const struct adopt_promise any = { 0 };
	struct sig_verdict verdict = { 0 };
	struct slice bytes, sig;
	char *text;
	size_t len;

	if (adopt_has(x->a, clear)) {
		if (adopt_read(x->a, clear, &any, &bytes, e) ||
			sig_verify_clear(ring, bytes.at, bytes.len, NULL, 0, 0, &text, &len, &verdict, e))
			return err_wrap(e, "%s", clear);
		*LIST_ADD(&x->a->buffers) = text;
		*ret = (struct slice){ text, len };
	} else {
		struct sig_data data = { .fd = -1 };

		if (adopt_read(x->a, plain, &any, ret, e) || adopt_read(x->a, beside, &any, &sig, e))
			return -1;
		data.bytes = ret->at;
		data.len = ret->len;
		if (sig_verify_detached(ring, &data, sig.at, sig.len, NULL, 0, 0, &verdict, e))
			return err_wrap(e, "%s", beside);
	}
	memcpy(x->a->signer, verdict.fingerprint, sizeof x->a->signer);
	return 0;
}

static int read_release(struct apt *x, struct err *e)
{
	AUTO_FREE char *plain = mem_printf("%s/Release", x->folder);
	const struct adopt_promise any = { 0 };
	struct slice text;

	if (x->a->w->keyring) {
		AUTO(keyring) ring = { 0 };

		if (keyring_open(&ring, e) || keyring_add_file(&ring, x->a->w->keyring, e) ||
			signed_release(x, &ring, &text, e))
			return -1;
	} else if (adopt_read(x->a, plain, &any, &text, e))
		return err_hint(e,
			"with --keyring, InRelease is read as well; the channel's apt.suite says which folder of "
			"dists/ it is");
	return deb822_parse(&x->a->arena, text.at, text.len, &x->release, e) ? err_wrap(e, "%s", plain) : 0;
}

/* ---- what clients have seen of it, and would see change */
static const char *said(const struct apt *x, const char *name)
{
	const char *value = deb822_get(&x->release, name);

	return value ? value : "";
}

static void differ(struct apt *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void differ(struct apt *x, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	text_add(&x->differs, "%s%s", x->differs.len ? "; " : "", text);
}

static void compare_field(struct apt *x, const char *name, const char *key, const char *ours)
{
	struct slice theirs = slice_trim(slice_of(said(x, name)));

	if (!slice_is(theirs, ours))
		differ(x, "%s '%.*s' would become '%s' (apt.%s)", name, (int)theirs.len, theirs.at, ours, key);
}

/* As signer_index.c writes them. */
static void compare_fields(struct apt *x)
{
	static const char *const kept_by_nobody[] = { "Version", "NotAutomatic", "ButAutomaticUpgrades", "Signed-By" };
	const json_t *apt = json_map(x->a->place, "apt");
	const char *organisation = json_text(release_policy(x->a->r), "organisation"),
		   *origin = json_text(apt, "origin"), *label = json_text(apt, "label"), *own = json_text(apt, "suite"),
		   *suite = x->a->suite;
	bool is_own = strcmp(*own ? own : x->a->w->channel, suite) == 0;
	const char *shown = is_own && json_object_get(apt, "release-suite") ? json_text(apt, "release-suite") : suite,
		   *codename = is_own && json_object_get(apt, "codename") ? json_text(apt, "codename") : suite;

	compare_field(x, "Origin", "origin", *origin ? origin : organisation);
	compare_field(x, "Label", "label", *label ? label : organisation);
	compare_field(x, "Suite", "release-suite", shown);
	compare_field(x, "Codename", "codename", codename);
	for (size_t i = 0; i < COUNT(kept_by_nobody); i++)
		if (*said(x, kept_by_nobody[i]))
			differ(x, "%s would be gone, which no channel has", kept_by_nobody[i]);
}

static bool has_word(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->list.len; i++)
		if (strcmp(w->list.at[i], word) == 0)
			return true;
	return false;
}

static int take_words(struct apt *x, const char *name, struct words *ret, struct err *e)
{
	struct slice rest = slice_of(said(x, name)), word;

	while (slice_cut(&rest, ' ', &word)) {
		struct slice one = slice_trim(word);

		if (!one.len)
			continue;
		for (size_t i = 0; i < one.len; i++)
			if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", one.at[i]) || *one.at == '.')
				return err_input(e, "E_METADATA", "%s/Release: '%.*s' in its %s", x->folder,
					(int)one.len, one.at, name);
		*LIST_ADD(&ret->list) = arena_copy(&x->a->arena, one.at, one.len);
	}
	return ret->list.len ? 0 : err_input(e, "E_METADATA", "%s/Release: it names no %s", x->folder, name);
}

static void compare_lists(struct apt *x)
{
	const json_t *apt = json_map(x->a->place, "apt"), *components = json_list(apt, "components"),
		     *architectures = json_list(apt, "architectures");

	for (size_t i = 0; i < x->components.list.len; i++) {
		const char *one = x->components.list.at[i];

		if (!(components ? json_lists(components, one) : strcmp(one, "main") == 0))
			differ(x, "component '%s' would be gone (apt.components)", one);
	}
	for (size_t i = 0; i < x->architectures.list.len && x->a->list.len; i++) {
		const char *one = x->architectures.list.at[i];
		bool is_there = json_lists(architectures, one) || strcmp(one, "all") == 0 || strcmp(one, "source") == 0;

		for (size_t k = 0; k < x->a->list.len && !is_there; k++)
			is_there = strcmp(x->a->list.at[k].architecture, one) == 0;
		if (!is_there)
			differ(x, "architecture '%s' would be gone (apt.architectures)", one);
	}
}

static int unchanged(struct apt *x, struct err *e)
{
	AUTO_FREE char *list = NULL;

	compare_fields(x);
	compare_lists(x);
	if (!x->differs.len)
		return 0;
	list = text_beginning(x->differs.at, 800);
	err_usage(e, "%s: clients would see it change: %s", x->folder, list);
	return err_hint(e, "the policy's channels.%s.apt decides; put the repository's own words there, \"\" for none",
		x->a->w->channel);
}

/* ---- Packages */

/* The promise of Release about a file: sha256 and size. */
static bool promised(const struct apt *x, const char *path, struct adopt_promise *ret)
{
	struct slice rest = slice_of(said(x, "SHA256")), line, word;

	while (slice_cut(&rest, '\n', &line)) {
		const char *words[3] = { NULL };
		size_t lens[3] = { 0 }, n = 0;
		struct slice left = slice_trim(line);

		while (n < 3 && slice_cut(&left, ' ', &word))
			if (word.len) {
				words[n] = word.at;
				lens[n++] = word.len;
			}
		if (n < 3 || lens[0] != 64 || lens[1] > 18 || !slice_is((struct slice){ words[2], lens[2] }, path))
			continue;
		memcpy(ret->sha256, words[0], 64);
		ret->sha256[64] = '\0';
		ret->size = strtoull(words[1], NULL, 10);
		return digest_is_hex(ret->sha256);
	}
	return false;
}

static const char *field_of(struct adopting *a, struct slice stanza, const char *name)
{
	struct slice rest = stanza, line;
	size_t len = strlen(name);

	while (slice_cut(&rest, '\n', &line))
		if (line.len > len && line.at[len] == ':' && strncasecmp(line.at, name, len) == 0) {
			struct slice value = slice_trim((struct slice){ line.at + len + 1, line.len - len - 1 });

			return arena_copy(&a->arena, value.at, value.len);
		}
	return "";
}

static int add_stanza(struct apt *x, struct slice stanza, const char *component, struct err *e)
{
	struct adopting *a = x->a;
	struct adopt_package p = { .name = field_of(a, stanza, "Package"),
		.version = field_of(a, stanza, "Version"),
		.architecture = field_of(a, stanza, "Architecture"),
		.location = field_of(a, stanza, "Filename"),
		.component = component,
		.own = stanza };
	const char *sha256 = field_of(a, stanza, "SHA256"), *size = field_of(a, stanza, "Size");

	while (text_starts(p.location, "./"))
		p.location += 2;
	if (digest_is_hex(sha256))
		memcpy(p.sha256, sha256, sizeof p.sha256);
	if (strlen(size) <= 15 && strspn(size, "0123456789") == strlen(size))
		p.size = strtoull(size, NULL, 10);
	return adopt_add(a, &p, e);
}

/* Stanzas end with an empty line; a line of blanks would end one for some readers and not for others. */
static int read_stanzas(struct apt *x, const char *path, struct slice text, const char *component, struct err *e)
{
	struct slice rest = text, line, stanza = { 0 };

	for (;;) {
		bool more = slice_cut(&rest, '\n', &line);

		if (more && line.len && (slice_trim(line).len == 0 || memchr(line.at, '\r', line.len)))
			return err_input(
				e, "E_METADATA", "%s: a line of blanks alone, or with a carriage return", path);
		if (more && line.len) {
			if (!stanza.at)
				stanza.at = line.at;
			stanza.len = (size_t)(line.at + line.len - stanza.at);
			continue;
		}
		if (stanza.at && add_stanza(x, stanza, component, e))
			return err_wrap(e, "%s", path);
		stanza = (struct slice){ 0 };
		if (!more)
			return 0;
	}
}

static int read_document(struct apt *x, const char *component, const char *architecture, struct err *e)
{
	static const char *const suffixes[] = { "", ".gz", ".xz", ".zst", ".bz2" };
	bool is_promised = false;

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		AUTO_FREE char *below = mem_printf("%s/binary-%s/Packages%s", component, architecture, suffixes[i]),
			       *path = mem_printf("%s/%s", x->folder, below);
		struct adopt_promise promise;
		struct slice text;

		if (!promised(x, below, &promise))
			continue;
		is_promised = true;
		if (adopt_has(x->a, path))
			return adopt_read(x->a, path, &promise, &text, e) || read_stanzas(x, path, text, component, e)
				? -1
				: 0;
	}
	if (is_promised)
		return err_input(e, "E_METADATA", "%s/%s/binary-%s: Release names its Packages, and none is there",
			x->folder, component, architecture);
	if (strcmp(architecture, "all") == 0) /* a repository need not have it by itself */
		return 0;
	return err_input(e, "E_DIGEST_WEAK", "%s/Release: it has no sha256 of %s/binary-%s/Packages", x->folder,
		component, architecture);
}

static int read_documents(struct apt *x, struct err *e)
{
	if (take_words(x, "Components", &x->components, e) || take_words(x, "Architectures", &x->architectures, e))
		return -1;
	for (size_t c = 0; c < x->components.list.len; c++)
		for (size_t i = 0; i < x->architectures.list.len; i++)
			if (strcmp(x->architectures.list.at[i], "source") != 0 &&
				read_document(x, x->components.list.at[c], x->architectures.list.at[i], e))
				return -1;
	if (has_word(&x->architectures, "source"))
		adopt_left(x->a, "source packages", "", "source", "a channel has none");
	return 0;
}

int adopt_read_apt(struct adopting *a, struct err *e)
{
	const char *own = json_text(json_map(a->place, "apt"), "suite");
	struct apt x = { .a = a };
	int status;

	if (!*a->suite) {
		free(a->suite);
		a->suite = mem_strdup(*own ? own : a->w->channel);
	}
	x.folder = mem_printf("dists/%s", a->suite);
	status = read_release(&x, e) || read_documents(&x, e) || unchanged(&x, e) ? -1 : 0;
	deb822_done(&x.release);
	LIST_DONE(&x.architectures.list);
	LIST_DONE(&x.components.list);
	text_done(&x.differs);
	free(x.folder);
	return status;
}

/* ---- what our index says of it: the same words, without weaker digests */
static bool is_left_out(struct slice line)
{
	static const char *const fields[] = { "MD5sum:", "SHA1:", "SHA512:", "Filename:" };

	for (size_t i = 0; i < COUNT(fields); i++)
		if (line.len >= strlen(fields[i]) && strncasecmp(line.at, fields[i], strlen(fields[i])) == 0)
			return true;
	return false;
}

int adopt_fragment_apt(const struct adopt_package *p, const json_t *package, char **ret, size_t *ret_len, struct err *e)
{
	struct slice rest = p->own, line;
	AUTO(text) t = { 0 };

	while (slice_cut(&rest, '\n', &line))
		if (!is_left_out(line))
			text_add(&t, "%.*s\n", (int)line.len, line.at);
	text_add(&t, "Filename: %s\n\n", p->location);
	if (fragment_fits_apt(package, t.at, t.len, e))
		return err_member(e, p->location);
	*ret_len = t.len;
	*ret = text_take(&t);
	return 0;
}
