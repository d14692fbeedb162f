/* check_unit_weakened.c - what systemd's units give up of the bounds they set their services: the user they run as, what they may see, call and do.
 *
 * Facts: {"bytes": {"settings": {"items": [{"path", "unit", "dropin": bool, "key", "value"}], "more"}, "units": {"items": [UNIT]}}}. A unit's
 * drop-ins come behind it, in the order of their names; an empty value takes back what was said before. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/unit_paths.h"
#include <string.h>

enum kind {
	ORDERED, /* words from weak to strong; what is not there is the weakest */
	USER,
	ALLOWED, /* a list of what is allowed, or with ~ of what is not; none at all: everything */
	GIVEN,   /* a list of what is given on top */
	DENIED,  /* a list of what is taken away */
	PROFILE  /* the name of a confinement */
};
static const struct setting {
	const char *key;
	enum kind kind;
	const char *words; /* ORDERED: weak first; "|" between ranks */
	const char *means;
	const char *unset; /* ORDERED: what holds when it is not there; NULL: the weakest */
} settings[] = {
	{ "User", USER, NULL, "the service does not run as the administrator" },
	{ "DynamicUser", ORDERED, "no|yes", "the service runs as a user of its own" },
	{ "NoNewPrivileges", ORDERED, "no|yes", "the service cannot gain rights" },
	{ "ProtectSystem", ORDERED, "no|yes|full|strict", "the service cannot change the system's files" },
	{ "ProtectHome", ORDERED, "no|read-only|tmpfs|yes", "the service cannot see people's files" },
	{ "ProtectKernelTunables", ORDERED, "no|yes", "the service cannot change the kernel's settings" },
	{ "ProtectKernelModules", ORDERED, "no|yes", "the service cannot load parts of the kernel" },
	{ "ProtectKernelLogs", ORDERED, "no|yes", "the service cannot read the kernel's log" },
	{ "ProtectControlGroups", ORDERED, "no|yes|private|strict", "the service cannot change the control groups" },
	{ "ProtectClock", ORDERED, "no|yes", "the service cannot set the clock" },
	{ "ProtectHostname", ORDERED, "no|yes|private", "the service cannot rename the machine" },
	{ "ProtectProc", ORDERED, "default|ptraceable|invisible|noaccess", "the service cannot see other processes" },
	{ "ProcSubset", ORDERED, "all|pid", "the service cannot see the whole of /proc" },
	{ "PrivateTmp", ORDERED, "no|yes|disconnected", "the service has a /tmp of its own" },
	{ "PrivateDevices", ORDERED, "no|yes", "the service cannot reach the machine's devices" },
	{ "PrivateNetwork", ORDERED, "no|yes", "the service has no network" },
	{ "PrivateUsers", ORDERED, "no|identity|yes", "the service cannot act for other users" },
	{ "PrivateIPC", ORDERED, "no|yes", "the service cannot reach other processes' memory" },
	{ "PrivateMounts", ORDERED, "no|yes", "the service has mounts of its own" },
	{ "RestrictSUIDSGID", ORDERED, "no|yes", "the service cannot make files that give rights" },
	{ "RestrictRealtime", ORDERED, "no|yes", "the service cannot take the processor for itself" },
	{ "LockPersonality", ORDERED, "no|yes", "the service cannot change how the kernel treats it" },
	{ "MemoryDenyWriteExecute", ORDERED, "no|yes", "the service cannot run code that it made itself" },
	{ "DevicePolicy", ORDERED, "auto|closed|strict", "the service reaches only the devices it needs" },
	{ "KeyringMode", ORDERED, "inherit|shared|private", "the service has keys of its own" },
	{ "RestrictNamespaces", ALLOWED, NULL, "the service cannot make containers of its own" },
	{ "RestrictAddressFamilies", ALLOWED, NULL, "the service uses only the kinds of network it needs" },
	{ "SystemCallFilter", ALLOWED, NULL, "the service asks the kernel only for what it needs" },
	{ "SystemCallArchitectures", ALLOWED, NULL, "the service asks the kernel only in its own way" },
	{ "CapabilityBoundingSet", ALLOWED, NULL,
		"the service holds only the part of the administrator's power it needs" },
	{ "AmbientCapabilities", GIVEN, NULL,
		"the service is given no more of the administrator's power than it needs" },
	{ "Privileged", GIVEN, NULL, "all that the service starts runs as its own user" }, /* look_exec */
	{ "IPAddressDeny", DENIED, NULL, "the service talks only to certain machines" },
	{ "InaccessiblePaths", DENIED, NULL, "the service cannot see certain files" },
	{ "ReadOnlyPaths", DENIED, NULL, "the service cannot change certain files" },
	{ "UMask", ORDERED, "0000|0002|0022|0026|0027|0077", "others cannot change or read what the service writes",
		"0022" },
	{ "SocketMode", ORDERED, "0666|0664|0660|0600", "not everybody on the machine reaches the service" },
	{ "ReadWritePaths", GIVEN, NULL, "the service changes only the files it needs" }, /* look_paths */
	{ "AppArmorProfile", PROFILE, NULL, "AppArmor confines the service" },
	{ "SELinuxContext", PROFILE, NULL, "SELinux confines the service" },
	{ "RootDirectory", PROFILE, NULL, "the service sees only a folder of its own" },
	{ "RootImage", PROFILE, NULL, "the service sees only an image of its own" },
};

