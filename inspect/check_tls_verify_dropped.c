/* check_tls_verify_dropped.c - TLS without looking who is on the other side: functions that verify certificates and names are gone, or checks are
 * switched off.
 *
 * Facts: {"bytes": {"programs": LIST of {"path", "machine", "soname", "peer": bool, "name": bool, "off": bool, "hidden": bool}, of those that speak
 * TLS, "switched": LIST of {"path", "machine": LANGUAGE, "marks": [TEXT...]}}}. */
#include "inspect/checks.h"
#include "inspect/elf_pairs.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/looked.h"
#include "inspect/shell_unverified.h"
#include "inspect/tls_script.h"
#include "inspect/tls_table.h"

static void look_program(const struct looked *file, json_t *facts)
{
	AUTO_JSON *families = file->elf ? tls_families(file->elf) : NULL;
	unsigned verifies;
	json_t *item;

	if (file->elf && json_array_size(families) == 0)
		return;
	item = elf_item(file, facts, "programs");
	if (item == NULL || file->elf == NULL)
		return;
	verifies = tls_verifies(file->elf);
	json_object_set_new(item, "peer", json_boolean(verifies & TLS_VERIFY_PEER));
	json_object_set_new(item, "name", json_boolean(verifies & TLS_VERIFY_NAME));
	/* TLS inside of a program whose names are gone: what it calls cannot be seen. */
	json_object_set_new(
		item, "hidden", json_boolean(verifies == 0 && !file->elf->defined_len && !tls_imports(file->elf)));
	json_object_set_new(item, "off", json_boolean(verifies & TLS_VERIFY_OFF));
}

static void add_switched(json_t *facts, const char *path, const char *language, json_t *marks)
{
	json_t *item = fact_add(fact_list_at(facts, "switched"));

	if (item == NULL)
		return;
	json_set_str(item, "path", path);
	json_set_str(item, "machine", language);
	json_object_set(item, "marks", marks);
}

static void look_jar(const struct looked *file, json_t *facts)
{
	AUTO_JSON *marks = json_pack("[s]", "all certificates or names are accepted");

	for (size_t i = 0; i < file->jar->parts_len; i++) {
		AUTO_FREE char *path = mem_printf("%s!%s", file->entry->path, file->jar->parts[i].where);

		if (file->jar->parts[i].uses & JAR_INSECURE)
			add_switched(facts, path, "java", marks);
	}
}

/* What the commands of a shell script say, beside the texts that are looked for in it. */
static void add_commands(json_t *marks, const struct shell_words *shell)
{
	for (size_t i = 0; i < shell->commands.len; i++) {
		const char *mark = shell->commands.at[i].len > 0 ? shell_unverified(&shell->commands.at[i]) : NULL;

		if (mark)
			json_add_once(marks, mark);
	}
}

static bool speaks_tls(const struct looked *file, const char *language)
{
	AUTO_JSON *tls = script_marks(file, language, SCRIPT_TLS), *via = script_marks(file, language, SCRIPT_CARRIER);

	return json_array_size(tls) + json_array_size(via) > 0;
}

static void look_script(const struct looked *file, json_t *facts)
{
	const char *language = script_language(file);

	if (language == NULL)
		return;
	AUTO_JSON *off = script_marks(file, language, SCRIPT_OFF),
		  *of_tls = script_marks(file, language, SCRIPT_INSECURE),
		  *old = script_marks(file, language, SCRIPT_OLD);
	json_array_extend(of_tls, old);
	if (json_array_size(of_tls) > 0 && speaks_tls(file, language))
		json_array_extend(off, of_tls);
	if (file->shell)
		add_commands(off, file->shell);
	if (json_array_size(off) > 0)
		add_switched(facts, file->entry->path, language, off);
}

static void look(const struct looked *file, json_t *facts)
{
	look_program(file, facts);
	if (file->jar)
		look_jar(file, facts);
	else
		look_script(file, facts);
}

static const struct group {
	const char *key, *what;
} groups[] = {
	{ "peer", "whether the other side's certificate is good" },
	{ "name", "whether the certificate is the other side's own" },
};

