/* transform_add.c - what the recipe adds to a package: files and trees, folders, symbolic links. */
#include "base/fs.h"
#include "base/text.h"
#include "repackager/digest.h"
#include "repackager/transform_private.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 128 * 1024, TREE_DEPTH = 32 };

static int wrong(const struct rule *rule, struct err *e)
{
	AUTO_FREE char *why = mem_strdup(e->text);

	return document_error(rule->document, rule->place, e, "%s", why);
}

/* Ours: root's, dated like the newest of the vendor's files unless SOURCE_DATE_EPOCH says otherwise. */
static struct entry ours(
	const struct transform *t, const struct rule *rule, enum entry_type type, const char *path, uint32_t mode)
{
	struct entry entry;

	entry_init(&entry);
	entry.path = path;
	entry.type = type;
	entry.mode = rule->mode >= 0 && type != ENTRY_SYMLINK ? (uint32_t)rule->mode : mode;
	entry.owner = rule->owner ? rule->owner : "root";
	entry.group = rule->group ? rule->group : "root";
	entry.uid = rule->owner && strcmp(rule->owner, "root") != 0 ? -1 : 0;
	entry.gid = rule->group && strcmp(rule->group, "root") != 0 ? -1 : 0;
	entry.mtime = t->job.added_mtime >= 0 ? t->job.added_mtime : t->latest;
	entry.flags = ENTRY_ADDED;
	if (type == ENTRY_FILE && (rule->config == CONFIG_KEEP || rule->config == CONFIG_REPLACE))
		entry.flags |= ENTRY_CONFIG | (rule->config == CONFIG_KEEP ? ENTRY_NOREPLACE : 0);
	return entry;
}

/* Rules behind the one that added it apply to it too. *ret_keep false: one of them dropped it. */
static int later(struct transform *t, size_t index, struct entry *entry, bool *ret_keep, struct err *e)
{
	return rules_apply(&t->rules, index + 1, entry, ret_keep, e);
}

static int pour(struct transform *t, int fd, const struct entry *entry, struct err *e)
{
	AUTO_FREE char *buf = mem_alloc(CHUNK);
	struct digest_stage digest;
	struct entry hashed = *entry;
	uint64_t left = entry->size;

	if (digest_stage_begin(&digest, &hashed, e))
		return -1;
	while (left > 0) {
		size_t now = left < CHUNK ? (size_t)left : CHUNK;
		if (fd_pread(fd, buf, now, entry->size - left, e) || transform_data(t, buf, now, e)) {
			digest_stage_done(&digest);
			return -1;
		}
		digest_stage_add(&digest, buf, now);
		left -= now;
	}
	return digest_stage_end(&digest, &hashed, e) || transform_end(t, hashed.sha256, e) ? -1 : 0;
}

static int add_file(struct transform *t, size_t index, const char *from, const char *as, struct err *e)
{
	AUTO_FD int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool keep;

	if (fd < 0 || fstat(fd, &st)) {
		err_sys(e, "%s", from);
		return wrong(&t->rules.at[index], e);
	}
	if (!S_ISREG(st.st_mode))
		return document_error(
			t->rules.at[index].document, t->rules.at[index].place, e, "%s is no file or folder", from);
	struct entry entry = ours(t, &t->rules.at[index], ENTRY_FILE, as, st.st_mode & 0100 ? 0755 : 0644);
	entry.size = (uint64_t)st.st_size;
	if (later(t, index, &entry, &keep, e))
		return -1;
	if (!keep)
		return 0;
	return transform_emit(t, &entry, e) || pour(t, fd, &entry, e) ? -1 : 0;
}

static int add_bare(struct transform *t, size_t index, struct entry *entry, struct err *e)
{
	bool keep;

	if (later(t, index, entry, &keep, e))
		return -1;
	if (!keep || (entry->type == ENTRY_DIR && pathmap_get(&t->dirs, entry->path)))
		return 0;
	if (transform_emit(t, entry, e) || transform_end(t, "", e))
		return -1;
	if (entry->type == ENTRY_DIR)
		pathmap_put(&t->dirs, t->out->entries.at[t->out->entries.len - 1].path, 0);
	return 0;
}

static int add_any(struct transform *t, size_t index, const char *from, const char *as, unsigned depth, struct err *e);

static int add_tree(struct transform *t, size_t index, const char *from, const char *as, unsigned depth, struct err *e)
{
	struct rule bare = t->rules.at[index];
	struct dirent **list;
	int failed, len;

	bare.mode = -1; /* a mode given for a tree is its files' */
	struct entry entry = ours(t, &bare, ENTRY_DIR, as, 0755);
	if (depth >= TREE_DEPTH)
		return document_error(bare.document, bare.place, e, "%s: more than %d folders deep", from, TREE_DEPTH);
	failed = add_bare(t, index, &entry, e);
	len = failed ? -1 : scandir(from, &list, NULL, NULL);
	if (len < 0) {
		if (!failed)
			err_sys(e, "%s", from);
		return -1;
	}
	/* readdir's order is the disk's; the package's must not be. */
	for (int i = 1; i < len; i++)
		for (int k = i; k > 0 && strcmp(list[k - 1]->d_name, list[k]->d_name) > 0; k--) {
			struct dirent *swap = list[k];
			list[k] = list[k - 1];
			list[k - 1] = swap;
		}
	for (int i = 0; i < len; i++) {
		const char *name = list[i]->d_name;
		if (!failed && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			AUTO_FREE char *below = fs_join(from, name), *below_as = fs_join(as, name);
			const char *path = arena_str(&t->out->arena, below_as);
			failed = !path || add_any(t, index, below, path, depth + 1, e);
		}
		free(list[i]);
	}
	free(list);
	return failed ? -1 : 0;
}

