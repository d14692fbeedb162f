/* csaf.c - reading CSAF 2.0: document and vulnerabilities (the product tree: csaf_products.c); what is not of the standard's form is refused with its place. */
#include "base/text.h"
#include "base/when.h"
#include "release/csaf_read.h"
#include <string.h>

enum { VULNERABILITIES_MAX = 5000, MENTIONS_MAX = 500000, TEXT_MAX_ = 2000, REMEDIES_MAX = 20, URL_LEN_MAX = 500 };

int csaf_wrong(struct csaf *c, const char *at, const char *code, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = mem_vprintf(fmt, ap);
	va_end(ap);
	return err_input(c->e, code, "%s: %s: %s", c->file, at, what);
}

int csaf_need(struct csaf *c, const json_t *object, const char *at, const char *key, const char **ret)
{
	const char *text = json_text(object, key);

	if (!*text || strlen(text) > CSAF_NAME_MAX || text_has_control(text)) {
		AUTO_FREE char *place = mem_printf("%s/%s", at, key);

		return err_failed(csaf_wrong(c, place, "E_METADATA",
			*text ? "longer than %d bytes, or with control characters"
			      : "it is missing, or no text of at most %d bytes",
			CSAF_NAME_MAX));
	}
	*ret = text;
	return 0;
}

int csaf_list_at(struct csaf *c, const json_t *object, const char *at, const char *key, json_t **ret)
{
	*ret = json_list(object, key);
	if (*ret || !json_object_get(object, key))
		return 0;
	AUTO_FREE char *place = mem_printf("%s/%s", at, key);

	return csaf_wrong(c, place, "E_METADATA", "a list is meant");
}

static void put_cut(json_t *object, const char *key, const char *text)
{
	AUTO_FREE char *cut = text_beginning(text, TEXT_MAX_);

	json_set_str(object, key, cut);
}

/* ---- vulnerabilities */
static bool is_cve(const char *text)
{
	size_t digits;

	if (!text_starts(text, "CVE-") || strspn(text + 4, "0123456789") != 4 || text[8] != '-')
		return false;
	digits = strspn(text + 9, "0123456789");
	return digits >= 4 && digits <= 19 && text[9 + digits] == '\0';
}

static int read_status(struct csaf *c, const json_t *vulnerability, const char *at, json_t *ret)
{
	static const char *const known[] = { "known_affected", "first_affected", "last_affected", "fixed",
		"first_fixed", "known_not_affected", "recommended", "under_investigation" };
	const json_t *status = json_map(vulnerability, "product_status");

	for (size_t k = 0; k < COUNT(known); k++) {
		AUTO_FREE char *place = mem_printf("%s/product_status", at);
		json_t *list, *id;
		size_t i;

		if (csaf_list_at(c, status, place, known[k], &list))
			return -1;
		json_array_foreach(list, i, id) {
			AUTO_FREE char *which = mem_printf("%s/%s/%zu", place, known[k], i);

			if (!json_is_string(id) || !json_object_get(c->products, json_string_value(id)))
				return csaf_wrong(c, which, "E_METADATA", "it names no product of the product tree");
			if (++c->mentions > MENTIONS_MAX)
				return csaf_wrong(c, which, "E_LIMIT_ENTRIES",
					"products are mentioned more than %d times", MENTIONS_MAX);
		}
		if (list)
			json_object_set(ret, known[k], list);
	}
	return 0;
}

/* Nobody can be told both. */
static int contradicts(struct csaf *c, const json_t *status, const char *at)
{
	AUTO_JSON *affected = json_object();
	static const char *const against[] = { "fixed", "known_not_affected" };
	size_t i;
	json_t *id;

	json_array_foreach(json_list(status, "known_affected"), i, id)
		json_object_set_new(affected, json_string_value(id), json_true());
	for (size_t k = 0; k < COUNT(against); k++)
		json_array_foreach(json_list(status, against[k]), i, id)
			if (json_object_get(affected, json_string_value(id)))
				return csaf_wrong(c, at, "E_METADATA",
					"product '%s' is said to be affected and not to be", json_string_value(id));
	return 0;
}

