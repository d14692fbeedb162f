/* diff_set.c - what belongs to one side of a comparison. Only first bytes are read here; packages are decoded where everything is decoded. */
#include "repackager/diff_set.h"
#include "base/fs.h"
#include "base/text.h"
#include "formats/reader.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 10000, REPORT_MAX = 256 << 20 };

void path_list_done(path_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->at[i]);
	LIST_DONE(list);
}

static bool is_package(const char *path)
{
	static const char *const formats[] = { "deb", "rpm", "apk", "ipk", "pacman", "appimage" };
	struct err ignored = { 0 };
	const struct reader *reader = NULL;
	struct stat st;
	AUTO_FD int fd = fs_open_file(path, &ignored);

	if (fd < 0 || fstat(fd, &st))
		return false;
	const struct source source = { .fd = fd, .size = (uint64_t)st.st_size, .name = path };
	if (reader_choose(&source, &reader, &ignored))
		return false;
	for (size_t i = 0; i < COUNT(formats); i++)
		if (strcmp(reader->name, formats[i]) == 0)
			return true;
	return false;
}

/* What lies beside packages and says something about them. */
static bool is_companion(const char *name)
{
	static const char *const endings[] = { ".asc", ".sig", ".sha256", ".sha512", ".md5", "SUMS", "SUMS.txt" };

	for (size_t i = 0; i < COUNT(endings); i++)
		if (text_ends(name, endings[i]))
			return true;
	return false;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder's packages. False: something else is in it, or nothing. */
static bool list_packages(DIR *folder, const char *path, path_list *ret)
{
	const struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_companion(entry->d_name))
			continue;
		char *file = fs_join(path, entry->d_name);
		*LIST_ADD(ret) = file;
		if (ret->len > FILES_MAX || !is_package(file))
			return false;
	}
	if (ret->len > 1)
		qsort(ret->at, ret->len, sizeof *ret->at, name_order);
	return ret->len > 0;
}

int diff_set_add(path_list *list, const char *path, struct err *e)
{
	struct stat st;
	path_list found = { 0 };
	bool is_set;

	if (stat(path, &st))
		return err_sys(e, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		*LIST_ADD(list) = mem_strdup(path);
		return 0;
	}
	DIR *folder = opendir(path);
	if (!folder)
		return err_sys(e, "cannot read %s", path);
	is_set = list_packages(folder, path, &found);
	closedir(folder);
	for (size_t i = 0; is_set && i < found.len; i++)
		*LIST_ADD(list) = mem_strdup(found.at[i]);
	path_list_done(&found);
	if (!is_set)
		*LIST_ADD(list) = mem_strdup(path);
	return 0;
}

int diff_report_load(const char *path, json_t **ret, struct err *e)
{
	AUTO_FREE char *inside = fs_join(path, "report.json"), *bytes = NULL;
	struct stat st;
	size_t len;
	const char *file = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? inside : path;

	AUTO_FD int fd = fs_open_file(file, e);
	if (fd < 0 || fs_read_fd(fd, REPORT_MAX, &bytes, &len, e))
		return -1;
	AUTO_JSON *report = json_parse(bytes, len, file, e);
	if (!report)
		return -1;
	if (!json_list(report, "runs") || !*json_text(report, "verdict")) {
		err_input(e, "E_UNKNOWN_FORMAT", "%s: this is no test report: it has no verdict and no runs", file);
		return err_hint(e, "'sluice test FILE --report DIR' makes one: DIR/report.json");
	}
	*ret = json_incref(report);
	return 0;
}
