/* scripts_home.c - the vendor's scripts on the package manager they were written for: unchanged, unless something of ours stands around
 * them; then they are carried and get the very arguments they would have got. */
#include "repackager/scripts_private.h"
#include <string.h>

static const struct {
	const char *deb, *rpm;
} sources[SLOTS] = {
	[SLOT_PRE] = { "preinst", "%pre" },
	[SLOT_POST] = { "postinst", "%post" },
	[SLOT_PREUN] = { "prerm", "%preun" },
	[SLOT_POSTUN] = { "postrm", "%postun" },
	[SLOT_PRETRANS] = { NULL, "%pretrans" },
	[SLOT_POSTTRANS] = { NULL, "%posttrans" },
	[SLOT_VERIFY] = { NULL, "%verifyscript" },
};

static const char *source_of(const struct scripts_build *b, int slot)
{
	return b->into == FAMILY_DEB ? sources[slot].deb : sources[slot].rpm;
}

static int pass_on(struct scripts_build *b, const struct script *s, struct err *e)
{
	struct script *kept = pkg_add_script(b->to);

	if (!kept)
		return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
	*kept = *s;
	return 0;
}

/* debconf's frontend runs a script that reads confmodule once more, and knows by its path whose it is and where its templates and questions
 * are: /var/lib/dpkg/info/NAME.postinst beside NAME.templates and NAME.config. So it is carried under its own name, beside them. */
static void carry_asking(struct shell *sh, const struct script *s)
{
	static const char path[] = "\"$sluice_dir/${0##*/}\"";

	shell_put_file(&sh->files, path, s->body, s->len);
	text_add(&sh->files,
		"for sluice_part in config templates; do\n"
		"\tsluice_beside=${0%%%s}$sluice_part\n"
		"\tif [ -e \"$sluice_beside\" ]; then ln -s \"$sluice_beside\" \"$sluice_dir/${sluice_beside##*/}\" || "
		"exit "
		"1; fi\n"
		"done\n",
		s->source);
	text_add(&sh->functions, "sluice_vendor() {\n\t");
	shell_run_word(&sh->functions, s->interpreter, path);
	text_add(&sh->functions, " \"$@\"\n}\n");
	sh->is_used = true;
}

/* The vendor's text between ours, in the same script. */
static void between(struct scripts_build *b, enum slot slot, const struct script *s)
{
	struct shell *sh = &b->slots[slot];

	if (s->interpreter[0] == '<') {
		scripts_lose(
			b, LOSS_BEHAVIOUR, s, "a script for rpm's own interpreter cannot stand beside the recipe's");
		return;
	}
	if (b->into == FAMILY_DEB && scripts_asks(s))
		carry_asking(sh, s);
	else
		shell_carry(sh, "sluice_vendor", "", s->interpreter, s->body, s->len);
	text_add(&sh->lines, "sluice_vendor \"$@\" || exit $?\n");
}

/* sluice_event for our own lines; $1 and $2 as that family calls. */
static void head(struct scripts_build *b, enum slot slot)
{
	static const char *const deb[SLOTS] = {
		[SLOT_PRE] = "case $1 in\ninstall) sluice_event=pre-install ;;\nupgrade) sluice_event=pre-upgrade ;;\n"
			     "*) sluice_event=$1 ;;\nesac\n",
		[SLOT_POST] = "sluice_event=$1\nif [ \"$1\" = configure ]; then\n"
			      "\tif [ -z \"${2-}\" ]; then sluice_event=post-install; else sluice_event=post-upgrade; "
			      "fi\nfi\n",
		[SLOT_PREUN] = "if [ \"$1\" = remove ]; then sluice_event=pre-remove; else sluice_event=$1; fi\n",
		[SLOT_POSTUN] = "if [ \"$1\" = remove ]; then sluice_event=post-remove; else sluice_event=$1; fi\n",
	};

	const char *event = b->into == FAMILY_DEB ? deb[slot] : scripts_rpm_event(slot);

	text_add(&b->slots[slot].head, "sluice_version=%s\nsluice_old=%s\n%s", b->version,
		b->into == FAMILY_DEB ? "${2-}" : "", event ? event : "");
}

/* Ours first: only then is it known which of the vendor's can stay as they are. */
static void ours_before(struct scripts_build *b)
{
	for (int slot = 0; slot < SLOTS; slot++)
		scripts_run_own(b, (enum slot)slot, &b->before);
	scripts_users(b);
	scripts_services_down(b);
}

static bool has_after(const struct scripts_build *b, int slot)
{
	struct scripts_build probe = *b;
	struct pkg scratch;
	bool is_used;

	pkg_init(&scratch, 0);
	probe.to = &scratch;
	memset(probe.slots, 0, sizeof probe.slots);
	scripts_services_up(&probe);
	scripts_services_after(&probe);
	if (b->into == FAMILY_DEB && b->has_vendor == false && scripts_has_capabilities(b))
		scripts_capabilities(&probe);
	scripts_run_own(&probe, (enum slot)slot, &b->after);
	is_used = probe.slots[slot].is_used;
	for (int i = 0; i < SLOTS; i++)
		shell_done(&probe.slots[i]);
	pkg_done(&scratch);
	return is_used;
}

int scripts_home(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;

	ours_before(b);
	for (int slot = 0; slot < SLOTS; slot++) {
		const char *source = source_of(b, slot);
		const struct script *s = source ? scripts_vendor(b, source) : NULL;
		if (!s)
			continue;
		if (b->slots[slot].is_used || has_after(b, slot))
			between(b, (enum slot)slot, s);
		else if (pass_on(b, s, e))
			return -1;
	}
	if (b->into == FAMILY_DEB && !b->has_vendor && scripts_has_capabilities(b))
		scripts_capabilities(b);
	scripts_services_up(b);
	scripts_services_after(b);
	for (int slot = 0; slot < SLOTS; slot++)
		scripts_run_own(b, (enum slot)slot, &b->after);
	for (size_t i = 0; i < meta->scripts.len; i++) {
		const struct script *s = &meta->scripts.at[i];
		bool is_placed = false;
		for (int slot = 0; slot < SLOTS; slot++)
			is_placed |= source_of(b, slot) && strcmp(source_of(b, slot), s->source) == 0;
		if (!is_placed && scripts_vendor(b, s->source) && pass_on(b, s, e))
			return -1;
	}
	for (size_t i = 0; i < meta->triggers.len; i++) {
		struct trigger *t = pkg_add_trigger(b->to);
		if (!t)
			return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
		*t = meta->triggers.at[i];
	}
	for (int slot = 0; slot < SLOTS; slot++)
		if (b->slots[slot].is_used)
			head(b, (enum slot)slot);
	return scripts_emit(b, e);
}