/* The worst base score of its products, in tenths. */
static int read_scores(struct csaf *c, const json_t *vulnerability, const char *at, int64_t *ret)
{
	static const char *const kinds[] = { "cvss_v4", "cvss_v3", "cvss_v2" };
	json_t *list, *one;
	size_t i;

	if (csaf_list_at(c, vulnerability, at, "scores", &list))
		return -1;
	*ret = 0;
	json_array_foreach(list, i, one)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			const json_t *base = json_object_get(json_map(one, kinds[k]), "baseScore");
			double score = json_number_value(base);

			if (base && (!json_is_number(base) || !(score >= 0 && score <= 10))) {
				AUTO_FREE char *place = mem_printf("%s/scores/%zu/%s/baseScore", at, i, kinds[k]);

				return csaf_wrong(c, place, "E_METADATA", "a number from 0 to 10 is meant");
			}
			if ((int64_t)(score * 10 + 0.5) > *ret)
				*ret = (int64_t)(score * 10 + 0.5);
		}
	return 0;
}

static int read_remedies(struct csaf *c, const json_t *vulnerability, const char *at, json_t *ret)
{
	json_t *list, *one;
	size_t i;

	if (csaf_list_at(c, vulnerability, at, "remediations", &list))
		return -1;
	json_array_foreach(list, i, one) {
		json_t *remedy = json_object();

		if (i >= REMEDIES_MAX) {
			json_decref(remedy);
			break; /* for people to read; the document has the rest */
		}
		put_cut(remedy, "category", json_text(one, "category"));
		put_cut(remedy, "text", json_text(one, "details"));
		json_array_append_new(ret, remedy);
	}
	return 0;
}

static int read_vulnerability(struct csaf *c, const json_t *one, const char *at, json_t *ret)
{
	AUTO_JSON *status = json_object(), *remedies = json_array(), *made = NULL;
	const char *cve = json_text(one, "cve");
	int64_t score = 0;

	if (!json_is_object(one))
		return csaf_wrong(c, at, "E_METADATA", "an object is meant");
	if (*cve && !is_cve(cve))
		return csaf_wrong(c, at, "E_METADATA", "its cve is none");
	if (read_status(c, one, at, status) || contradicts(c, status, at) || read_scores(c, one, at, &score) ||
		read_remedies(c, one, at, remedies))
		return -1;
	made = json_pack(
		"{s:s, s:I, s:O, s:O}", "cve", cve, "score", (json_int_t)score, "status", status, "remedies", remedies);
	put_cut(made, "title", json_text(one, "title"));
	json_array_append(json_list(ret, "vulnerabilities"), made);
	if (*cve)
		json_add_once(json_list(ret, "cves"), cve);
	if (score > json_int(ret, "score"))
		json_object_set_new(ret, "score", json_integer(score));
	return 0;
}

static int read_vulnerabilities(struct csaf *c, const json_t *root, json_t *ret)
{
	json_t *list, *one;
	size_t i;

	if (csaf_list_at(c, root, "", "vulnerabilities", &list))
		return -1;
	if (json_array_size(list) > VULNERABILITIES_MAX)
		return csaf_wrong(c, "/vulnerabilities", "E_LIMIT_ENTRIES", "more than %d", VULNERABILITIES_MAX);
	json_array_foreach(list, i, one) {
		AUTO_FREE char *at = mem_printf("/vulnerabilities/%zu", i);

		if (read_vulnerability(c, one, at, ret))
			return -1;
	}
	return 0;
}

/* ---- how bad */
static const char *word_of(const char *text)
{
	static const char *const words[][2] = { { "critical", "critical" }, { "high", "high" }, { "important", "high" },
		{ "medium", "medium" }, { "moderate", "medium" }, { "low", "low" } };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasecmp(words[i][0], text) == 0)
			return words[i][1];
	return NULL;
}

/* The publisher's own word, else the worst score, else the worst there is: what nobody judged is not harmless. */
static void set_severity(json_t *ret, const json_t *document)
{
	const char *word = word_of(json_text(json_map(document, "aggregate_severity"), "text"));
	int64_t score = json_int(ret, "score");

	json_set_str(ret, "severity_from", word ? "aggregate" : score ? "cvss" : "none");
	if (!word)
		word = score >= 90 || !score ? "critical" : score >= 70 ? "high" : score >= 40 ? "medium" : "low";
	json_set_str(ret, "severity", word);
}