static const struct setting *setting_of(const char *key)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

/* ---- looking */

static const char *normal(const char *value);

static void keep(
	json_t *facts, const struct looked *file, const char *unit, bool is_dropin, const char *key, const char *value)
{
	json_t *item = fact_add(fact_list_at(facts, "settings"));

	if (item == NULL)
		return;
	json_set_str(item, "path", file->entry->path);
	json_set_str(item, "unit", unit);
	json_object_set_new(item, "dropin", json_boolean(is_dropin));
	json_set_str(item, "key", key);
	json_set_str(item, "value", value);
}

/* "ExecStart=+/bin/x" and "!/bin/x" start it as the administrator whatever User= says, PermissionsStartOnly=yes all but ExecStart; as a word
 * "ExecStart=/bin/x" of a setting of our own. NULL: none of these; malloc. */
static char *privileged(const char *key, const char *value)
{
	size_t signs = strspn(value, "@-:+!|");

	if (strcmp(key, "PermissionsStartOnly") == 0)
		return strcmp(normal(value), "yes") == 0 ? mem_strdup(key) : NULL;
	if (strncmp(key, "Exec", 4) != 0 || (!memchr(value, '+', signs) && !memchr(value, '!', signs)))
		return NULL;
	return mem_printf("%s=%.*s", key, (int)strcspn(value + signs, " \t"), value + signs);
}

/* Of ReadWritePaths= only whole parts of the system count; malloc, or NULL. */
static char *look_paths(const char *value)
{
	static const char *const wide[] = { "/", "/etc", "/usr", "/boot", "/root", "/home", "/var", "/lib", "/opt" };
	AUTO_FREE char *copy = mem_strdup(value);
	struct text t = { 0 };

	for (char *rest = copy, *word; (word = strsep(&rest, " \t")) != NULL;)
		for (size_t i = 0; i < COUNT(wide); i++)
			if (strcmp(word + strspn(word, "-+"), wide[i]) == 0)
				text_add(&t, "%s%s", t.len ? " " : "", wide[i]);
	return t.len ? text_take(&t) : NULL;
}

/* As the words of the table have it: "77" is "0077". malloc; NULL: the value as it is. */
static char *plain_value(const char *key, const char *value)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);

	if (strcmp(key, "UMask") != 0 && strcmp(key, "SocketMode") != 0)
		return NULL;
	return *value && *end == 0 && mode <= 07777 ? mem_printf("%04lo", mode) : NULL;
}

static void look(const struct looked *file, json_t *facts)
{
	bool is_dropin;
	AUTO_FREE char *unit = file->config ? unit_of_path(file->entry->path, &is_dropin) : NULL;

	if (unit == NULL || text_starts(file->entry->path, "/etc/init.d/"))
		return;
	if (!is_dropin)
		fact_add_text(fact_list_at(facts, "units"), unit);
	for (size_t i = 0; i < file->config->items.len; i++) {
		const struct config_item *at = &file->config->items.at[i];
		const char *slash = strrchr(at->key, '/');
		AUTO_FREE char *word = slash ? privileged(slash + 1, at->value) : NULL;

		if (word)
			keep(facts, file, unit, is_dropin, "Privileged", word);
		else if (slash && setting_of(slash + 1)) {
			bool is_paths = strcmp(slash + 1, "ReadWritePaths") == 0;
			AUTO_FREE char *plain = is_paths ? look_paths(at->value) : plain_value(slash + 1, at->value);

			if (plain || !is_paths)
				keep(facts, file, unit, is_dropin, slash + 1, plain ? plain : at->value);
		}
	}
}

/* ---- what holds for a unit in the end: {"UNIT\nKEY": {"value", "path"}} */

