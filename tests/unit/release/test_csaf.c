/* test_csaf.c - advisories: whom they mean, in whose order of versions; documents that are none are refused with their place. */
#include "base/text.h"
#include "release/csaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* products: items of full_product_names and branches; status: of one vulnerability. */
static char *document(const char *tree, const char *vulnerability, const char *more)
{
	return mem_printf("{\"document\": {\"csaf_version\": \"2.0\", \"title\": \"T\", %s \"publisher\": {\"name\": "
			  "\"P\", \"namespace\": \"https://p.example\"}, \"tracking\": "
			  "{\"id\": \"P-1\", \"status\": \"final\", \"version\": \"1\", \"current_release_date\": "
			  "\"2026-11-20T09:00:00Z\"}}, \"product_tree\": {%s}, "
			  "\"vulnerabilities\": [{%s}]}",
		more, tree, vulnerability);
}

static char *branch(const char *category, const char *version)
{
	return mem_printf("\"branches\": [{\"category\": \"product_name\", \"name\": \"Acme Agent\", \"branches\": "
			  "[{\"category\": \"%s\", \"name\": \"%s\", \"product\": "
			  "{\"product_id\": \"a\", \"name\": \"A\"}}, {\"category\": \"product_version\", \"name\": "
			  "\"2.0\", \"product\": {\"product_id\": \"f\", \"name\": \"F\"}}]}]",
		category, version);
}

static json_t *read_good(const char *text)
{
	json_t *advisory = NULL;
	struct err e = { 0 };

	if (csaf_parse(text, strlen(text), "doc.json", &advisory, &e))
		fail_msg("%s: %s", text, e.text);
	return advisory;
}

static enum csaf_word ask(const json_t *advisory, const char *name, const char *version)
{
	struct csaf_package p = { { "org-other", name, NULL }, version, "deb", version };

	return csaf_says(advisory, &p, NULL);
}

static void versions(void **state)
{
	static const struct {
		const char *category, *said, *status, *version;
		enum csaf_word word;
	} cases[] = {
		{ "product_version", "1.5", "\"known_affected\": [\"a\"]", "1.5", CSAF_AFFECTED },
		{ "product_version", "1.5", "\"known_affected\": [\"a\"]", "1.5-3", CSAF_AFFECTED },
		{ "product_version", "1.5-3", "\"known_affected\": [\"a\"]", "1.5-4", CSAF_FIXED },
		{ "product_version", "1.5", "\"known_affected\": [\"a\"]", "1.4", CSAF_NOTHING },
		{ "product_version", "1.5", "\"known_affected\": [\"a\"]", "1.10", CSAF_FIXED },
		{ "product_version_range", "<1.5", "\"known_affected\": [\"a\"]", "1.10", CSAF_FIXED },
		{ "product_version_range", "<1.5", "\"known_affected\": [\"a\"]", "1.5~rc1", CSAF_AFFECTED },
		{ "product_version_range", "vers:deb/>=1.0|<1.5", "\"known_affected\": [\"a\"]", "0.9", CSAF_NOTHING },
		{ "product_version_range", "vers:deb/>=1.0|<1.5", "\"known_affected\": [\"a\"]", "1.2", CSAF_AFFECTED },
		{ "product_version_range", "vers:rpm/>=1.0|<1.5|>1.7|<=1.8", "\"known_affected\": [\"a\"]", "1.6",
			CSAF_FIXED },
		{ "product_version_range", "vers:rpm/>=1.0|<1.5|>1.7|<=1.8", "\"known_affected\": [\"a\"]", "1.8",
			CSAF_AFFECTED },
		{ "product_version_range", "vers:generic/1.1|1.3", "\"known_affected\": [\"a\"]", "1.3",
			CSAF_AFFECTED },
		{ "product_version_range", "vers:generic/1.1|1.3", "\"known_affected\": [\"a\"]", "1.2", CSAF_FIXED },
		{ "product_version_range", "vers:generic/>1.0|!=1.2", "\"known_affected\": [\"a\"]", "1.2",
			CSAF_FIXED },
		{ "product_version_range", "vers:generic/>1.0|!=1.2", "\"known_affected\": [\"a\"]", "9",
			CSAF_AFFECTED },
		{ "product_version_range", "vers:generic/*", "\"known_affected\": [\"a\"]", "9", CSAF_AFFECTED },
		/* what cannot be read leaves nobody out */
		{ "product_version_range", "all versions before May", "\"known_affected\": [\"a\"]", "9",
			CSAF_AFFECTED },
		/* the fix wins over a range that holds it */
		{ "product_version_range", "<3", "\"known_affected\": [\"a\"], \"fixed\": [\"f\"]", "2.0", CSAF_FIXED },
		{ "product_version_range", "<3", "\"known_affected\": [\"a\"], \"known_not_affected\": [\"f\"]",
			"2.0-1", CSAF_FIXED },
		/* affected without a word on versions: all below the fix */
		{ "vendor", "x", "\"known_affected\": [\"a\"], \"fixed\": [\"f\"]", "1.9", CSAF_AFFECTED },
		{ "vendor", "x", "\"known_affected\": [\"a\"], \"fixed\": [\"f\"]", "2.1", CSAF_FIXED },
		{ "product_version", "1.5", "\"first_affected\": [\"a\"], \"last_affected\": [\"f\"]", "1.7",
			CSAF_AFFECTED },
		{ "product_version", "1.5", "\"first_affected\": [\"a\"], \"last_affected\": [\"f\"]", "2.1",
			CSAF_FIXED },
		{ "product_version", "1.5", "\"first_affected\": [\"a\"], \"last_affected\": [\"f\"]", "1.4",
			CSAF_NOTHING },
		{ "product_version", "1.5", "\"first_fixed\": [\"f\"]", "1.4", CSAF_NOTHING },
		{ "product_version", "1.5", "\"first_fixed\": [\"f\"]", "2.1", CSAF_FIXED },
		{ "product_version", "1.5", "\"under_investigation\": [\"a\"]", "1.5", CSAF_NOTHING },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *tree = branch(cases[i].category, cases[i].said),
			       *status = mem_printf("\"product_status\": {%s}", cases[i].status),
			       *text = document(tree, status, "");
		AUTO_JSON *advisory = read_good(text);

		if (ask(advisory, "acme_agent", cases[i].version) != cases[i].word)
			fail_msg("case %zu: %s of %s", i, cases[i].version, cases[i].said);
		assert_int_equal(ask(advisory, "another", cases[i].version), CSAF_NOTHING);
	}
}

