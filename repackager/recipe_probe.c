/* recipe_probe.c - decoder, linker and transform without a writer, see recipe_probe.h. */
#include "repackager/recipe_probe.h"
#include "repackager/decode.h"
#include "repackager/linker.h"
#include "repackager/transform.h"
#include <string.h>

struct pass {
	struct relay relay;
	struct probe *probe;
	const struct document *recipe, *house;
	const char *file, *member;
	struct linker *linker;
};

static struct pass *of(struct sink *s)
{
	return (struct pass *)s;
}

static int on_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	struct pass *p = of(s);
	struct settings none = { 0 };
	const char *name = p->member ? p->member : p->file, *slash = strrchr(name, '/');
	struct identity_job who = { p->recipe, p->house, &none, slash && slash[1] ? slash + 1 : name };
	struct transform_job job = { .recipe = p->recipe,
		.house = p->house,
		.identity = &p->probe->identity,
		.meta = &p->probe->pkg,
		.added_mtime = -1 };

	if (identity_of(&who, meta, &p->probe->arena, &p->probe->identity, e))
		return -1;
	p->probe->transform = transform_new(&job, NULL, &p->probe->shaped, e);
	if (!p->probe->transform)
		return -1;
	if (p->linker)
		linker_again(p->linker, transform_sink(p->probe->transform));
	else
		p->linker = linker_new(transform_sink(p->probe->transform), &p->probe->arena);
	p->relay.next = linker_sink(p->linker);
	return sink_begin(p->relay.next, meta, e);
}

static const struct sink_ops ops = RELAY_OPS(on_begin);

static int read_once(struct pass *p, const struct limits *limits, const struct events *events, struct err *e)
{
	struct decode d = { .path = p->file,
		.limits = limits,
		.want_elf_paths = documents_move(p->house, p->recipe),
		.events = events,
		.inner = p->member };

	transform_free(p->probe->transform);
	p->probe->transform = NULL;
	pkg_done(&p->probe->pkg);
	pkg_done(&p->probe->shaped);
	pkg_init(&p->probe->pkg, (size_t)limits->memory);
	pkg_init(&p->probe->shaped, (size_t)limits->memory);
	json_decref(p->probe->facts);
	p->probe->facts = NULL;
	return decode(&d, &p->relay.sink, &p->probe->pkg, d.want_elf_paths ? &p->probe->facts : NULL, NULL, e);
}

int probe_run(const struct document *recipe, const struct document *house, const char *file, const char *member,
	const struct events *events, struct probe *ret, struct err *e)
{
	struct pass p = { .relay = { .sink = { &ops } },
		.probe = ret,
		.recipe = recipe,
		.house = house,
		.file = file,
		.member = member };
	struct limits limits;

	arena_init(&ret->arena, 0);
	if (recipe_limits(recipe, house, &limits, e))
		return -1;
	int failed = read_once(&p, &limits, events, e);
	if (!failed && linker_wants_again(p.linker))
		failed = read_once(&p, &limits, events, e);
	if (!failed && ret->transform)
		transform_tell_moved(ret->transform, json_map(ret->facts, "elf-paths"));
	linker_free(p.linker);
	return failed;
}

void probe_done(struct probe *p)
{
	transform_free(p->transform);
	pkg_done(&p->pkg);
	pkg_done(&p->shaped);
	json_decref(p->facts);
	arena_done(&p->arena);
	p->transform = NULL;
}
