/* compare.c - two trees of test roots, told as their differences from the root image: is one what the other was?
 *
 * What a package holds must be the same to the byte. What scripts and daemons made must be there with the same owner and mode; its
 * content may be random (keys) or tell the time. Owners are compared by name: two roots may have given a user two numbers. */
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FOUND_MAX = 200 };

json_t *trial_paths(const char *lines)
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/" };
	AUTO_FREE char *copy = mem_strdup(lines ? lines : "");
	json_t *paths = json_object();

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line != '/' || !text_is_utf8(line, strlen(line)))
			continue;
		json_object_set_new(paths, line, json_true());
		for (size_t i = 0; i < COUNT(merged); i++)
			if (text_starts(line, merged[i])) { /* where /lib is a link to /usr/lib */
				AUTO_FREE char *real = mem_printf("/usr%s", line);

				json_object_set_new(paths, real, json_true());
			}
	}
	return paths;
}

int trial_holds(struct trial *t, json_t **ret, struct err *e)
{
	size_t heads = 0, len = 0;
	AUTO_FREE char *files = NULL;

	while (t->manager->holds[heads])
		heads++;
	AUTO_FREE const char **argv = mem_alloc((heads + json_array_size(t->packages) + 1) * sizeof *argv);
	for (; len < heads; len++)
		argv[len] = t->manager->holds[len];
	for (size_t i = 0; trial_package(t, i); i++)
		argv[len++] = trial_package(t, i);
	if (trial_ask(t, argv, &files, e))
		return -1;
	*ret = trial_paths(files);
	return 0;
}

/* Places where nobody expects the same twice, and what a killed or careful package manager leaves beside files. */
static bool is_noise(const char *path)
{
	static const char *const places[] = { "/tmp/**", "/var/tmp/**", "/run/**", "/var/run/**", "/var/cache/**",
		"/root/**", "/dev/**", "/var/log/**", "**.dpkg-new", "**.dpkg-tmp", "**.dpkg-dist", "**.rpmnew",
		"**;[0-9a-f]*" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_glob(places[i], path))
			return true;
	return is_books(path) || lasting_is_planted(path);
}

/* State that is new is a daemon's daily work; state that is gone is worth a look. */
static enum severity weigh(const struct comparison *c, const char *path, bool is_new)
{
	if (json_object_get(c->holds, path))
		return SEVERITY_HIGH;
	if (text_glob("/var/**", path) || text_glob("/srv/**", path))
		return is_new && c->is_same_version ? SEVERITY_INFO : SEVERITY_MEDIUM;
	return SEVERITY_HIGH;
}

/* What is wrong with `got` where `want` was; NULL: nothing. */
static char *difference(const struct comparison *c, const struct change *want, const struct change *got)
{
	AUTO_FREE char *owner = trial_name_of(c->want->passwd, want->uid),
		       *other = trial_name_of(c->got->passwd, got->uid);
	AUTO_FREE char *group = trial_name_of(c->want->group, want->gid),
		       *other_group = trial_name_of(c->got->group, got->gid);

	if (want->kind != got->kind && (want->kind == '-' || got->kind == '-'))
		return mem_strdup(want->kind == '-' ? "it is back" : "it is gone");
	if ((want->mode & S_IFMT) != (got->mode & S_IFMT))
		return mem_strdup("it is of another type");
	if (want->kind == '-')
		return NULL;
	if ((want->mode ^ got->mode) & 07777)
		return mem_printf("mode %04o, was %04o", got->mode & 07777, want->mode & 07777);
	if (strcmp(owner, other) != 0 || strcmp(group, other_group) != 0)
		return mem_printf("owner %s:%s, was %s:%s", other, other_group, owner, group);
	if (strcmp(want->target, got->target) != 0)
		return mem_printf("points to %s, was %s", got->target, want->target);
	if (strcmp(want->capability, got->capability) != 0)
		return mem_printf("capabilities '%s', were '%s'", got->capability, want->capability);
	return NULL;
}

static bool same_content(const struct change *a, const struct change *b)
{
	return !S_ISREG(a->mode) || (a->size == b->size && strcmp(a->sha256, b->sha256) == 0);
}

/* Content differs and nothing else: of what a package holds it is wrong; of what a script made it is worth a word. */
static bool weigh_content(const struct comparison *c, const char *path, enum severity *ret)
{
	if (json_object_get(c->edited, path))
		return false;
	if (json_object_get(c->holds, path)) {
		*ret = SEVERITY_HIGH;
		return true;
	}
	*ret = SEVERITY_LOW;
	return c->is_same_root && !text_glob("/var/**", path) && !text_glob("/srv/**", path);
}

/* One path, as it was and as it is; either may be NULL: as in the root image. any: the one that is there. */
static unsigned compare_one(struct trial *t, const struct comparison *c, const struct change *any,
	const struct change *want, const struct change *got)
{
	enum severity s = weigh(c, any->path, !want);
	AUTO_FREE char *why = NULL;

	if (is_noise(any->path))
		return 0;
	if (want && got)
		why = difference(c, want, got);
	else if (want)
		why = mem_strdup(want->kind == '+' ? "it is gone" : "it is as it was before the package came");
	else
		why = mem_strdup(got->kind == '+'  ? "it should not be there"
				: got->kind == '-' ? "it is gone"
						   : "it is not as it was");
	if (!why && want && got && want->kind != '-' && !same_content(want, got) && weigh_content(c, any->path, &s))
		why = mem_strdup("other content");
	if (!why)
		return 0;
	trial_find(t, s, c->check, any->path, "after the %s: %s", c->operation, why);
	return s >= SEVERITY_HIGH;
}

unsigned trees_compare(struct trial *t, const struct comparison *c)
{
	const struct changes *want = &c->want->changes, *got = &c->got->changes;
	size_t w = 0, g = 0, found = json_array_size(t->findings);
	unsigned heavy = 0;

	while ((w < want->len || g < got->len) && json_array_size(t->findings) - found < FOUND_MAX) {
		int order = w == want->len ? 1 : g == got->len ? -1 : strcmp(want->at[w].path, got->at[g].path);

		heavy += compare_one(t, c, order <= 0 ? &want->at[w] : &got->at[g], order <= 0 ? &want->at[w] : NULL,
			order >= 0 ? &got->at[g] : NULL);
		w += order <= 0;
		g += order >= 0;
	}
	if (want->is_cut || got->is_cut)
		trial_find(t, SEVERITY_HIGH, c->check, "/", "more files changed than can be compared");
	return heavy;
}
