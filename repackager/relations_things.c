/* relations_things.c - relations on what is no package: files, shared libraries, commands, pkg-config modules, and rpm's bookkeeping. */
#include "base/text.h"
#include "formats/depmap.h"
#include "formats/relation.h"
#include "repackager/relations_private.h"
#include <stdio.h>
#include <string.h>

enum kind {
	THING_PACKAGE,
	THING_OWN_FORM, /* rpmlib() */
	THING_CONFIG,   /* config(x) */
	THING_FILE,
	THING_LIBRARY,
	THING_COMMAND,
	THING_MODULE, /* pkgconfig(x) */
	THING_OTHER   /* perl(Foo), py3.11:foo */
};
struct thing {
	enum kind kind;
	const char *name;   /* path, soname, command or module */
	const char *symbol; /* "2.34" of GLIBC_2.34, "" */
	int bits;           /* 0: not said */
};

static const char *cut(struct relations_build *b, const char *at, size_t len)
{
	const char *copy = arena_copy(&b->to->arena, at, len);

	return copy ? copy : "";
}

static bool is_library(const char *name)
{
	const char *so = strstr(name, ".so"), *open = strchr(name, '(');

	return so && (!open || so < open) && strchr(".(", so[3]); /* strchr finds the end, too */
}

/* "libc.so.6(GLIBC_2.34)(64bit)", "rtld(GNU_HASH)" */
static struct thing library(struct relations_build *b, const char *name)
{
	const char *glibc = strstr(name, "(GLIBC_");
	struct thing t = { THING_LIBRARY, cut(b, name, strcspn(name, "(")), "", strstr(name, "(64bit)") ? 64 : 32 };

	if (glibc && strspn(glibc + 7, "0123456789.") == strcspn(glibc + 7, ")"))
		t.symbol = cut(b, glibc + 7, strcspn(glibc + 7, ")"));
	return t;
}

/* pacman: "libssl.so=3-64", "libssl.so", "lib:libssl.so.3" */
static struct thing pacman_library(struct relations_build *b, const struct relation *r)
{
	struct thing t = { THING_LIBRARY, r->name, "", 0 };
	size_t len = strcspn(r->version, "-");

	if (text_starts(r->name, "lib:"))
		t.name = r->name + 4;
	else if (r->op == OP_EQ) {
		const char *name = arena_printf(&b->to->arena, "%s.%.*s", r->name, (int)len, r->version);
		t.name = name ? name : r->name;
		t.bits = strcmp(r->version + len, "-64") == 0 ? 64 : strcmp(r->version + len, "-32") == 0 ? 32 : 0;
	}
	return t;
}

static struct thing apk_thing(const char *name)
{
	static const struct {
		const char *prefix;
		enum kind kind;
	} prefixes[] = { { "so:", THING_LIBRARY }, { "cmd:", THING_COMMAND }, { "pc:", THING_MODULE } };

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (text_starts(name, prefixes[i].prefix))
			return (struct thing){ prefixes[i].kind, name + strlen(prefixes[i].prefix), "", 0 };
	return (struct thing){ strchr(name, ':') ? THING_OTHER : THING_PACKAGE, name, "", 0 };
}

static struct thing thing_of(struct relations_build *b, const struct relation *r)
{
	const char *name = r->name;

	if (text_starts(name, "rpmlib(") || (b->from == FAMILY_RPM && (r->flags & RELATION_RPMLIB)))
		return (struct thing){ THING_OWN_FORM, name, "", 0 };
	if (text_starts(name, "config("))
		return (struct thing){ THING_CONFIG, name, "", 0 };
	if (name[0] == '/')
		return (struct thing){ THING_FILE, name, "", 0 };
	if (text_starts(name, "pkgconfig(") && text_ends(name, ")"))
		return (struct thing){ THING_MODULE, cut(b, name + 10, strlen(name) - 11), "", 0 };
	if (b->from == FAMILY_APK || (b->is_ours && strchr(name, ':')))
		return apk_thing(name);
	if (b->from == FAMILY_PACMAN && (text_ends(name, ".so") || text_starts(name, "lib:")))
		return pacman_library(b, r);
	if (b->from != FAMILY_DEB && (is_library(name) || text_starts(name, "rtld(")))
		return library(b, name);
	return (struct thing){ strchr(name, '(') ? THING_OTHER : THING_PACKAGE, name, "", 0 };
}

