/* scripts_units.c - what rpm's systemd macros expand to, done on Debian.
 *
 * A body built with newer macros asks for /usr/lib/systemd/systemd-update-helper, which Debian's systemd does not bring, and then does
 * nothing. The calls are found in the text and done behind it. Older expansions call systemctl themselves and need no help. */
#include "repackager/scripts_private.h"
#include <string.h>

static const char word[] = "systemd-update-helper ";

/* Which call, on which of the scriptlets' events it acts, and what does the same. $sluice_units holds the units. */
static const struct {
	const char *verb;
	enum slot slot;
	const char *when, *lines;
} verbs[] = {
	{ "install-system-units", SLOT_POST, "post-install",
		"systemctl --no-reload preset $sluice_units >/dev/null 2>&1 || :\n" },
	{ "install-user-units", SLOT_POST, "post-install",
		"systemctl --no-reload --global preset $sluice_units >/dev/null 2>&1 || :\n" },
	{ "remove-system-units", SLOT_PREUN, "pre-remove",
		"systemctl --no-reload disable $sluice_units >/dev/null 2>&1 || :\n"
		"if [ -d /run/systemd/system ]; then systemctl stop $sluice_units >/dev/null 2>&1 || :; fi\n" },
	{ "remove-user-units", SLOT_PREUN, "pre-remove",
		"systemctl --no-reload --global disable $sluice_units >/dev/null 2>&1 || :\n" },
	{ "mark-restart-system-units", SLOT_POST, "post-upgrade",
		"if [ -d /run/systemd/system ]; then\n"
		"systemctl daemon-reload >/dev/null 2>&1 || :\n"
		"systemctl try-restart $sluice_units >/dev/null 2>&1 || :\n"
		"fi\n" },
};

static bool is_unit_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(":_.@-", c));
}

/* The units behind the verb, up to "||" or the line's end; only what can be a unit's name goes into our text. */
static void units(struct text *to, const char *at, const char *end)
{
	struct slice rest = { at, (size_t)(end - at) }, unit;

	while (slice_cut(&rest, ' ', &unit)) {
		size_t good = 0;
		while (good < unit.len && is_unit_char(unit.at[good]))
			good++;
		if (unit.len > 0 && good < unit.len)
			return;
		if (unit.len > 0)
			text_add(to, "%s%.*s", to->len ? " " : "", (int)unit.len, unit.at);
	}
}

static void one_call(struct scripts_build *b, const struct script *s, const char *at, const char *end)
{
	AUTO(text) names = { 0 };

	for (size_t i = 0; i < COUNT(verbs); i++) {
		size_t len = strlen(verbs[i].verb);
		struct shell *sh = &b->slots[verbs[i].slot];
		if ((size_t)(end - at) <= len || memcmp(at, verbs[i].verb, len) != 0 || at[len] != ' ')
			continue;
		units(&names, at + len + 1, end);
		if (names.len == 0)
			return;
		text_add(&sh->lines,
			"if [ \"$sluice_event\" = %s ] && command -v systemctl >/dev/null; "
			"then\nsluice_units='%s'\n%sfi\n",
			verbs[i].when, names.at, verbs[i].lines);
		sh->is_used = true;
		bool has_systemd = b->into != FAMILY_APK;
		pkg_lose(b->to, b->job->target->name, has_systemd ? LOSS_NOTE : LOSS_BEHAVIOUR,
			has_systemd ? "done by systemctl in the generated script"
				    : "there is no systemd: OpenRC knows no units",
			"helper:systemd-update-helper %s %s in %s", verbs[i].verb, names.at, s->source);
	}
}

void scripts_units(struct scripts_build *b, const struct script *s)
{
	const char *end = s->body + s->len;

	for (const char *at = s->body; (at = memmem(at, (size_t)(end - at), word, sizeof word - 1)) != NULL;) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		at += sizeof word - 1;
		one_call(b, s, at, line ? line : end);
	}
}

/* ---- the other way: deb-systemd-helper's */

/* Adds the quoted or bare units behind the verb. */
static void helper_units(struct text *to, struct slice words)
{
	struct slice w;

	while (slice_cut(&words, ' ', &w)) {
		if (w.len == 0)
			continue;
		if (w.at[w.len - 1] == ';')
			w.len--;
		if (w.len >= 2 && (w.at[0] == '\'' || w.at[0] == '"') && w.at[w.len - 1] == w.at[0])
			w = (struct slice){ w.at + 1, w.len - 2 };
		AUTO_FREE char *unit = mem_printf("%.*s", (int)w.len, w.at);
		size_t good = 0;
		while (good < w.len && is_unit_char(unit[good]))
			good++;
		if (good < w.len || !strchr(unit, '.'))
			return;
		AUTO_FREE char *known = mem_printf(" %s ", unit);
		if (!(to->at && strstr(to->at, known)))
			text_add(to, "%s%s ", to->len ? "" : " ", unit);
	}
}

void scripts_units_go(struct scripts_build *b)
{
	static const char *const enabling[] = { " enable ", " was-enabled ", " update-state " };
	const struct script *s = scripts_vendor(b, "postinst");
	struct slice rest = { s ? s->body : "", s ? s->len : 0 }, line;
	struct shell *sh = &b->slots[SLOT_PREUN];
	AUTO(text) names = { 0 };

	while (slice_cut(&rest, '\n', &line))
		for (size_t i = 0; i < COUNT(enabling) && memmem(line.at, line.len, "deb-systemd-helper", 18); i++) {
			const char *at = memmem(line.at, line.len, enabling[i], strlen(enabling[i]));
			if (at && !memmem(line.at, line.len, "--user", 6)) {
				at += strlen(enabling[i]);
				helper_units(&names, (struct slice){ at, (size_t)(line.at + line.len - at) });
			}
		}
	if (names.len == 0 || b->into == FAMILY_APK)
		return;
	text_add(&sh->lines,
		"if [ \"$sluice_event\" = pre-remove ] && command -v systemctl >/dev/null; then\n"
		"\tsystemctl --no-reload --quiet disable%s>/dev/null 2>&1 || :\n"
		"fi\n",
		names.at);
	sh->is_used = true;
	scripts_tell(b, LOSS_NOTE, "disabled on removal, which at home is done by the purge", "units:purge");
}
