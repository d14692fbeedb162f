/* policy_ops.c - showing and checking the policy; what it pins. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/policy_disk.h"
#include <stdio.h>
#include <string.h>

int policy_show(struct release *r, char **ret_text, size_t *ret_len, json_t **ret, struct err *e)
{
	const struct policy *now = policies_now(&r->chain);

	if (ret_text) {
		*ret_text = mem_alloc(now->len + 1);
		memcpy(*ret_text, now->text, now->len);
		*ret_len = now->len;
	}
	if (ret) {
		*ret = json_deep_copy(now->json);
		json_set_str(*ret, "digest", now->digest);
		json_set_str(*ret, "text", now->text_digest);
		json_object_set(*ret, "files", now->files);
	}
	return 0;
}

int policy_show_file(struct release *r, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_JSON *paths = policy_paths(release_policy(r));

	if (!json_object_get(paths, path))
		return err_usage(e, "the policy includes no '%s'", path);
	return policy_file(policies_now(&r->chain), &r->source.source, path, ret, ret_len, e);
}

char *policy_required(const struct release *r)
{
	const json_t *list = json_object_get(json_map(release_policy(r), "sandbox"), "require"), *one;
	struct text words = { 0 };
	size_t i;

	if (!list)
		return NULL;
	json_array_foreach(list, i, one)
		text_add(&words, "%s%s", i ? "," : "", json_string_value(one));
	return text_take(&words);
}

int64_t policy_root_max_age(const struct release *r)
{
	struct err ignored = { 0 };
	int64_t seconds;

	return duration_parse(json_text(json_map(release_policy(r), "roots"), "max-age"), &seconds, &ignored) ? 0
													      : seconds;
}

/* People and vendors whose certificate is in none of the rings: they cannot act, which opens nothing, but is seldom meant. */
void policy_missing_certificates(const json_t *policy, struct keyring *ring, json_t *warnings)
{
	static const char *const sections[] = { "people", "vendors" };
	AUTO_JSON *have = json_object();
	char **fingerprints = NULL;
	size_t len = 0;
	struct err ignored = { 0 };

	if (ring->is_open && keyring_fingerprints(ring, &fingerprints, &len, &ignored))
		len = 0;
	for (size_t i = 0; i < len; i++) {
		json_object_set_new(have, fingerprints[i], json_true());
		free(fingerprints[i]);
	}
	free(fingerprints);
	for (size_t s = 0; s < COUNT(sections); s++) {
		const char *who;
		json_t *item, *key;
		size_t i;

		json_object_foreach(json_map(policy, sections[s]), who, item)
			json_array_foreach(json_list(item, "keys"), i, key) {
				AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

				if (!fingerprint)
					json_array_append_new(warnings,
						json_sprintf("%s/%s: %s", sections[s], who,
							key_kind_of(json_string_value(key))->about));
				else if (!json_object_get(have, fingerprint))
					json_array_append_new(warnings,
						json_sprintf("%s/%s: the keyring holds no certificate of %s",
							sections[s], who, fingerprint));
			}
	}
}

int policy_check(const char *file, json_t **ret, struct err *e)
{
	__attribute__((cleanup(policy_disk_done))) struct policy_disk disk = { .file = file };
	AUTO_JSON *gaps = NULL, *warnings = NULL;
	AUTO(keyring) ring = { 0 };
	struct err why = { 0 };

	if (policy_disk_read(&disk, e))
		return -1;
	gaps = policy_gaps(disk.json);
	warnings = policy_later(disk.json);
	json_array_extend(warnings, disk.warnings);
	if (*json_text(disk.json, "keyring")) {
		AUTO_FREE char *path = policy_beside(file, json_text(disk.json, "keyring"));

		if (keyring_open(&ring, e))
			return -1;
		if (keyring_add_file(&ring, path, &why))
			json_array_append_new(warnings, json_sprintf("keyring: %s", why.text));
	}
	policy_missing_certificates(disk.json, &ring, warnings);
	*ret = json_pack("{s:b, s:s, s:b, s:O, s:O, s:o, s:o}", "ok", 1, "file", file, "can_be_put_in_force",
		json_array_size(gaps) == 0, "refused", gaps, "warnings", warnings, "lint",
		policy_lint(disk.json, when_now()), "words", policy_words(disk.json));
	return *ret ? 0 : err_usage(e, "%s: its name is not UTF-8", file);
}

/* ---- vendors */
static void free_all(char **list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		free(list[i]);
	free(list);
}

int policy_vendor_pins(struct release *r, const char *vendor, char ***ret, size_t *ret_len, struct err *e)
{
	const char *name;
	json_t *item, *key;
	size_t len = 0, i;
	char **pins = mem_alloc(sizeof *pins);

	json_object_foreach(json_map(release_policy(r), "vendors"), name, item)
		json_array_foreach(json_list(item, "keys"), i, key) {
			char *fingerprint = fingerprint_of(json_string_value(key));

			if (!fingerprint || (vendor && *vendor && strcmp(vendor, name) != 0)) {
				free(fingerprint);
				continue;
			}
			pins = mem_resize(pins, (len + 2) * sizeof *pins);
			pins[len++] = fingerprint;
		}
	if (vendor && *vendor && !json_map(json_map(release_policy(r), "vendors"), vendor)) {
		free_all(pins, len);
		err_usage(e, "the policy pins no vendor '%s'", vendor);
		return err_hint(e, "the policy's owners add it under 'vendors'");
	}
	*ret = pins;
	*ret_len = len;
	return 0;
}

struct keyring *policy_keyring(struct release *r)
{
	return &r->chain.keyring;
}
