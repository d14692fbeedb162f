/* root_layers.c - a container image as a root image: its layers one over the other, from the bottom up, each by its digests.
 *
 * Source: OCI image specification, layer.md. Unlike formats/read_oci.c, which must not write what a later layer takes away, a tree can
 * be changed: each layer is read twice, once for what it replaces and takes away from the layers below, once for what it brings. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/sums.h"
#include "base/text.h"
#include "formats/oci.h"
#include "sandbox/root_tree.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum { HEAD = 8192 };

/* ---- this machine, in the words of images */
static const char *own_machine(struct utsname *u)
{
	static const struct {
		const char *kernel, *image;
	} names[] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv7l", "arm" },
		{ "i686", "386" },
		{ "loongarch64", "loong64" },
	};

	if (uname(u))
		return "";
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i].kernel, u->machine) == 0)
			return names[i].image;
	return u->machine; /* ppc64le, s390x, riscv64 are called alike */
}

static int check_machine(const char *of_image, const char *own, struct err *e)
{
	if (!*of_image || strcmp(of_image, own) == 0)
		return 0;
	err_input(e, "E_UNSUPPORTED", "an image for %.40s; this machine is %.40s", of_image, own);
	return err_hint(e, "bring the image of this machine's architecture");
}

/* ---- one layer's stream */
struct layer {
	struct oci_blob blob;
	struct digest packed, plain;
	struct in *in;
};

static int layer_open(struct oci_store *s, const struct oci_layer *l, struct layer *ret, struct err *e)
{
	unsigned char head[HEAD];
	AUTO_IN *look = NULL;
	enum codec c;
	long len;

	if (oci_blob_open(s, l->name, &ret->blob, e))
		return -1;
	if (l->size != UINT64_MAX && l->size != ret->blob.size)
		return err_input(e, "E_MISMATCH", "%llu bytes, the manifest says %llu",
			(unsigned long long)ret->blob.size, (unsigned long long)l->size);
	look = in_range(ret->blob.fd, ret->blob.at, ret->blob.size);
	len = in_read(look, head, sizeof head, e);
	if (len < 0)
		return -1;
	c = len ? codec_of(head, (size_t)len) : CODEC_NONE;
	ret->in = in_digest(in_range(ret->blob.fd, ret->blob.at, ret->blob.size), &ret->packed, NULL);
	if (c != CODEC_NONE)
		ret->in = in_codec(ret->in, c, NULL);
	ret->in = in_digest(ret->in, &ret->plain, NULL);
	return 0;
}

static void layer_done(struct layer *l)
{
	in_drop(&l->in);
	digest_done(&l->packed);
	digest_done(&l->plain);
	oci_blob_done(&l->blob);
}

static void layer_init(struct layer *l)
{
	*l = (struct layer){ 0 };
	digest_init(&l->packed, DIGEST_SHA256);
	digest_init(&l->plain, DIGEST_SHA256);
}

static int compare(struct digest *d, const char *want, const char *what, struct err *e)
{
	char got[DIGEST_HEX];

	digest_end_hex(d, got);
	if (!*want || strcmp(got, want) == 0)
		return 0;
	return err_input(e, "E_DIGEST", "%s has the sha256 %s, not %s", what, got, want);
}

/* ---- what a layer takes away */
static int remove_children(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	int rc = 0;

	if (!d)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "%s", dir);
	for (struct dirent *entry; rc == 0 && (entry = readdir(d)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		AUTO_FREE char *path = fs_join(dir, entry->d_name);

		rc = fs_remove_tree(path, e);
	}
	closedir(d);
	return rc;
}

