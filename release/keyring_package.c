/* keyring_package.c - the organisation's keys as an update of its own: a tar and the recipe that makes a deb and an rpm of it. It is signed, submitted, tested, voted on and
 * released like any other, and brings a key that `key new` made to the clients before the policy lets that key sign. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "formats/tar_out.h"
#include "release/channel/channel.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

struct keyring_package {
	struct release *r;
	char *name, *version;
	json_t *keys; /* {"release": [FPR], "package": [FPR]} */
	struct out *tar;
};

/* Those that count now, then those that are here and may count next. */
static int collect(struct keyring_package *k, const char *which, const json_t *own, struct keyring *ring, struct err *e)
{
	AUTO_FREE char *home = release_key_home(k->r, which);
	json_t *chosen = json_array(), *all = json_array(), *one;
	char **secrets = NULL;
	size_t len = 0, i;
	int status = key_secrets(home, &secrets, &len, e);

	json_object_set_new(k->keys, which, chosen);
	json_array_extend(all, (json_t *)(uintptr_t)own);
	for (i = 0; i < len; i++) {
		AUTO_JSON *secret = json_string(secrets[i]);
		bool is_there = false;
		size_t at;

		json_array_foreach(all, at, one)
			is_there = is_there || json_equal(one, secret);
		if (!is_there)
			json_array_append(all, secret);
		free(secrets[i]);
	}
	free(secrets);
	if (status == 0)
		status = keys_gather(k->r, which, all, ring, e);
	json_array_foreach(all, i, one) {
		int64_t expires = 0;
		bool is_revoked = false;

		if (status == 0)
			status = keyring_expiry(ring, json_string_value(one), &expires, &is_revoked, e);
		if (status == 0 && !is_revoked && (expires == 0 || expires > when_now()))
			json_array_append(chosen, one);
	}
	json_decref(all);
	if (status == 0 && json_array_size(chosen) == 0)
		status = err_env(e, "no %s key is good any more", which);
	return status;
}

static int put(struct keyring_package *k, const char *path, const char *bytes, size_t len, struct err *e)
{
	AUTO_FREE char *name = mem_printf(".%s", path);
	struct tar_item item = { .path = name,
		.target = "",
		.type = '0',
		.mode = 0644,
		.mtime = when_now(),
		.size = len,
		.owner = "root",
		.group = "root" };

	return tar_out_item(k->tar, &item, e) || out_write(k->tar, bytes, len, e) || tar_out_pad(k->tar, len, e) ? -1
														 : 0;
}

/* apt reads the first block of a file only, rpm the first key of a block only. */
static int put_keys(struct keyring_package *k, const char *which, const json_t *own, struct err *e)
{
	bool is_release = strcmp(which, "release") == 0;
	AUTO_FREE char *debian = mem_printf("/usr/share/keyrings/%s%s.asc", k->name, is_release ? "" : "-packages"),
		       *rpm = mem_printf("/etc/pki/rpm-gpg/RPM-GPG-KEY-%s-%s", k->name, which), *block = NULL;
	AUTO(keyring) ring = { 0 };
	AUTO(text) blocks = { 0 };
	AUTO_FREE const char **list = NULL;
	const char *home;
	size_t len = 0, i, bytes;
	const json_t *one;

	if (collect(k, which, own, &ring, e))
		return -1;
	list = mem_alloc((json_array_size(json_list(k->keys, which)) + 1) * sizeof *list);
	json_array_foreach(json_list(k->keys, which), i, one)
		list[len++] = json_string_value(one);
	return keys_export(&ring, json_list(k->keys, which), &blocks, e) || keyring_home(&ring, &home, e) ||
			key_export_each(home, list, len, &block, &bytes, e) || put(k, debian, block, bytes, e) ||
			put(k, rpm, blocks.at, blocks.len, e)
		? -1
		: 0;
}

static int write_tar(struct keyring_package *k, const char *path, struct err *e)
{
	AUTO_JSON *own = NULL;
	AUTO(outfile) file = { .fd = -1 };

	if (release_keys(k->r, &own, e) || outfile_open(&file, path, 0644, e))
		return -1;
	k->tar = out_fd(file.fd);
	if (put_keys(k, "release", json_list(own, "releases"), e) ||
		put_keys(k, "package", json_list(own, "packages"), e) || tar_out_end(k->tar, e)) {
		out_drop(&k->tar);
		return -1;
	}
	return out_close(k->tar, e) || outfile_commit(&file, e) ? -1 : 0;
}

static int write_recipe(const struct keyring_package *k, const char *path, const char *vendor, struct err *e)
{
	AUTO_JSON *summary = json_sprintf(
		"keys of the channels of %s", json_text(release_policy(k->r), "organisation"));
	AUTO_FREE char *quoted = json_dumps(summary, JSON_ENCODE_ANY);
	AUTO(text) t = { 0 };

	text_add(&t,
		"# The keys of our own channels, for their clients; made by `sluice key package`.\nversion: "
		"1\nproduct: %s\n",
		k->name);
	if (vendor)
		text_add(&t, "vendor: %s\n", vendor);
	text_add(&t,
		"source: {signature: detached}\npackage:\n  name: %s\n  version: {match: '%s-([0-9][0-9.]*)[.]tar'}\n  "
		"release: \"1\"\n",
		k->name, k->name);
	text_add(&t, "  summary: %s\n  license: LicenseRef-Keys\n  architecture: noarch\n  section: misc\n",
		quoted ? quoted : "keys");
	return fs_write_file(path, t.at, t.len, 0644, e);
}

int keys_package(struct release *r, const char *folder, const char *vendor, json_t **ret, struct err *e)
{
	struct keyring_package k = { .r = r, .name = channel_keyring_name(release_policy(r)), .keys = json_object() };
	AUTO_FREE char *below = NULL, *tar = NULL, *recipe = NULL;
	char version[32];
	time_t now = when_now();
	struct tm utc;
	int status;

	(void)strftime(version, sizeof version, "%Y%m%d.%H%M%S", gmtime_r(&now, &utc));
	below = mem_printf("%s/%s", folder, k.name);
	tar = mem_printf("%s-%s.tar", below, version);
	recipe = mem_printf("%s.yaml", below);
	status = fs_mkdirs(folder, 0755, e) || write_tar(&k, tar, e) || write_recipe(&k, recipe, vendor, e) ? -1 : 0;
	if (status == 0)
		*ret = json_pack("{s:s, s:s, s:s, s:s, s:O}", "name", k.name, "version", version, "tar", tar, "recipe",
			recipe, "keys", k.keys);
	free(k.name);
	json_decref(k.keys);
	return status;
}
