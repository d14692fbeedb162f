/* client.c - what a machine needs to take updates from one channel and from nobody else: configuration with the keys pinned.
 * sources.list(5) deb822 with the key inside, dnf.conf(5); zypper reads the same with a word of its own for the packages' signatures. */
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "sign/sign.h"
#include <stdio.h>
#include <string.h>

enum { OWN_KEYS_MAX = 8, FPRS_MAX = OWN_KEYS_MAX * 70, KEY_MAX = 1 << 20, RELEASE_MAX = 256 << 20 };

struct client {
	struct store *store;
	const json_t *policy, *settings; /* of the channel; borrowed */
	const char *channel, *url, *id;  /* id: of the store */
	const json_t *report;            /* for the guard, or NULL; borrowed */
	json_t *release;                 /* what is published now, or NULL */
	bool has_keyring, is_zypper;     /* the client has the package of keys; is no dnf */
	char *release_key, *package_key;
	char *apt_key; /* the release keys in one block */
	char release_fpr[FPRS_MAX], package_fpr[FPRS_MAX];
};

static void client_done(struct client *c)
{
	json_decref(c->release);
	free(c->release_key);
	free(c->apt_key);
	free(c->package_key);
}

/* A value that goes into a configuration line. */
static int check_url(const char *url, struct err *e)
{
	if (!text_starts(url, "http://") && !text_starts(url, "https://") && !text_starts(url, "file:/"))
		return err_usage(e, "--url: '%s' is no http, https or file URL", url);
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("'\"<>\\`", *c))
			return err_usage(e, "--url holds a blank, quote or control byte");
	return 0;
}

/* ret_block (may be NULL): all of them in one armored block. */
static int read_key(
	struct client *c, const char *name, char **ret, char ret_fpr[FPRS_MAX], char **ret_block, struct err *e)
{
	AUTO_FREE char *path = store_path(c->store, name);
	AUTO(keyring) ring = { 0 };
	const char *home;
	char **found = NULL;
	size_t len = 0, bytes;
	int status;

	if (fs_read_file(path, KEY_MAX, ret, &bytes, e) || keyring_open(&ring, e) ||
		keyring_add(&ring, *ret, bytes, e) || keyring_fingerprints(&ring, &found, &len, e))
		return -1;
	status = len > 0 && len <= OWN_KEYS_MAX ? 0 : err_env(e, "%s does not hold one to %d keys", path, OWN_KEYS_MAX);
	for (size_t i = 0; status == 0 && i < len; i++)
		snprintf(ret_fpr + strlen(ret_fpr), FPRS_MAX - strlen(ret_fpr), "%s%s", i ? ", " : "", found[i]);
	if (status == 0 && ret_block && (status = keyring_home(&ring, &home, e)) == 0)
		status = key_export_each(home, (const char *const *)found, len, ret_block, &bytes, e);
	for (size_t i = 0; i < len; i++)
		free(found[i]);
	free(found);
	return status;
}

static void read_release(struct client *c)
{
	AUTO_FREE char *tree = channel_tree(c->store, c->channel), *path = fs_join(tree, "release.json"), *bytes = NULL;
	struct err ignored = { 0 };
	size_t len;

	if (fs_exists(path) && fs_read_file(path, RELEASE_MAX, &bytes, &len, &ignored) == 0)
		c->release = json_parse(bytes, len, path, &ignored);
}

/* What lies between before and after in each index's path, once each: the suites, the rpm folders. */
static json_t *parts_of(const struct client *c, const char *before, const char *after)
{
	json_t *parts = json_array(), *seen = json_object();
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(c->release, "indexes"), i, item) {
		const char *path = json_text(item, "path");
		size_t front = strlen(before), len = strlen(path);

		if (!text_starts(path, before) || !text_ends(path, after) || len < front + strlen(after))
			continue;
		json_t *part = json_stringn(path + front, len - front - strlen(after));
		if (part && !json_object_get(seen, json_string_value(part))) {
			json_object_set_new(seen, json_string_value(part), json_true());
			json_array_append(parts, part);
		}
		json_decref(part);
	}
	json_decref(seen);
	return parts;
}

/* Before the first release the policy knows the suite. */
static json_t *suites_of(const struct client *c)
{
	const char *suite = json_text(json_map(c->settings, "apt"), "suite");
	json_t *suites = parts_of(c, "deb/dists/", "/Release");

	if (json_array_size(suites) == 0)
		json_array_append_new(suites, json_string(*suite ? suite : c->channel));
	return suites;
}