/* ---- in the target's words; NULL: none */

static void say(struct relation *r, const char *name, enum rel_op op, const char *version)
{
	r->name = name ? name : "";
	r->op = op;
	r->version = version;
}

/* A package that the tables know by its name in Debian. */
static bool say_package(struct relations_build *b, struct relation *r, const char *deb, const char *version)
{
	const struct depmap_row *row = depmap_row(FAMILY_DEB, deb);
	bool same = true;
	const char *name = b->into == FAMILY_DEB ? deb : row ? depmap_name(row, b->into, &same) : NULL;

	if (!name)
		return false;
	if (version[0] && same)
		say(r, name, OP_GE, version);
	else
		say(r, name, OP_NONE, "");
	return true;
}

static const char *command_of(const char *path)
{
	static const char *const folders[] = { "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/" };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (text_starts(path, folders[i]) && !strchr(path + strlen(folders[i]), '/'))
			return path + strlen(folders[i]);
	return NULL;
}

static enum fate file(struct relations_build *b, struct relation *r, const char *path, const char **ret_why)
{
	const char *deb = depmap_find(depmap_paths, path, strlen(path)), *command = command_of(path);

	if (b->into == FAMILY_RPM) {
		say(r, path, OP_NONE, "");
		return KEEP;
	}
	*ret_why = "every system there has it";
	if (deb && !deb[0] && b->into == FAMILY_APK && command && strcmp(command, "bash") == 0)
		deb = "bash"; /* the one of them that busybox does not bring */
	if (deb && !deb[0])
		return DROPPED;
	if (deb && say_package(b, r, deb, "")) {
		*ret_why = "mapped: the package that holds the file, by Sluice's map";
		return KEEP;
	}
	*ret_why = "packages there cannot depend on a file, and no package is known that holds it";
	if (b->into != FAMILY_APK || !command)
		return UNSAYABLE;
	say(r, arena_printf(&b->to->arena, "cmd:%s", command), OP_NONE, "");
	*ret_why = "guessed: the command of that name";
	return KEEP;
}

static enum fate command(struct relations_build *b, struct relation *r, const char *name, const char **ret_why)
{
	static const char *const folders[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin" };

	if (r->kind == REL_PROVIDES) {
		*ret_why = "it provides the file itself";
		return DROPPED;
	}
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", folders[i], name);
		if (depmap_find(depmap_paths, path, strlen(path)))
			return file(b, r, arena_str(&b->to->arena, path), ret_why);
	}
	if (b->into == FAMILY_RPM) {
		say(r, arena_printf(&b->to->arena, "/usr/bin/%s", name), OP_NONE, "");
		*ret_why = "guessed: a command is taken to be in /usr/bin";
		return KEEP;
	}
	*ret_why = "no package is known for the command";
	return UNSAYABLE;
}

static bool is_64(const struct relations_build *b)
{
	static const char *const names[] = { "x86_64", "aarch64", "ppc64le", "ppc64", "s390x", "riscv64", "loongarch64",
		"mips64", "mips64el", "sparc64", "alpha", "ia64" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], b->to->architecture) == 0)
			return true;
	return false;
}

