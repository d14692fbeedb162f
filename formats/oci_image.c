/* oci_image.c - an image's documents: index, manifest and configuration, each by its digest; the layers they name; metadata. */
#include "base/json.h"
#include "base/text.h"
#include "formats/oci.h"
#include "formats/relation.h"
#include <string.h>

enum { NESTED_MOST = 4, MANIFESTS_MOST = 64 };

struct reading {
	struct oci_store *store;
	struct pkg *pkg;
	struct oci_image *image;
	const char *machine; /* to choose from several by; NULL: none */
};

/* ---- descriptors */

/* "sha256:HEX" to the blob's name in the layout and its digest. */
static int digest_of(const char *said, char ret_sha256[65], char **ret_name, struct err *e)
{
	if (text_starts(said, "sha512:"))
		return err_input(e, "E_UNSUPPORTED", "a sha512 digest; sha256 is read");
	if (!text_starts(said, "sha256:") || strlen(said) != 71 || strspn(said + 7, "0123456789abcdef") != 64)
		return err_input(e, "E_METADATA", "'%.100s' is no sha256 digest", said);
	memcpy(ret_sha256, said + 7, 65);
	*ret_name = mem_printf("blobs/sha256/%s", said + 7);
	return 0;
}

static int document(struct oci_store *s, const char *name, const char *sha256, json_t **ret, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;

	if (oci_text(s, name, sha256, &text, &len, e))
		return -1;
	*ret = json_parse(text, len, name, e);
	if (*ret == NULL)
		return -1;
	if (json_is_object(*ret) || json_is_array(*ret))
		return 0;
	return err_input(e, "E_METADATA", "%s is neither an object nor a list", name);
}

/* The document a descriptor names; its size must be the one told. */
static int described(struct oci_store *s, const json_t *descriptor, json_t **ret, struct err *e)
{
	AUTO_FREE char *name = NULL;
	char sha256[65];
	struct oci_blob b;

	if (digest_of(json_text(descriptor, "digest"), sha256, &name, e) || oci_blob_open(s, name, &b, e))
		return -1;
	oci_blob_done(&b);
	if (!json_is_integer(json_object_get(descriptor, "size")) || (uint64_t)json_int(descriptor, "size") != b.size)
		return err_input(e, "E_MISMATCH", "%s has %llu bytes, its descriptor says %lld", name,
			(unsigned long long)b.size, (long long)json_int(descriptor, "size"));
	return document(s, name, sha256, ret, e);
}

/* ---- the one manifest */

struct found {
	json_t *descriptors[MANIFESTS_MOST]; /* borrowed from the documents kept below */
	size_t len;
	json_t *kept[MANIFESTS_MOST];
	size_t kept_len;
};

static bool is_index(const char *type)
{
	return strcmp(type, "application/vnd.oci.image.index.v1+json") == 0 ||
		strcmp(type, "application/vnd.docker.distribution.manifest.list.v2+json") == 0;
}

static bool is_manifest(const char *type)
{
	return strcmp(type, "application/vnd.oci.image.manifest.v1+json") == 0 ||
		strcmp(type, "application/vnd.docker.distribution.manifest.v2+json") == 0;
}

/* Attestations and signatures stand in an index like images; they are none. */
static bool is_attached(const json_t *descriptor)
{
	return *json_text(json_map(descriptor, "annotations"), "vnd.docker.reference.type") ||
		*json_text(descriptor, "artifactType");
}

static bool is_told(const struct found *f, const json_t *descriptor)
{
	for (size_t i = 0; i < f->len; i++)
		if (strcmp(json_text(f->descriptors[i], "digest"), json_text(descriptor, "digest")) == 0)
			return true;
	return false;
}