static const char *normal(const char *value)
{
	static const char *const yes[] = { "yes", "true", "on", "1", "y", "t" },
				 *const no[] = { "no", "false", "off", "0", "n", "f" };

	for (size_t i = 0; i < COUNT(yes); i++)
		if (strcasecmp(value, yes[i]) == 0)
			return "yes";
	for (size_t i = 0; i < COUNT(no); i++)
		if (strcasecmp(value, no[i]) == 0)
			return "no";
	return value;
}

static void apply(json_t *state, const json_t *item, const struct setting *s)
{
	AUTO_FREE char *key = mem_printf("%s\n%s", json_text(item, "unit"), s->key);
	bool is_list = s->kind == ALLOWED || s->kind == GIVEN || s->kind == DENIED;
	const char *before = json_text(json_object_get(state, key), "value"), *value = json_text(item, "value");
	AUTO_FREE char *all = is_list && *before && *value ? mem_printf("%s\n%s", before, value) : mem_strdup(value);
	json_t *one;

	if (*value == 0 && strcmp(s->key, "CapabilityBoundingSet") != 0) {
		json_object_del(state, key);
		return;
	}
	one = json_object();
	json_set_str(one, "value", *all == 0 ? " " /* no capability at all */ : is_list ? all : normal(all));
	json_set_str(one, "path", fact_path(item));
	json_object_set_new(state, key, one);
}

struct place {
	const json_t *item;
	const char *name; /* of a drop-in; "" for what comes first */
	size_t at;
};

static int by_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	return names ? names : x->at < y->at ? -1 : x->at > y->at;
}

static bool is_own_etc(const json_t *item)
{
	return !json_flag(item, "dropin") && text_starts(fact_path(item), "/etc/");
}

/* {UNIT: true}: those whose file in /etc stands instead of the one that the package has elsewhere (systemd.unit(5)). */
static json_t *replaced(const json_t *items)
{
	json_t *units = json_object(), *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item)
		if (is_own_etc(item))
			json_object_set_new(units, json_text(item, "unit"), json_true());
	return units;
}

static json_t *state_of(const json_t *facts)
{
	const json_t *items = fact_items(facts, "settings");
	json_t *state = json_object();
	size_t len = json_array_size(items);
	struct place *order = mem_alloc((len + 1) * sizeof *order);
	AUTO_JSON *in_etc = replaced(items);

	for (size_t i = 0; i < len; i++) {
		const json_t *item = json_array_get(items, i);
		const char *slash = strrchr(fact_path(item), '/');

		order[i] = (struct place){ item, json_flag(item, "dropin") && slash ? slash : "", i };
	}
	qsort(order, len, sizeof *order, by_order);
	for (size_t i = 0; i < len; i++) {
		const json_t *item = order[i].item;
		const struct setting *s = setting_of(json_text(item, "key"));
		const char *unit = json_text(item, "unit");
		bool is_replaced = !json_flag(item, "dropin") && !is_own_etc(item) && json_object_get(in_etc, unit);

		if (s && unit[0] && !is_replaced)
			apply(state, item, s);
	}
	free(order);
	return state;
}

/* ---- weaker? */

/* Is every word of `a` a word of `b`? Words are parted by blanks; lines that begin with ~ are others than those that do not. */
static bool words_within(const char *a, const char *b, bool is_denied)
{
	AUTO_JSON *known = json_object();

	for (int side = 0; side < 2; side++) {
		AUTO_FREE char *copy = mem_strdup(side == 0 ? b : a);

		for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
			bool is_tilde = line[0] == '~';

			for (char *words = line + is_tilde, *word; (word = strsep(&words, " \t")) != NULL;) {
				if (*word == 0 || is_tilde != is_denied)
					continue;
				if (side == 0)
					json_object_set_new(known, word, json_true());
				else if (json_object_get(known, word) == NULL)
					return false;
			}
		}
	}
	return true;
}

/* The first assignment decides what the list is of. */
static bool has_allowed(const char *value)
{
	return *value != 0 && *value != '~';
}

static bool is_list_weaker(const char *old, const char *new, bool is_new_there)
{
	if (!is_new_there)
		return true;
	if (strcmp(normal(new), "no") == 0 || strcmp(normal(old), "yes") == 0)
		return strcmp(normal(old), normal(new)) != 0;
	if (strcmp(normal(new), "yes") == 0)
		return false;
	if (has_allowed(old) != has_allowed(new))
		return has_allowed(old);
	return has_allowed(old) ? !words_within(new, old, false) || !words_within(old, new, true)
				: !words_within(old, new, true);
}