/* Does a program or library of the new version do it that did not before? Then it may have moved there. */
static bool has_moved(const json_t *programs, const json_t *items, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (json_flag(item, key) && !json_flag(elf_pair(programs, item), key))
			return true;
	return false;
}

/* Functions of one group replace each other; what counts is that none is left. */
static void compare_program(
	struct compare *c, const json_t *programs, const json_t *old, const json_t *new, const json_t *all_new)
{
	const char *path = fact_path(new);

	for (size_t i = 0; i < COUNT(groups); i++)
		if (json_flag(old, groups[i].key) && !json_flag(new, groups[i].key))
			finding_add(c, has_moved(programs, all_new, groups[i].key) ? SEVERITY_MEDIUM : SEVERITY_HIGH,
				path, groups[i].what, "",
				arena_printf(c->arena,
					json_flag(new, "hidden")
						? "%s has TLS inside now and no names of functions, so that "
						  "nobody can see whether it still checks %s: if not, it "
						  "talks to anybody who pretends to be the right one."
						: "%s still encrypts, but no longer checks %s: it may talk to "
						  "anybody who pretends to be the right one.",
					path, groups[i].what),
				"Ask the vendor how the other side is verified now; try it against a server with a "
				"wrong certificate.");
	if (json_flag(new, "off") && !json_flag(old, "off"))
		finding_add(c, SEVERITY_HIGH, path, "", "checks can be switched off",
			arena_printf(
				c->arena, "%s can now switch off the checks of the other side's certificate.", path),
			"Ask the vendor when it does so, and forbid it in the configuration.");
}

static void compare_switched(struct compare *c, const json_t *old, const json_t *new)
{
	json_t *mark;
	size_t i;

	json_array_foreach(json_list(new, "marks"), i, mark) {
		const char *text = json_string_value(mark), *path = fact_path(new);

		if (text == NULL || json_lists(json_list(old, "marks"), text))
			continue;
		if (script_mark_is_old(text))
			finding_add(c, SEVERITY_HIGH, path, "", text,
				arena_printf(c->arena,
					"%s now takes versions or ciphers of TLS that are broken (%s): whoever stands "
					"on "
					"the way can read what it sends.",
					path, text),
				"Ask the vendor which other side needs that, and to keep it to that one.");
		else
			finding_add(c, SEVERITY_HIGH, path, "", text,
				arena_printf(c->arena,
					"%s now switches off the checks of the other side's certificate (%s): it may "
					"talk to anybody who pretends to be the right one.",
					path, text),
				"Ask the vendor to keep the checks on, or give it the organisation's certificates to "
				"trust.");
	}
}

static void compare(struct compare *c)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	AUTO_JSON *programs = elf_pairs(fact_items(old, "programs")),
		  *switched = elf_pairs(fact_items(old, "switched"));
	json_array_foreach(fact_items(new, "programs"), i, item) {
		const json_t *before = elf_pair(programs, item);

		if (before)
			compare_program(c, programs, before, item, fact_items(new, "programs"));
	}
	json_array_foreach(fact_items(new, "switched"), i, item)
		compare_switched(c, elf_pair(switched, item), item);
	fact_tell_cut_in(c, "bytes", "programs");
	fact_tell_cut_in(c, "bytes", "switched");
}

const struct check check_tls_verify_dropped = {
	.id = "tls-verify-dropped",
	.severity = SEVERITY_HIGH,
	.waiver = "security-officer",
	.about = "Programs that still speak TLS but no longer use any function that verifies the other side's "
		 "certificate, or its name; scripts "
		 "and classes that now switch these checks off.",
	.why = "Encryption to the wrong one protects nothing: whoever stands on the way answers in the other side's "
	       "name. Functions "
	       "that replace one another count as the same, whatever the library and its version (SSL_set1_host for "
	       "X509_check_host, GnuTLS for OpenSSL). Where another program of the update has begun to "
	       "verify, it is medium. Known "
	       "false alarm: a program that leaves the check to a library of another package.",
	.look = look,
	.compare = compare,
};