static int collect(struct oci_store *s, json_t *index, struct found *f, int depth, struct err *e)
{
	json_t *list = json_list(index, "manifests"), *descriptor;
	size_t i;

	if (list == NULL)
		return err_input(e, "E_METADATA", "an index without a list of manifests");
	json_array_foreach(list, i, descriptor) {
		const char *type = json_text(descriptor, "mediaType");
		json_t *inner = NULL;

		if (is_attached(descriptor) || is_told(f, descriptor))
			continue;
		if (is_index(type)) {
			if (depth == NESTED_MOST || f->kept_len == MANIFESTS_MOST)
				return err_input(e, "E_LIMIT_DEPTH", "indexes in one another");
			if (described(s, descriptor, &inner, e)) {
				json_decref(inner);
				return -1;
			}
			f->kept[f->kept_len++] = inner;
			if (collect(s, inner, f, depth + 1, e))
				return -1;
			continue;
		}
		if (!is_manifest(type))
			continue;
		if (f->len == MANIFESTS_MOST)
			return err_input(e, "E_LIMIT_ENTRIES", "more than %d images", MANIFESTS_MOST);
		f->descriptors[f->len++] = descriptor;
	}
	return 0;
}

/* Leaves only that machine's, where the index has any; else all of them are told in the error. */
static void choose(struct found *f, const char *machine)
{
	json_t *fitting[MANIFESTS_MOST];
	size_t len = 0;

	for (size_t i = 0; machine && f->len > 1 && i < f->len; i++) {
		const json_t *p = json_map(f->descriptors[i], "platform");

		if (strcmp(json_text(p, "architecture"), machine) == 0 && strcmp(json_text(p, "os"), "linux") == 0)
			fitting[len++] = f->descriptors[i];
	}
	for (size_t i = 0; i < len; i++)
		f->descriptors[i] = fitting[i];
	f->len = len ? len : f->len;
}

static int one_of(const struct found *f, const char *machine, struct err *e)
{
	AUTO(text) names = { 0 };

	if (f->len == 1)
		return 0;
	if (f->len == 0)
		return err_input(e, "E_EMPTY", "the index names no image");
	for (size_t i = 0; i < f->len; i++) {
		const json_t *p = json_map(f->descriptors[i], "platform");
		const char *variant = json_text(p, "variant");

		text_add(&names, "%s%s/%s%s%s", i ? ", " : "", *json_text(p, "os") ? json_text(p, "os") : "?",
			*json_text(p, "architecture") ? json_text(p, "architecture") : "?", *variant ? "/" : "",
			variant);
	}
	err_input(e, "E_AMBIGUOUS", "%zu images%s%.40s: %.400s", f->len,
		machine ? ", none or several of them for " : "", machine ? machine : "", names.at);
	return err_hint(e, "keep one: skopeo copy --override-os linux --override-arch amd64 oci:IN oci:OUT");
}

/* ---- configuration and metadata */