/* ---- the document */
/* Where it can be read: its own page, or nothing that could be clicked on. */
static const char *url_of(const json_t *document)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      "-._~:/?#[]@!$&()*+,;=%";
	size_t i;
	json_t *one;

	json_array_foreach(json_list(document, "references"), i, one) {
		const char *url = json_text(one, "url");
		size_t len = strlen(url);

		if (strcmp(json_text(one, "category"), "self") == 0 && text_starts(url, "https://") &&
			len <= URL_LEN_MAX && strspn(url, letters) == len)
			return url;
	}
	return "";
}

static int read_document(struct csaf *c, const json_t *root, json_t *ret)
{
	const json_t *document = json_map(root, "document"), *tracking = json_map(document, "tracking"),
		     *publisher = json_map(document, "publisher");
	static const char *const states[] = { "draft", "interim", "final" };
	const char *version, *title, *id, *number, *status, *date, *name, *space;
	struct err why = { 0 };
	bool is_known = false;
	int64_t at;

	if (csaf_need(c, document, "/document", "csaf_version", &version))
		return -1;
	if (strcmp(version, "2.0") != 0)
		return csaf_wrong(c, "/document/csaf_version", "E_UNSUPPORTED", "'%s': only 2.0 is read", version);
	if (csaf_need(c, document, "/document", "title", &title) ||
		csaf_need(c, tracking, "/document/tracking", "id", &id) ||
		csaf_need(c, tracking, "/document/tracking", "version", &number) ||
		csaf_need(c, tracking, "/document/tracking", "status", &status) ||
		csaf_need(c, tracking, "/document/tracking", "current_release_date", &date) ||
		csaf_need(c, publisher, "/document/publisher", "name", &name) ||
		csaf_need(c, publisher, "/document/publisher", "namespace", &space))
		return -1;
	for (size_t i = 0; i < COUNT(states); i++)
		is_known = is_known || strcmp(states[i], status) == 0;
	if (!is_known)
		return csaf_wrong(c, "/document/tracking/status", "E_METADATA", "draft, interim or final is meant");
	if (strlen(id) > 200 || *id == ' ' || id[strlen(id) - 1] == ' ')
		return csaf_wrong(c, "/document/tracking/id", "E_METADATA",
			"at most 200 bytes without blanks around them are meant");
	if (strspn(number, "0123456789.") == 0 || when_parse(date, "UTC", &at, &why))
		return csaf_wrong(c, "/document/tracking", "E_METADATA", "its version or current_release_date is none");
	json_set_str(ret, "id", id);
	json_set_str(ret, "title", title);
	json_set_str(ret, "publisher", name);
	json_set_str(ret, "namespace", space);
	json_set_str(ret, "version", number);
	json_set_str(ret, "status", status);
	json_set_str(ret, "released", date);
	json_set_str(ret, "url", url_of(document));
	return 0;
}

int csaf_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *root = NULL, *products = json_object(), *names = json_object();
	AUTO_JSON *made = json_pack("{s:[], s:[], s:i, s:O, s:O}", "cves", "vulnerabilities", "score", 0, "products",
		products, "names", names);
	struct csaf c = { .file = file, .e = e, .products = products, .names = names };
	size_t mark;

	if (len > CSAF_FILE_MAX)
		return csaf_wrong(&c, "/", "E_LIMIT_SIZE", "more than %d MiB", CSAF_FILE_MAX >> 20);
	/* Some vendors' tools put a byte order mark before it. */
	mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	root = json_parse(bytes + mark, len - mark, file, e);
	if (!root)
		return -1;
	if (!json_map(root, "document"))
		return csaf_wrong(&c, "/document", "E_METADATA", "it is missing: this is no CSAF document");
	if (read_document(&c, root, made) || csaf_read_tree(&c, root) || read_vulnerabilities(&c, root, made))
		return -1;
	set_severity(made, json_map(root, "document"));
	*ret = json_incref(made);
	return 0;
}