/* "main contrib"; malloc. */
static char *components_of(const struct client *c)
{
	const json_t *list = json_list(json_map(c->settings, "apt"), "components"), *item;
	AUTO(text) all = { 0 };
	size_t i;

	json_array_foreach(list, i, item)
		text_add(&all, "%s%s", i ? " " : "", json_string_value(item));
	return all.len ? text_take(&all) : mem_strdup("main");
}

/* An armored key as the continuation lines of a deb822 field. */
static void add_key_field(struct text *t, const char *key, const char *indent)
{
	struct slice rest = slice_of(key), line;

	text_add(t, "%sSigned-By:\n", indent);
	while (slice_cut(&rest, '\n', &line))
		if (line.len == 0)
			text_add(t, "%s .\n", indent);
		else
			text_add(t, "%s %.*s\n", indent, (int)line.len, line.at);
}

char *channel_keyring_name(const json_t *policy)
{
	AUTO(text) t = { 0 };

	for (const char *c = json_text(policy, "organisation"); *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'))
			text_bytes(&t, c, 1);
		else if (*c >= 'A' && *c <= 'Z')
			text_add(&t, "%c", *c - 'A' + 'a');
		else if (t.len && t.at[t.len - 1] != '-')
			text_bytes(&t, "-", 1);
	while (t.len && t.at[t.len - 1] == '-')
		t.len--;
	return t.len < 2 ? mem_strdup("sluice-keyring") : mem_printf("%.*s-keyring", (int)t.len, t.at);
}

static void add_apt(struct text *t, const struct client *c, const char *indent)
{
	AUTO_JSON *suites = suites_of(c);
	AUTO_FREE char *components = components_of(c);
	const json_t *suite;
	size_t i;

	text_add(t, "%sTypes: deb\n%sURIs: %s/deb\n%sSuites:", indent, indent, c->url, indent);
	json_array_foreach(suites, i, suite)
		text_add(t, " %s", json_string_value(suite));
	text_add(t, "\n%sComponents: %s\n%sEnabled: yes\n%sCheck-Valid-Until: yes\n", indent, components, indent,
		indent);
	if (c->has_keyring) {
		AUTO_FREE char *name = channel_keyring_name(c->policy);

		text_add(t, "%sSigned-By: /usr/share/keyrings/%s.asc\n", indent, name);
	} else {
		add_key_field(t, c->apt_key, indent);
	}
}

/* "el9/$basearch" from "el9/x86_64": dnf fills in the machine's own. */
static char *base_folder(const char *folder)
{
	static const char *const arches[] = { "x86_64", "aarch64", "ppc64le", "s390x", "riscv64", "i686", "noarch" };
	const char *slash = strrchr(folder, '/');
	const char *last = slash ? slash + 1 : folder;

	for (size_t i = 0; i < COUNT(arches); i++)
		if (strcmp(last, arches[i]) == 0)
			return mem_printf("%.*s$basearch", (int)(last - folder), folder);
	return mem_strdup(folder);
}

/* Folder of each repodata, as dnf sees it; the plain rpm/ one is "". */
static json_t *folders_of(const struct client *c)
{
	AUTO_JSON *found = parts_of(c, "rpm/", "repodata/repomd.xml");
	json_t *folders = json_object();
	const json_t *part;
	size_t i;

	json_array_foreach(found, i, part) {
		AUTO_FREE char *plain = mem_strdup(json_string_value(part)), *folder = NULL;
		size_t len = strlen(plain);

		if (len > 0 && plain[len - 1] == '/')
			plain[len - 1] = '\0';
		folder = base_folder(plain);
		json_object_set_new(folders, folder, json_true());
	}
	if (json_object_size(folders) == 0)
		json_object_set_new(folders, "", json_true());
	return folders;
}

/* "production-el9" for el9/$basearch */
static char *repository_id(const char *channel, const char *folder)
{
	size_t len = strlen(folder);
	char *id;

	if (text_ends(folder, "$basearch"))
		len -= strlen("$basearch");
	while (len > 0 && folder[len - 1] == '/')
		len--;
	id = mem_printf("%s%s%.*s", channel, len ? "-" : "", (int)len, folder);
	for (char *at = id; *at; at++)
		if (*at == '/')
			*at = '-';
	return id;
}

static void add_dnf(struct text *t, const struct client *c, const char *keys, const char *indent)
{
	const char *organisation = json_text(c->policy, "organisation"), *folder;
	AUTO_JSON *folders = folders_of(c);
	json_t *ignored;

	json_object_foreach(folders, folder, ignored) {
		AUTO_FREE char *id = repository_id(c->channel, folder);

		text_add(t, "%s[%s]\n%sname=%s %s\n%sbaseurl=%s/rpm%s%s\n%senabled=1\n", indent, id, indent,
			organisation, c->channel, indent, c->url, *folder ? "/" : "", folder, indent);
		text_add(t, "%sgpgcheck=1\n%srepo_gpgcheck=1\n", indent, indent);
		text_add(t, "%sgpgkey=%s%s %s%s\n%smetadata_expire=1h\n%sskip_if_unavailable=0\n", indent, keys,
			c->has_keyring ? "release" : "/release.asc", keys, c->has_keyring ? "package" : "/package.asc",
			indent, indent);
		/* by itself it checks packages only where the metadata has no signature */
		if (c->is_zypper)
			text_add(t, "%spkg_gpgcheck=1\n%sautorefresh=1\n", indent, indent);
	}
}

/* ---- what its guard watches (clients/guard): JSON, so that no value can leave its place */
static char *guard_text(const struct client *c)
{
	AUTO_JSON *json = json_pack("{s:i, s:s, s:o, s:s, s:s}", "version", 1, "channel", c->channel, "channel_id",
		json_sprintf("%s/%s", c->id, c->channel), "url", c->url, "keys", c->release_key);

	if (c->report)
		json_object_set(json, "report", (json_t *)c->report);
	return json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
}

/* ---- the formats */

static void guard(struct text *t, const struct client *c)
{
	AUTO_FREE char *json = guard_text(c);

	text_add(t, "%s\n", json ? json : "");
}

/* What the package manager does not refuse by itself. */
static void add_guard_hint(struct text *t, const struct client *c, const char *manager)
{
	text_add(t,
		"# %s takes or keeps an older signed state; sluice-guard refuses it: --format guard > "
		"/etc/sluice/channels/%s.json\n",
		manager, c->channel);
}

static void apt(struct text *t, const struct client *c)
{
	text_add(t, "# /etc/apt/sources.list.d/%s.sources\n# Release key %s, %s.\n", c->channel, c->release_fpr,
		c->has_keyring ? "in the package of keys" : "pinned below");
	text_add(t, "# To take this channel alone: remove the other sources.\n");
	add_guard_hint(t, c, "apt");
	add_apt(t, c, "");
}

static void repo_file(struct text *t, const struct client *c, const char *folder)
{
	AUTO_FREE char *name = channel_keyring_name(c->policy),
		       *keys = c->has_keyring ? mem_printf("file:///etc/pki/rpm-gpg/RPM-GPG-KEY-%s-", name)
					      : mem_printf("%s/keys", c->url);

	if (c->has_keyring) {
		text_add(t, "# %s/%s.repo; the keys are those of the package %s.\n", folder, c->channel, name);
	} else {
		text_add(t, "# %s/%s.repo\n", folder, c->channel);
		text_add(t, "# Answer yes to these keys only:\n#   release key (repository metadata) %s\n",
			c->release_fpr);
		text_add(t, "#   package key (packages)            %s\n", c->package_fpr);
		text_add(t, "# or import them beforehand from a place you trust and point gpgkey there.\n");
	}
	if (!c->is_zypper)
		add_guard_hint(t, c, "dnf");
	add_dnf(t, c, keys, "");
}

static void dnf(struct text *t, const struct client *c)
{
	repo_file(t, c, "/etc/yum.repos.d");
}

static void zypper(struct text *t, const struct client *c)
{
	repo_file(t, c, "/etc/zypp/repos.d");
}

static void add_block(struct text *t, const char *key)
{
	struct slice rest = slice_of(key), line;

	while (slice_cut(&rest, '\n', &line))
		text_add(t, line.len ? "      %.*s\n" : "\n", (int)line.len, line.at);
}

static void add_key_task(struct text *t, const struct client *c, const char *name, const char *key)
{
	text_add(t, "- name: %s key of %s\n  when: ansible_pkg_mgr in ['dnf', 'yum', 'dnf5']\n", name, c->channel);
	text_add(t,
		"  ansible.builtin.copy:\n    dest: /etc/pki/rpm-gpg/%s/%s.asc\n    mode: \"0644\"\n    content: |\n",
		c->channel, name);
	add_block(t, key);
}

static void add_guard_task(struct text *t, const struct client *c)
{
	AUTO_FREE char *json = guard_text(c);

	text_add(t, "- name: folder for what sluice-guard watches\n");
	text_add(t, "  ansible.builtin.file: {path: /etc/sluice/channels, state: directory, mode: \"0755\"}\n");
	text_add(t, "- name: sluice-guard watches %s\n", c->channel);
	text_add(t,
		"  ansible.builtin.copy:\n    dest: /etc/sluice/channels/%s.json\n    mode: \"0644\"\n    content: |\n",
		c->channel);
	add_block(t, json ? json : "");
}

static void ansible(struct text *t, const struct client *c)
{
	AUTO_FREE char *keys = mem_printf("file:///etc/pki/rpm-gpg/%s", c->channel);

	text_add(t, "# Tasks: the channel %s, keys pinned, signatures required.\n", c->channel);
	text_add(t, "- name: apt source %s\n  when: ansible_pkg_mgr == 'apt'\n", c->channel);
	text_add(t,
		"  ansible.builtin.copy:\n    dest: /etc/apt/sources.list.d/%s.sources\n    mode: \"0644\"\n    "
		"content: |\n",
		c->channel);
	add_apt(t, c, "      ");
	text_add(t, "- name: folder for the keys of %s\n  when: ansible_pkg_mgr in ['dnf', 'yum', 'dnf5']\n",
		c->channel);
	text_add(t, "  ansible.builtin.file: {path: /etc/pki/rpm-gpg/%s, state: directory, mode: \"0755\"}\n",
		c->channel);
	add_key_task(t, c, "release", c->release_key);
	add_key_task(t, c, "package", c->package_key);
	text_add(t, "- name: dnf repository %s\n  when: ansible_pkg_mgr in ['dnf', 'yum', 'dnf5']\n", c->channel);
	text_add(t, "  ansible.builtin.copy:\n    dest: /etc/yum.repos.d/%s.repo\n    mode: \"0644\"\n    content: |\n",
		c->channel);
	add_dnf(t, c, keys, "      ");
	add_guard_task(t, c);
}

static const struct {
	const char *name;
	void (*add)(struct text *t, const struct client *c);
	bool has_keyring, is_zypper;
} client_formats[] = {
	{ "apt", apt, false, false },
	{ "apt-keyring", apt, true, false },
	{ "dnf", dnf, false, false },
	{ "dnf-keyring", dnf, true, false },
	{ "zypper", zypper, false, true },
	{ "zypper-keyring", zypper, true, true },
	{ "ansible", ansible, false, false },
	{ "guard", guard, false, false },
};

char *channel_client(struct store *s, const char *id, const json_t *policy, const char *channel, const char *format,
	const char *url, const json_t *report, struct err *e)
{
	struct client c = { .store = s, .id = id, .policy = policy, .channel = channel, .url = url, .report = report };
	struct text t = { 0 };
	AUTO_FREE char *bare = mem_strdup(url);
	size_t chosen = 0, len = strlen(bare);

	while (len > 0 && bare[len - 1] == '/')
		bare[--len] = '\0';
	c.url = bare;
	c.settings = json_map(json_map(policy, "channels"), channel);
	while (chosen < COUNT(client_formats) && strcmp(client_formats[chosen].name, format) != 0)
		chosen++;
	if (!c.settings || !channel_name_valid(channel)) {
		err_usage(e, "the policy has no channel '%s'", channel);
		return NULL;
	}
	if (chosen == COUNT(client_formats)) {
		err_usage(e, "--format is apt, dnf, zypper (each also with -keyring), ansible or guard, not '%s'",
			format);
		return NULL;
	}
	if (check_url(url, e) || read_key(&c, "keys/release.asc", &c.release_key, c.release_fpr, &c.apt_key, e) ||
		read_key(&c, "keys/package.asc", &c.package_key, c.package_fpr, NULL, e)) {
		client_done(&c);
		return NULL;
	}
	read_release(&c);
	c.has_keyring = client_formats[chosen].has_keyring;
	c.is_zypper = client_formats[chosen].is_zypper;
	client_formats[chosen].add(&t, &c);
	client_done(&c);
	return text_take(&t);
}