static int keep(struct pkg *pkg, const char *name, const char *value, struct err *e)
{
	if (*value == 0 || pkg_field(pkg, name, value) == 0)
		return 0;
	return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

/* Lists as one line each: "oci:Entrypoint" = ["/bin/x","-v"]. */
static int keep_values(struct pkg *pkg, const json_t *config, struct err *e)
{
	static const char *const keys[] = { "Env", "Entrypoint", "Cmd", "WorkingDir", "User", "ExposedPorts", "Volumes",
		"StopSignal" };

	for (size_t i = 0; i < COUNT(keys); i++) {
		const json_t *value = json_object_get(config, keys[i]);
		AUTO_FREE char *name = mem_printf("oci:%s", keys[i]);
		AUTO_FREE char *text = NULL;

		if (value == NULL || json_is_null(value))
			continue;
		text = json_is_string(value) ? mem_strdup(json_string_value(value))
					     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (text == NULL || keep(pkg, name, text, e))
			return text ? -1 : err_input(e, "E_METADATA", "%s: cannot be told", name);
	}
	return 0;
}

/* Labels of the configuration and annotations of the manifest that have a meaning; others are kept as fields. */
static int take_labels(struct pkg *pkg, json_t *labels, struct err *e)
{
	const struct {
		const char *name;
		const char **slot;
	} known[] = { { "title", &pkg->name }, { "version", &pkg->version }, { "licenses", &pkg->license },
		{ "url", &pkg->homepage }, { "description", &pkg->description }, { "vendor", &pkg->vendor },
		{ "authors", &pkg->maintainer } };
	static const char prefix[] = "org.opencontainers.image.";
	const char *key;
	json_t *value;

	json_object_foreach(labels, key, value) {
		const char *text = json_string_value(value);
		bool is_known = false;

		if (text == NULL)
			return err_input(e, "E_METADATA", "the label %.100s is no text", key);
		for (size_t i = 0; text_starts(key, prefix) && i < COUNT(known); i++)
			if (strcmp(key + strlen(prefix), known[i].name) == 0) {
				*known[i].slot = arena_str(&pkg->arena, text);
				is_known = true;
				if (*known[i].slot == NULL)
					return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
			}
		AUTO_FREE char *name = mem_printf("label:%s", key);
		if (!is_known && keep(pkg, name, text, e))
			return -1;
	}
	return 0;
}

static int take_config(struct pkg *pkg, const json_t *config, json_t *annotations, struct err *e)
{
	const char *os = json_text(config, "os"), *machine = json_text(config, "architecture"), *known;

	if (*os && strcmp(os, "linux") != 0)
		return err_input(e, "E_UNSUPPORTED", "an image for %.40s", os);
	known = strcmp(machine, "386") == 0       ? "i686"
		: strcmp(machine, "arm") == 0     ? "armv7hl"
		: strcmp(machine, "ppc64le") == 0 ? machine
						  : arch_to_rpm(machine);
	pkg->architecture_native = arena_str(&pkg->arena, machine);
	pkg->architecture = known ? known : pkg->architecture_native;
	if (pkg->architecture_native == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	return take_labels(pkg, json_map(json_map(config, "config"), "Labels"), e) ||
			take_labels(pkg, annotations, e) || keep_values(pkg, json_map(config, "config"), e)
		? -1
		: 0;
}

/* The digests of the layers' tars, unpacked: one a layer. */
static int take_diff_ids(struct oci_image *image, const json_t *config, struct err *e)
{
	json_t *ids = json_list(json_map(config, "rootfs"), "diff_ids");

	if (json_array_size(ids) != image->len)
		return err_input(
			e, "E_MISMATCH", "%zu layers, the configuration knows %zu", image->len, json_array_size(ids));
	for (size_t i = 0; i < image->len; i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		AUTO_FREE char *name = NULL;

		if (digest_of(id ? id : "", image->at[i].plain_sha256, &name, e))
			return err_wrap(e, "diff_ids");
	}
	return 0;
}

/* ---- a layout */

static int take_layer(struct reading *r, const json_t *descriptor, struct err *e)
{
	const char *type = json_text(descriptor, "mediaType");
	struct oci_layer layer = { .size = (uint64_t)json_int(descriptor, "size") };

	if (strstr(type, "encrypted"))
		return err_input(e, "E_ENCRYPTED", "a layer is encrypted");
	if (strstr(type, "tar") == NULL)
		return err_input(e, "E_UNSUPPORTED", "a layer of type '%.100s'", type);
	if (r->image->len == OCI_LAYERS_MOST)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d layers", OCI_LAYERS_MOST);
	if (digest_of(json_text(descriptor, "digest"), layer.sha256, &layer.name, e))
		return -1;
	*LIST_ADD(r->image) = layer;
	return 0;
}

static int take_manifest(struct reading *r, const json_t *descriptor, struct err *e)
{
	AUTO_JSON *manifest = NULL, *config = NULL;
	json_t *layer;
	size_t i;

	if (described(r->store, descriptor, &manifest, e))
		return err_wrap(e, "manifest");
	if (*json_text(manifest, "artifactType") || json_list(manifest, "layers") == NULL)
		return err_input(e, "E_UNSUPPORTED", "a manifest that is no image's");
	json_array_foreach(json_list(manifest, "layers"), i, layer)
		if (take_layer(r, layer, e))
			return err_wrap(e, "layer %zu", i + 1);
	if (described(r->store, json_map(manifest, "config"), &config, e) || take_diff_ids(r->image, config, e))
		return err_wrap(e, "configuration");
	return take_config(r->pkg, config, json_map(manifest, "annotations"), e);
}

static int read_layout(struct reading *r, struct err *e)
{
	AUTO_JSON *layout = NULL, *index = NULL;
	struct found f = { 0 };
	int done;

	if (document(r->store, "oci-layout", "", &layout, e) || document(r->store, "index.json", "", &index, e))
		return -1;
	if (!text_starts(json_text(layout, "imageLayoutVersion"), "1."))
		return err_input(e, "E_UNSUPPORTED", "an image layout of version '%.40s'",
			json_text(layout, "imageLayoutVersion"));
	done = collect(r->store, index, &f, 0, e);
	if (done == 0)
		choose(&f, r->machine);
	done = done || one_of(&f, r->machine, e) || take_manifest(r, f.descriptors[0], e) ? -1 : 0;
	for (size_t i = 0; i < f.kept_len; i++)
		json_decref(f.kept[i]);
	return done;
}

/* ---- docker save */

/* Files are named by their own digest: "HEX.json", "blobs/sha256/HEX"; then it is compared. */
static void digest_in_name(const char *name, char ret[65])
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	ret[0] = 0;
	if (strspn(base, "0123456789abcdef") == 64 && (base[64] == 0 || strcmp(base + 64, ".json") == 0)) {
		memcpy(ret, base, 64);
		ret[64] = 0;
	}
}

static int take_saved_layers(struct reading *r, json_t *layers, struct err *e)
{
	json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer) {
		const char *name = json_string_value(layer);

		if (name == NULL || r->image->len == OCI_LAYERS_MOST)
			return err_input(e, "E_METADATA", "manifest.json: layers that are none, or too many");
		*LIST_ADD(r->image) = (struct oci_layer){ .name = mem_strdup(name), .size = UINT64_MAX };
		digest_in_name(name, r->image->at[r->image->len - 1].sha256);
	}
	return 0;
}