/* A library as a name of its own: rpm's libx.so.1()(64bit), apk's so:libx.so.1, and what packages of pacman provide. */
static bool say_library(struct relations_build *b, struct relation *r, const struct thing *t)
{
	const char *so = strstr(t->name, ".so"), *number = so && so[3] == '.' ? so + 4 : "0";
	int bits = t->bits ? t->bits : is_64(b) ? 64 : 32;

	if (b->into == FAMILY_RPM) {
		say(r, arena_printf(&b->to->arena, "%s%s", t->name, bits == 64 ? "()(64bit)" : ""), OP_NONE, "");
		return true;
	}
	if (b->into == FAMILY_APK && r->kind == REL_PROVIDES) /* apk chooses no provider without a version by itself */
		say(r, arena_printf(&b->to->arena, "so:%s", t->name), OP_EQ,
			cut(b, number, strspn(number, "0123456789.")));
	else if (b->into == FAMILY_APK)
		say(r, arena_printf(&b->to->arena, "so:%s", t->name), OP_NONE, "");
	else if (b->into == FAMILY_PACMAN && r->kind == REL_PROVIDES && so)
		say(r, cut(b, t->name, (size_t)(so + 3 - t->name)), OP_EQ,
			arena_printf(&b->to->arena, "%s-%d", number, bits));
	else
		return false;
	return r->version != NULL;
}

static enum fate a_library(struct relations_build *b, struct relation *r, const struct thing *t, const char **ret_why)
{
	const char *deb = depmap_find(depmap_sonames, t->name, strlen(t->name));
	bool is_libc = deb && (strcmp(deb, "libc6") == 0 || strcmp(deb, "musl") == 0);
	bool is_own_libc = is_libc && (b->into == FAMILY_APK) == (strcmp(deb, "musl") == 0);

	*ret_why = "no package there is known for the library";
	if (b->from != b->into && r->kind != REL_PROVIDES && is_libc && !is_own_libc) {
		*ret_why = strcmp(deb, "musl") == 0
			? "guessed: the other family has another C library; musl stands beside glibc there"
			: "guessed: the other family has another C library; gcompat runs many programs built for "
			  "glibc, not all";
		return say_package(b, r, deb, "") ? KEEP : UNSAYABLE;
	}
	if (b->into == FAMILY_RPM || b->into == FAMILY_APK || r->kind == REL_PROVIDES) {
		*ret_why = r->kind == REL_PROVIDES ? "the library's name cannot be said there" : "";
		if (!say_library(b, r, t))
			return UNSAYABLE;
		*ret_why = "";
		return KEEP;
	}
	if (!deb || !say_package(b, r, deb, t->symbol))
		return UNSAYABLE;
	*ret_why = "mapped: the package that holds the library, by Sluice's map";
	return KEEP;
}

static enum fate module(struct relations_build *b, struct relation *r, const char *name, const char **ret_why)
{
	*ret_why = "no package is known for the module";
	if (b->into == FAMILY_RPM)
		r->name = arena_printf(&b->to->arena, "pkgconfig(%s)", name);
	else if (b->into == FAMILY_APK)
		r->name = arena_printf(&b->to->arena, "pc:%s", name);
	else
		return UNSAYABLE;
	*ret_why = "";
	return r->name ? KEEP : UNSAYABLE;
}

bool relations_thing(struct relations_build *b, struct relation *r, struct naming *ret, const char **ret_why)
{
	struct thing t = thing_of(b, r);
	enum fate fate = UNSAYABLE;

	ret->is_settled = true;
	switch (t.kind) {
	case THING_PACKAGE:
		ret->is_settled = false;
		return false;
	case THING_OWN_FORM:
		*ret_why = "about rpm's own form";
		fate = DROPPED;
		break;
	case THING_CONFIG:
		*ret_why = "rpm's bookkeeping of the package's own configuration files";
		fate = DROPPED;
		break;
	case THING_FILE:
		if (r->kind == REL_PROVIDES && b->into != FAMILY_RPM)
			*ret_why = "it provides the file itself";
		else
			fate = file(b, r, t.name, ret_why);
		break;
	case THING_COMMAND:
		fate = command(b, r, t.name, ret_why);
		break;
	case THING_LIBRARY:
		fate = a_library(b, r, &t, ret_why);
		break;
	case THING_MODULE:
		fate = module(b, r, t.name, ret_why);
		ret->is_settled = false; /* its version is to be translated like any other */
		break;
	case THING_OTHER:
		if (b->is_ours && b->into == FAMILY_RPM)
			return false;
		*ret_why = r->kind == REL_PROVIDES ? "a name that cannot be written there"
						   : "no package there is known for it";
		break;
	}
	ret->fate = fate;
	return true;
}