static int add_any(struct transform *t, size_t index, const char *from, const char *as, unsigned depth, struct err *e)
{
	char target[PATH_MAX];
	struct stat st;

	if (depth ? lstat(from, &st) : stat(from, &st)) {
		err_sys(e, "%s", from);
		return wrong(&t->rules.at[index], e);
	}
	if (S_ISDIR(st.st_mode))
		return add_tree(t, index, from, as, depth, e);
	if (!S_ISLNK(st.st_mode))
		return add_file(t, index, from, as, e);
	ssize_t len = readlink(from, target, sizeof target);
	if (len < 0)
		return err_sys(e, "%s", from);
	struct entry entry = ours(t, &t->rules.at[index], ENTRY_SYMLINK, as, 0777);
	entry.target = arena_copy(&t->out->arena, target, (size_t)len);
	return entry.target ? add_bare(t, index, &entry, e) : err_input(e, "E_LIMIT_MEMORY", "too many entries");
}

static int add_one(struct transform *t, size_t index, struct err *e)
{
	struct rule *rule = &t->rules.at[index];

	if (rule->verb == VERB_ADD) {
		AUTO_FREE char *from = document_file(rule->document, rule->from);
		rule->uses++;
		return add_any(t, index, from, rule->to, 0, e);
	}
	if (rule->verb == VERB_SYMLINK) {
		struct entry entry = ours(t, rule, ENTRY_SYMLINK, rule->from, 0777);
		entry.target = rule->to;
		rule->uses++;
		return add_bare(t, index, &entry, e);
	}
	if (rule->verb == VERB_DIR && !pathmap_get(&t->dirs, rule->from)) {
		struct entry entry = ours(t, rule, ENTRY_DIR, rule->from, 0755);
		rule->uses++;
		return add_bare(t, index, &entry, e);
	}
	return 0;
}

int transform_add_all(struct transform *t, struct err *e)
{
	for (size_t i = 0; i < t->rules.len; i++)
		if (add_one(t, i, e))
			return -1;
	return 0;
}

/* ---- folders above */

/* Every system has these (FHS 3.0, and what systemd and dpkg or rpm bring); a trailing '*' stands for one more component. */
static const char *const everywhere[] = { "/*", "/usr/*", "/usr/lib/*", "/usr/share/*", "/usr/local/*", "/var/*",
	"/etc/systemd/*", "/etc/default", "/etc/init.d", "/etc/cron.*", "/etc/logrotate.d", "/etc/profile.d",
	"/etc/ld.so.conf.d", "/etc/pam.d", "/etc/sysconfig", "/etc/tmpfiles.d", "/etc/sysctl.d", "/etc/modprobe.d",
	"/etc/udev/*", "/etc/dbus-1/*", "/etc/ssl/*", "/etc/xdg/*", "/lib/systemd/*", "/lib/udev/*",
	"/usr/lib/systemd/*", "/usr/lib/udev/*", "/usr/share/man/*", "/usr/share/dbus-1/*", "/usr/share/icons/*",
	"/usr/share/bash-completion/*", "/usr/share/zsh/*", "/var/lib/*", "/var/cache/*", "/var/log/*",
	"/var/spool/*" };
/* Of which these are left to packages after all: anybody's own name stands there. */
static const char *const own_names[] = { "/usr/lib/*", "/usr/share/*", "/var/lib/*", "/var/cache/*", "/var/log/*",
	"/var/spool/*" };
static const char *const shared[] = { "/usr/lib/systemd", "/usr/lib/udev", "/usr/lib/tmpfiles.d", "/usr/lib/sysusers.d",
	"/usr/lib/modules-load.d", "/usr/lib/sysctl.d", "/usr/lib/x86_64-linux-gnu", "/usr/share/doc", "/usr/share/man",
	"/usr/share/licenses", "/usr/share/applications", "/usr/share/icons", "/usr/share/pixmaps", "/usr/share/locale",
	"/usr/share/info", "/usr/share/bash-completion", "/usr/share/zsh", "/usr/share/dbus-1", "/usr/share/polkit-1",
	"/usr/share/ca-certificates", "/usr/share/perl5", "/usr/share/mime", "/var/lib/dpkg", "/var/lib/rpm" };

static bool in_table(const char *const *table, size_t len, const char *path)
{
	for (size_t i = 0; i < len; i++)
		if (text_glob(table[i], path))
			return true;
	return false;
}

bool path_is_everywhere(const char *path)
{
	if (in_table(own_names, COUNT(own_names), path))
		return in_table(shared, COUNT(shared), path);
	return in_table(everywhere, COUNT(everywhere), path);
}

static int add_parent(struct transform *t, const char *path, size_t len, struct err *e)
{
	static const struct rule bare = { .mode = -1 };
	const char *parent = arena_copy(&t->out->arena, path, len);

	if (!parent)
		return err_input(e, "E_LIMIT_MEMORY", "too many entries");
	if (pathmap_get(&t->paths, parent) || path_is_everywhere(parent))
		return 0;
	struct entry entry = ours(t, &bare, ENTRY_DIR, parent, 0755);
	if (transform_emit(t, &entry, e))
		return -1;
	pathmap_put(&t->dirs, parent, 0);
	return transform_end(t, "", e);
}

int transform_add_parents(struct transform *t, struct err *e)
{
	for (size_t i = 0; i < t->placed.len; i++) {
		const char *path = t->placed.at[i];
		for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
			if (add_parent(t, path, (size_t)(slash - path), e))
				return -1;
	}
	return 0;
}
