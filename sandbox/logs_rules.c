/* logs_rules.c - what a test's trials share about logs: the patterns, and what people decided about earlier findings. */
#include "base/fs.h"
#include "base/when.h"
#include "base/yaml.h"
#include "sandbox/logs.h"
#include <string.h>

enum { DISPOSITIONS_MAX = 1 << 20 };

static const struct yaml_schema word = { .kind = YAML_STRING, .pattern = "^..*$", .what = "a text" };
static const struct yaml_schema digest_schema = {
	.kind = YAML_STRING, .pattern = "^[0-9a-f]{64}$", .what = "a finding's digest (64 hex digits)"
};
static const struct yaml_schema until_schema = { .kind = YAML_SCALAR, .what = "a time such as 2027-01-31T00:00:00Z" };
static const struct yaml_field fields[] = {
	{ "digest", &digest_schema, true },
	{ "reason", &word, true },
	{ "role", &word, true },
	{ "until", &until_schema, true },
	{ NULL },
};
static const struct yaml_schema item = { .kind = YAML_MAP, .fields = fields };
static const struct yaml_schema list = { .kind = YAML_LIST, .of = &item };

int log_dispositions_parse(const char *text, size_t len, const char *file, int64_t now, json_t **ret, struct err *e)
{
	AUTO_JSON *items = NULL, *by_digest = json_object();
	json_t *o;
	size_t i;

	if (yaml_parse(text, len, file, &list, &items, e))
		return -1;
	json_array_foreach(items, i, o) {
		int64_t until = 0;

		if (when_parse(json_text(o, "until"), "UTC", &until, e)) {
			AUTO_FREE char *path = mem_printf("%zu/until", i), *where = yaml_where(text, len, file, path);

			e->class = ERR_USAGE;
			return err_wrap(e, "%s", where);
		}
		if (until >= now)
			json_object_set(by_digest, json_text(o, "digest"), o);
	}
	*ret = json_incref(by_digest);
	return 0;
}

void log_rules_done(struct log_rules *r)
{
	log_patterns_done(&r->patterns);
	json_decref(r->known);
	json_decref(r->dispositions);
	json_decref(r->users_gone);
	r->known = r->dispositions = r->users_gone = NULL;
}

int log_rules_load(const char *patterns, const char *dispositions, struct log_rules *ret, struct err *e)
{
	struct log_rules r = { 0 };
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (log_patterns_load(patterns, &r.patterns, e))
		return -1;
	if (dispositions &&
		(fs_read_file(dispositions, DISPOSITIONS_MAX, &bytes, &len, e) ||
			log_dispositions_parse(bytes, len, dispositions, when_now(), &r.dispositions, e))) {
		e->class = ERR_USAGE;
		log_rules_done(&r);
		return -1;
	}
	*ret = r;
	return 0;
}
