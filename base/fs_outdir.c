/* fs_outdir.c - a folder that appears only whole. */
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int outdir_open(struct outdir *d, const char *folder, struct err *e)
{
	char *temporary = fs_join(folder, ".sluice-XXXXXX");

	*d = (struct outdir){ .fd = -1 };
	if (!mkdtemp(temporary)) {
		err_sys(e, "cannot create a folder in %s", folder);
		free(temporary);
		return -1;
	}
	*d = (struct outdir){ .fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .temporary = temporary };
	return d->fd < 0 ? err_sys(e, "cannot open %s", temporary) : 0;
}

int outdir_name(struct outdir *d, const char *path, struct err *e)
{
	if (fs_exists(path)) {
		err_env(e, "%s exists already", path);
		return err_hint(e, "remove it, or choose another output folder");
	}
	free(d->path);
	d->path = mem_strdup(path);
	return 0;
}

/* RENAME_NOREPLACE: who made that name in the meantime keeps it. */
int outdir_commit(struct outdir *d, struct err *e)
{
	const char *slash = strrchr(d->temporary, '/');
	AUTO_FREE char *folder = slash ? mem_printf("%.*s", (int)(slash - d->temporary), d->temporary)
				       : mem_strdup(".");

	if (renameat2(AT_FDCWD, d->temporary, AT_FDCWD, d->path, RENAME_NOREPLACE))
		return err_sys(e, "cannot move the finished folder to %s", d->path);
	free(d->temporary);
	d->temporary = NULL;
	return fs_sync_dir(*folder ? folder : "/", e);
}

void outdir_done(struct outdir *d)
{
	struct err dropped = { 0 };

	if (d->fd >= 0 && (d->path || d->temporary))
		close(d->fd);
	if (d->temporary)
		fs_remove_tree(d->temporary, &dropped);
	free(d->temporary);
	free(d->path);
	*d = (struct outdir){ .fd = -1 };
}