static int take_away(const char *path, const char *name, struct err *e)
{
	AUTO_FREE char *dir = mem_printf("%.*s", (int)(name - path), path);

	if (strcmp(name, ".wh..wh..opq") == 0)
		return remove_children(dir, e);
	if (text_starts(name, ".wh..wh."))
		return 0; /* aufs keeps its own books there */
	if (!name[4] || strcmp(name + 4, ".") == 0 || strcmp(name + 4, "..") == 0)
		return err_input(e, "E_STRUCTURE", "%s takes nothing away", path);
	AUTO_FREE char *gone = mem_printf("%s%s", dir, name + 4);
	return fs_remove_tree(gone, e);
}

/* A folder over a folder is merged; anything else replaces what is there. */
static int make_way(const char *path, bool is_dir, struct err *e)
{
	struct stat st;

	if (!path[1] || lstat(path, &st) || (is_dir && S_ISDIR(st.st_mode)))
		return 0;
	return fs_remove_tree(path, e);
}

int tree_clear_for(struct tree_writer *w, struct in *in, struct err *e)
{
	struct tar_feed *f = mem_alloc(sizeof *f);
	struct archive *from = tar_feed_open(f, w, in, e);
	struct archive_entry *entry;
	int rc = from ? 1 : -1;

	while (rc == 1) {
		AUTO(arena) arena = { 0 };
		const char *path;

		rc = tar_feed_next(f, from, &arena, &entry, &path, e);
		if (rc == 1 && ++w->cleared > TREE_ENTRIES_MAX)
			rc = err_input(e, "E_LIMIT_ENTRIES", "more than %d entries", TREE_ENTRIES_MAX);
		if (rc != 1 || tree_is_left_out(path))
			continue;
		const char *name = strrchr(path, '/') + 1;
		bool is_dir = archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry);

		if (text_starts(name, ".wh.") ? take_away(path, name, e) : make_way(path, is_dir, e))
			rc = -1;
	}
	if (from)
		archive_read_free(from);
	free(f);
	return rc;
}

/* ---- the image */
static int take_layer(
	struct tree_writer *w, struct oci_store *s, const struct oci_layer *l, bool is_first, struct err *e)
{
	struct layer below, now;
	int rc = 0;

	if (!is_first) {
		layer_init(&below);
		rc = layer_open(s, l, &below, e) || tree_clear_for(w, below.in, e) ? -1 : 0;
		layer_done(&below);
	}
	if (rc)
		return -1;
	layer_init(&now);
	rc = layer_open(s, l, &now, e) || tree_writer_take(w, now.in, true, e) ? -1 : 0;
	if (rc == 0 && now.packed.count != now.blob.size)
		rc = err_input(e, "E_TRAILING_DATA", "bytes behind the layer's tar");
	if (rc == 0)
		rc = compare(&now.packed, l->sha256, "the blob", e) ||
				compare(&now.plain, l->plain_sha256, "the unpacked layer", e)
			? -1
			: 0;
	layer_done(&now);
	return rc;
}

static int take_layers(struct tree_writer *w, struct oci_store *s, const struct oci_image *image, struct err *e)
{
	for (size_t i = 0; i < image->len; i++)
		if (take_layer(w, s, &image->at[i], i == 0, e))
			return err_wrap(e, "layer %zu (%s)", i + 1, image->at[i].name);
	return 0;
}

int tree_take_image(struct tree_writer *w, const struct source *src, char ret_machine[32], struct err *e)
{
	struct oci_store store = { 0 };
	struct oci_image image = { 0 };
	struct utsname u;
	const char *own = own_machine(&u);
	struct pkg pkg;
	int rc;

	pkg_init(&pkg, MIB(32));
	rc = oci_store_open(&store, src, e) || oci_image_read_for(&store, own, &pkg, &image, e) ||
			check_machine(pkg.architecture_native, own, e) || take_layers(w, &store, &image, e)
		? -1
		: 0;
	if (rc == 0)
		text_escape(ret_machine, 32, pkg.architecture_native, strlen(pkg.architecture_native), false);
	oci_image_done(&image);
	oci_store_done(&store);
	pkg_done(&pkg);
	return rc;
}