static void identifiers(void **state)
{
	static const struct {
		const char *helper, *name, *version;
		enum csaf_word word;
	} cases[] = {
		{ "\"purl\": \"pkg:deb/debian/libacme%2b@1.0-1?arch=amd64#x\"", "libacme+", "1.0-1", CSAF_AFFECTED },
		{ "\"purl\": \"pkg:deb/debian/libacme@1.0-1\"", "libacme", "1.0-2", CSAF_FIXED },
		{ "\"purl\": \"pkg:npm/%40acme/agent@1.0\"", "agent", "1.0", CSAF_AFFECTED },
		{ "\"purl\": \"pkg:generic/agent\"", "agent", "7", CSAF_AFFECTED },
		{ "\"cpe\": \"cpe:2.3:a:acme:agent\\\\:x:1.0:*:*:*:*:*:*:*\"", "agent:x", "1.0", CSAF_AFFECTED },
		{ "\"cpe\": \"cpe:/a:acme:agent:1.0\"", "agent", "1.0", CSAF_AFFECTED },
		{ "\"cpe\": \"cpe:2.3:a:acme:agent:*:*:*:*:*:*:*:*\"", "Agent", "5", CSAF_AFFECTED },
		{ "\"cpe\": \"cpe:2.3:a:acme:*:1.0:*:*:*:*:*:*:*\"", "*", "1.0", CSAF_NOTHING },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *tree = mem_printf("\"full_product_names\": [{\"product_id\": \"a\", \"name\": \"Some "
						  "thing\", \"product_identification_helper\": {%s}}]",
				       cases[i].helper),
			       *text = document(tree,
				       "\"cve\": \"CVE-2026-0001\", \"product_status\": {\"known_affected\": [\"a\"]}",
				       "");
		AUTO_JSON *advisory = read_good(text);

		if (ask(advisory, cases[i].name, cases[i].version) != cases[i].word)
			fail_msg("case %zu: %s %s", i, cases[i].name, cases[i].version);
	}
}

