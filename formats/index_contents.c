/* index_contents.c - what one package contributes to an apt repository's Contents: "path   section/name" a file, as apt-file reads it. */
#include "base/text.h"
#include "formats/index.h"
#include <string.h>
#include <strings.h>

/* "Section:" of the control file; malloc, "" when there is none. */
static char *section_of(const char *control)
{
	static const char field[] = "Section:";
	struct slice rest = slice_of(control), line;

	while (slice_cut(&rest, '\n', &line))
		if (line.len > strlen(field) && strncasecmp(line.at, field, strlen(field)) == 0) {
			struct slice value = slice_trim(
				(struct slice){ line.at + strlen(field), line.len - strlen(field) });

			return strndup(value.at, value.len);
		}
	return mem_strdup("");
}

/* One line each: a name with a line end in it has none, and whoever looks for it knows it anyway. */
static void add_line(struct text *t, const char *path, const char *whose)
{
	if (*path == '/' && path[1] && !text_has_control(path))
		text_add(t, "%s    %s\n", path + 1, whose);
}

char *apt_contents(const struct pkg *pkg, const char *control)
{
	AUTO_FREE char *section = section_of(control), *whose = NULL;
	struct text t = { 0 };

	if (strpbrk(section, " \t"))
		*section = '\0';
	whose = mem_printf("%s%s%s", section, *section ? "/" : "", pkg->name);
	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *entry = &pkg->entries.at[i];

		if (entry->type == ENTRY_DIR)
			continue;
		add_line(&t, entry->path, whose);
		for (size_t k = 0; k < entry->links_len; k++)
			add_line(&t, entry->links[k], whose);
	}
	return text_take(&t);
}
