/* write_apk_info.c - the control segment of an apk: .PKGINFO and scripts. apk-package(5), abuild(1). */
#include "formats/arch.h"
#include "formats/pkginfo.h"
#include "formats/write_pacman.h"
#include <string.h>

static const char *const scripts[] = { ".pre-install", ".post-install", ".pre-upgrade", ".post-upgrade",
	".pre-deinstall", ".post-deinstall", ".trigger", NULL };

static const struct script *script_named(const struct pkg *pkg, const char *name, unsigned *ret_count)
{
	const struct script *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (strcmp(pkg->scripts.at[i].source, name) == 0) {
			found = &pkg->scripts.at[i];
			++*ret_count;
		}
	return found;
}

/* Folders by absolute names; shell patterns are fine. */
static int check_trigger(const struct script *s, struct err *e)
{
	struct slice rest = slice_of(s->trigger), word;
	unsigned count = 0;

	while (slice_cut(&rest, ' ', &word)) {
		if (word.len && word.at[0] != '/')
			return err_input(e, "E_METADATA", ".trigger: '%.*s' is no folder", (int)word.len, word.at);
		count += word.len > 0;
	}
	return count ? 0 : err_input(e, "E_METADATA", ".trigger: no folder would run it");
}

int apk_check(const struct pkg *pkg, struct err *e)
{
	for (const char *const *name = scripts; *name; name++) {
		unsigned count;
		const struct script *s = script_named(pkg, *name, &count);

		if (count > 1)
			return err_input(e, "E_METADATA", "two scripts are named '%s'", *name);
		if (s && s->event == EVENT_TRIGGER && check_trigger(s, e))
			return -1;
	}
	return pkginfo_check(pkg, FAMILY_APK, e);
}

char *apk_file_name(const struct pkg *pkg)
{
	AUTO_FREE char *version = pkginfo_version_text(pkg);

	return mem_printf("%s-%s.apk", pkg->name, version);
}

void apk_lose(struct pkg *pkg, const char *target)
{
	unsigned supplements = 0;

	for (size_t i = 0; i < pkg->relations.len; i++)
		supplements += pkg->relations.at[i].kind == REL_SUPPLEMENTS;
	if (supplements > 1)
		pkg_lose(
			pkg, target, LOSS_NOTE, "install_if wants all of them together", "supplements:%u", supplements);
	pkginfo_lose(pkg, target, scripts);
	if (*pkg->changelog)
		pkg_lose(pkg, target, LOSS_NOTE, "an apk has no place for it", "changelog:%zu bytes",
			strlen(pkg->changelog));
}

static const char *packager(const struct pkg *pkg)
{
	const char *field = pkg_field_get(pkg, "packager");

	return field ? field : *pkg->maintainer ? pkg->maintainer : pkg->vendor;
}

static int pkginfo_text(
	struct text *t, const struct pkg *pkg, uint64_t bytes, const char *datahash, int64_t built, struct err *e)
{
	static const char *const late[] = { "commit", "replaces_priority", "provider_priority", NULL };
	AUTO_FREE char *version = pkginfo_version_text(pkg);
	const char *origin = pkg_field_get(pkg, "origin");
	unsigned count;
	const struct script *trigger = script_named(pkg, ".trigger", &count);

	pkginfo_add(t, "pkgname", pkg->name);
	pkginfo_add(t, "pkgver", version);
	pkginfo_add(t, "pkgdesc", *pkg->summary ? pkg->summary : pkg->name);
	pkginfo_add(t, "url", pkg->homepage);
	text_add(t, "builddate = %lld\n", (long long)built);
	pkginfo_add(t, "packager", packager(pkg));
	text_add(t, "size = %llu\n", (unsigned long long)bytes);
	pkginfo_add(t, "arch", arch_into(FAMILY_APK, pkg->architecture));
	pkginfo_add(t, "origin", origin ? origin : pkg->name);
	pkginfo_add(t, "maintainer", pkg->maintainer);
	pkginfo_add(t, "license", pkg->license);
	pkginfo_add_fields(t, pkg, late);
	if (pkginfo_add_relations(t, pkg, FAMILY_APK, "depend", 1u << REL_REQUIRES | 1u << REL_CONFLICTS, e) ||
		pkginfo_add_relations(t, pkg, FAMILY_APK, "provides", 1u << REL_PROVIDES, e) ||
		pkginfo_add_relations(t, pkg, FAMILY_APK, "replaces", 1u << REL_REPLACES, e) ||
		pkginfo_add_relations(t, pkg, FAMILY_APK, "install_if", 1u << REL_SUPPLEMENTS, e))
		return -1;
	if (trigger)
		pkginfo_add(t, "triggers", trigger->trigger);
	pkginfo_add(t, "datahash", datahash);
	return 0;
}

int apk_control(
	struct out *out, const struct pkg *pkg, uint64_t bytes, const char *datahash, int64_t built, struct err *e)
{
	AUTO(text) info = { 0 };

	if (pkginfo_text(&info, pkg, bytes, datahash, built, e) ||
		pkginfo_member(out, ".PKGINFO", info.at, info.len, 0644, built, e))
		return -1;
	for (const char *const *name = scripts; *name; name++) {
		unsigned count;
		const struct script *s = script_named(pkg, *name, &count);

		if (s && pkginfo_member(out, *name, s->body, s->len, 0755, built, e))
			return -1;
	}
	return 0;
}