static void severity(void **state)
{
	static const struct {
		const char *more, *vulnerability, *severity;
	} cases[] = {
		{ "", "", "critical" },
		{ "", "\"scores\": [{\"cvss_v3\": {\"baseScore\": 6.9}}, {\"cvss_v2\": {\"baseScore\": 7}}]", "high" },
		{ "", "\"scores\": [{\"cvss_v3\": {\"baseScore\": 3.9}}]", "low" },
		{ "\"aggregate_severity\": {\"text\": \"Moderate\"},",
			"\"scores\": [{\"cvss_v3\": {\"baseScore\": 9.9}}]", "medium" },
		{ "\"aggregate_severity\": {\"text\": \"rather bad\"},",
			"\"scores\": [{\"cvss_v4\": {\"baseScore\": 9.0}}]", "critical" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *text = document("", cases[i].vulnerability, cases[i].more);
		AUTO_JSON *advisory = read_good(text);

		assert_string_equal(json_text(advisory, "severity"), cases[i].severity);
	}
}

/* As some vendors' tools write it. */
static void byte_order_mark(void **state)
{
	AUTO_FREE char *text = document("", "", ""), *marked = mem_printf("\xef\xbb\xbf%s", text);
	AUTO_JSON *advisory = read_good(text), *same = read_good(marked);

	(void)state;
	assert_true(json_equal(advisory, same));
}

static char *deep(void)
{
	struct text t = { 0 };

	for (int i = 0; i < 40; i++)
		text_add(&t, "\"branches\": [{\"category\": \"vendor\", \"name\": \"n\"%s", i < 39 ? ", " : "");
	for (int i = 0; i < 40; i++)
		text_add(&t, "}]");
	return text_take(&t);
}

static void refused(void **state)
{
	AUTO_FREE char *nested = deep();
	const struct {
		const char *tree, *vulnerability, *more, *place;
	} cases[] = {
		{ "", "", "\"title\": 3, ", "doc.json:1:" }, /* a key that stands there twice */
		{ "\"branches\": {}", "", "", "/product_tree/branches: a list is meant" },
		{ "\"full_product_names\": [{\"name\": \"x\"}]", "", "",
			"/product_tree/full_product_names/0/product_id: it is missing" },
		{ "\"full_product_names\": [{\"product_id\": \"a\", \"name\": \"x\"}, {\"product_id\": \"a\", "
		  "\"name\": \"y\"}]",
			"", "", "stands for two products" },
		{ "\"full_product_names\": [{\"product_id\": \"a\", \"name\": \"x\\u001b[2J\"}]", "", "",
			"control characters" },
		{ "\"full_product_names\": [{\"product_id\": \"a\", \"name\": \"x\", "
		  "\"product_identification_helper\": {\"purl\": \"http://x\"}}]",
			"", "", "its purl or cpe is none" },
		{ "\"relationships\": [{\"product_reference\": \"no\"}]", "", "",
			"/product_tree/relationships/0: product_reference 'no'" },
		{ "\"full_product_names\": [7]", "", "", "a product with product_id and name is meant" },
		{ "", "\"cve\": \"CVE-1\"", "", "/vulnerabilities/0: its cve is none" },
		{ "", "\"product_status\": {\"known_affected\": [\"zz\"]}", "",
			"/vulnerabilities/0/product_status/known_affected/0: it names no product" },
		{ "\"full_product_names\": [{\"product_id\": \"a\", \"name\": \"x\"}]",
			"\"product_status\": {\"known_affected\": [\"a\"], \"fixed\": [\"a\"]}", "",
			"said to be affected and not to be" },
		{ "", "\"scores\": [{\"cvss_v3\": {\"baseScore\": 11}}]", "",
			"/vulnerabilities/0/scores/0/cvss_v3/baseScore: a number from 0 to 10" },
		{ nested, "", "", "nested more than 32 deep" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *text = document(cases[i].tree, cases[i].vulnerability, cases[i].more);
		json_t *advisory = NULL;
		struct err e = { 0 };

		assert_int_equal(csaf_parse(text, strlen(text), "doc.json", &advisory, &e), -1);
		assert_int_equal(e.class, ERR_INPUT);
		if (!strstr(e.text, cases[i].place) || strncmp(e.text, "doc.json:", 9) != 0)
			fail_msg("case %zu: %s", i, e.text);
	}
}

/* Its own page, and nothing that is none. */
static void page(void **state)
{
	static const struct {
		const char *category, *url, *want;
	} cases[] = {
		{ "self", "https://p.example/a?b=1&c=2", "https://p.example/a?b=1&c=2" },
		{ "external", "https://p.example/a", "" },
		{ "self", "http://p.example/a", "" },
		{ "self", "javascript:alert(1)", "" },
		{ "self", "https://p.example/\\\"x", "" },
		{ "self", "https://p.example/a b", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *tree = branch("product_version_range", "<2"),
			       *references = mem_printf(
				       "\"references\": [{\"category\": \"%s\", \"summary\": \"x\", \"url\": \"%s\"}],",
				       cases[i].category, cases[i].url),
			       *text = document(tree, "\"product_status\": {\"known_affected\": [\"a\"]}", references);
		AUTO_JSON *advisory = read_good(text);

		assert_string_equal(json_text(advisory, "url"), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page),
		cmocka_unit_test(versions),
		cmocka_unit_test(identifiers),
		cmocka_unit_test(severity),
		cmocka_unit_test(byte_order_mark),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