static bool is_root(const char *user)
{
	return *user == 0 || strcmp(user, "root") == 0 || strcmp(user, "0") == 0;
}

static bool is_weaker(const struct setting *s, const char *old, const char *new, bool is_new_there)
{
	int then, now;

	switch (s->kind) {
	case ORDERED:
		then = fact_rank(s->words, old);
		now = is_new_there ? fact_rank(s->words, new) : s->unset ? fact_rank(s->words, s->unset) : 0;
		return now >= 0 && now < then;
	case USER:
		return !is_root(old) && is_root(new);
	case ALLOWED:
		return is_list_weaker(old, new, is_new_there);
	case DENIED:
		return !words_within(old, new, false);
	case PROFILE:
		return *old != 0 && *new == 0;
	case GIVEN:
		break; /* seen from the new side */
	}
	return false;
}

static void tell(struct compare *c, const struct setting *s, const char *unit, const char *path, const char *old,
	const char *new)
{
	finding_add(c, SEVERITY_MEDIUM, arena_printf(c->arena, "%s:%s", path, s->key), old, new,
		arena_printf(c->arena,
			"%s is less confined than before (%s=%s became %s). The setting sees to it that %s.", unit,
			s->key, *old ? old : "nothing", *new ? new : "nothing", s->means),
		"Ask the vendor why, and put the old setting back with a drop-in in the recipe.");
}

static bool has_unit(const json_t *facts, const char *unit)
{
	return json_lists(fact_items(facts, "units"), unit);
}

static void compare_old(struct compare *c, json_t *old, json_t *new)
{
	const char *key;
	json_t *value;

	json_object_foreach(old, key, value) {
		const char *cut = strchr(key, '\n'), *unit = arena_copy(c->arena, key, (size_t)(cut - key));
		const struct setting *s = setting_of(cut + 1);
		const json_t *now = json_object_get(new, key);

		if (unit == NULL || s == NULL || !has_unit(c->new, unit) ||
			!is_weaker(s, json_text(value, "value"), json_text(now, "value"), now != NULL))
			continue;
		if (s->kind == USER) {
			AUTO_FREE char *dynamic = mem_printf("%s\nDynamicUser", unit);

			if (strcmp(json_text(json_object_get(new, dynamic), "value"), "yes") == 0)
				continue;
		}
		tell(c, s, unit, json_text(now ? now : value, "path"), json_text(value, "value"),
			json_text(now, "value"));
	}
}

/* Does the service have a user of its own, so that what runs without it gains something? */
static bool has_user(json_t *state, const char *unit)
{
	AUTO_FREE char *user = mem_printf("%s\nUser", unit), *dynamic = mem_printf("%s\nDynamicUser", unit);

	return !is_root(json_text(json_object_get(state, user), "value")) ||
		strcmp(json_text(json_object_get(state, dynamic), "value"), "yes") == 0;
}

/* What is given on top: more than before. */
static void compare_given(struct compare *c, json_t *old, json_t *new)
{
	const char *key;
	json_t *value;

	json_object_foreach(new, key, value) {
		const char *cut = strchr(key, '\n'), *unit = arena_copy(c->arena, key, (size_t)(cut - key));
		const struct setting *s = setting_of(cut + 1);
		const char *before = json_text(json_object_get(old, key), "value"), *now = json_text(value, "value");

		if (unit && s && s->kind == GIVEN && has_unit(c->old, unit) && !words_within(now, before, false) &&
			(strcmp(s->key, "Privileged") != 0 || has_user(new, unit)))
			tell(c, s, unit, json_text(value, "path"), before, now);
	}
}

static void compare(struct compare *c)
{
	json_t *old, *new;

	if (c->old == NULL)
		return;
	c->old = json_map(c->old, "bytes");
	c->new = json_map(c->new, "bytes");
	old = state_of(c->old);
	new = state_of(c->new);
	compare_old(c, old, new);
	compare_given(c, old, new);
	json_decref(old);
	json_decref(new);
	fact_tell_cut(c, "settings");
}

const struct check check_unit_weakened = {
	.id = "unit-weakened",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "The bounds that systemd's units set their services (the user, what they may see, call and do): taken "
		 "away or widened.",
	.why = "What a unit takes away from its service is what an attacker who breaks the service does not get. "
	       "Drop-ins of the update are counted in. Put the setting back with a drop-in in the recipe. Known "
	       "false alarm: one setting replaced by another that does the same.",
	.look = look,
	.compare = compare,
};
