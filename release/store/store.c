/* store.c - making and opening a store's folder. */
#include "release/store/store.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COLLECTED_MAX = 1 << 30 };

static const struct {
	const char *name;
	mode_t mode;
} folders[] = {
	{ "keys", 0755 }, /* the GNUPGHOMEs in it are 0700 */
	{ "channels", 0755 },
	{ "roots", 0755 },
};

char *store_path(const struct store *s, const char *below)
{
	return fs_join(s->path, below);
}

char *store_default(void)
{
	const char *given = getenv("SLUICE_STORE"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (given && *given)
		return mem_strdup(given);
	if (data && *data)
		return fs_join(data, "sluice");
	return mem_printf("%s/.local/share/sluice", home && *home ? home : "");
}

void store_close(struct store *s)
{
	if (!s)
		return;
	db_close(s->db);
	blobs_close(s->blobs);
	free(s->path);
	free(s);
}

static int attach(struct store *s, struct err *e)
{
	AUTO_FREE char *catalogue = store_path(s, "catalogue.db"), *blobs = store_path(s, "blobs");

	return db_open(catalogue, &s->db, e) || blobs_open_dir(blobs, &s->blobs, e) || db_migrate(s->db, e) ? -1 : 0;
}

static struct store *named(const char *path)
{
	struct store *s = mem_alloc(sizeof *s);
	AUTO_FREE char *whole = realpath(path, NULL);
	struct stat st = { 0 };

	s->path = mem_strdup(whole ? whole : path);
	(void)stat(s->path, &st); /* one that is not there is told by whoever opens what is in it */
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return s;
}

/* A remote address is refused by the driver with its own words, before any folder is made of it. */
static int is_local(const char *path, struct err *e)
{
	struct db *db;

	if (!strstr(path, "://"))
		return 0;
	return db_open(path, &db, e);
}

int store_create(const char *path, struct store **ret, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(path, "catalogue.db");
	struct store *s;

	if (is_local(path, e))
		return -1;
	if (fs_exists(catalogue))
		return err_usage(e, "%s: there is a store already", path);
	if (fs_mkdirs(path, 0755, e))
		return -1;
	s = named(path);
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *folder = store_path(s, folders[i].name);

		if (fs_mkdirs(folder, folders[i].mode, e))
			goto failed;
	}
	if (attach(s, e))
		goto failed;
	*ret = s;
	return 0;
failed:
	store_close(s);
	return err_wrap(e, "%s", path);
}

int store_open(const char *path, struct store **ret, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(path, "catalogue.db");
	struct store *s;

	if (is_local(path, e))
		return -1;
	if (!fs_exists(catalogue)) {
		err_env(e, "%s: there is no store", path);
		return err_hint(e, "make one with 'sluice --store %s init'", path);
	}
	s = named(path);
	if (attach(s, e)) {
		store_close(s);
		return err_wrap(e, "%s", path);
	}
	*ret = s;
	return 0;
}

/* Is it still the folder that we opened? What is said to one that was put aside meanwhile would be lost. */
static bool is_same(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

int store_lock(struct store *s, struct err *e)
{
	AUTO_FREE char *path = store_path(s, "lock");
	int fd = fs_lock(path, true, e);

	if (fd < 0 || is_same(s))
		return fd;
	close(fd);
	err_env(e, "%s: another store was put in its place meanwhile", s->path);
	return err_hint(e, "nothing was written; run it again");
}

void store_pause(struct store *s)
{
	db_close(s->db);
	s->db = NULL;
}

int store_resume(struct store *s, struct err *e)
{
	AUTO_FREE char *catalogue = store_path(s, "catalogue.db");

	return db_open(catalogue, &s->db, e);
}

json_t *store_collected(const struct store *s, struct err *e)
{
	AUTO_FREE char *path = store_path(s, "collected"), *bytes = NULL;
	AUTO_JSON *all = json_object();
	struct slice rest, line;
	size_t len = 0;

	if (fs_exists(path) && fs_read_file(path, COLLECTED_MAX, &bytes, &len, e))
		return NULL;
	rest = (struct slice){ bytes ? bytes : "", len };
	while (slice_cut(&rest, '\n', &line)) {
		char digest[SHA256_HEX];

		if (line.len != 64)
			continue; /* a kill in the middle of a line: its blob is still there */
		memcpy(digest, line.at, 64);
		digest[64] = '\0';
		if (digest_is_hex(digest))
			json_object_set_new(all, digest, json_true());
	}
	return json_incref(all);
}