static int read_saved(struct reading *r, struct err *e)
{
	AUTO_JSON *manifest = NULL, *config = NULL;
	AUTO_FREE char *tags = NULL;
	json_t *image;
	char sha256[65];

	if (document(r->store, "manifest.json", "", &manifest, e))
		return -1;
	image = json_array_get(manifest, 0);
	if (json_array_size(manifest) != 1) {
		err_input(e, json_array_size(manifest) ? "E_AMBIGUOUS" : "E_EMPTY", "manifest.json names %zu images",
			json_array_size(manifest));
		return err_hint(e, "save one image at a time");
	}
	digest_in_name(json_text(image, "Config"), sha256);
	if (document(r->store, json_text(image, "Config"), sha256, &config, e) ||
		take_saved_layers(r, json_list(image, "Layers"), e) || take_diff_ids(r->image, config, e) ||
		take_config(r->pkg, config, NULL, e))
		return -1;
	tags = json_dumps(json_object_get(image, "RepoTags"), JSON_COMPACT | JSON_ENCODE_ANY);
	return tags ? keep(r->pkg, "oci:RepoTags", tags, e) : 0;
}

int oci_image_read(struct oci_store *s, struct pkg *pkg, struct oci_image *ret, struct err *e)
{
	return oci_image_read_for(s, NULL, pkg, ret, e);
}

int oci_image_read_for(struct oci_store *s, const char *machine, struct pkg *pkg, struct oci_image *ret, struct err *e)
{
	struct reading r = { .store = s, .pkg = pkg, .image = ret, .machine = machine };

	*ret = (struct oci_image){ 0 };
	if ((oci_has(s, "oci-layout") ? read_layout(&r, e) : read_saved(&r, e)) == 0)
		return 0;
	oci_image_done(ret);
	return -1;
}

void oci_image_done(struct oci_image *i)
{
	for (size_t k = 0; k < i->len; k++)
		free(i->at[k].name);
	LIST_DONE(i);
}
