/* convert_json.c - what a conversion made and lost, as JSON; the keys are a contract (cli.md). */
#include "repackager/convert.h"
#include "repackager/pkg_json.h"

static bool is_told(const json_t *list, const json_t *loss)
{
	json_t *old;
	size_t i;

	json_array_foreach(list, i, old)
		if (json_equal((json_t *)old, (json_t *)loss))
			return true;
	return false;
}

json_t *convert_lost_json(const struct convert_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->outputs.len; i++)
		for (size_t k = 0; k < r->outputs.at[i].pkg.lost.len; k++) {
			json_t *loss = loss_json(&r->outputs.at[i].pkg.lost.at[k]);
			if (is_told(list, loss))
				json_decref(loss);
			else
				json_array_append_new(list, loss);
		}
	return list;
}

static json_t *sboms_json(const struct convert_output *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->sboms_len; i++) {
		json_t *one = json_object();
		json_set_str(one, "kind", o->sboms[i].kind);
		json_set_str(one, "path", o->sboms[i].path);
		json_set_str(one, "sha256", o->sboms[i].sha256);
		json_array_append_new(list, one);
	}
	return list;
}

json_t *convert_json(const struct convert_result *r)
{
	json_t *outputs = json_array();

	for (size_t i = 0; i < r->outputs.len; i++) {
		const struct convert_output *o = &r->outputs.at[i];
		json_t *object = json_object();
		json_set_str(object, "target", o->target);
		json_set_str(object, "format", o->format);
		json_set_str(object, "path", o->path);
		json_set_str(object, "sha256", o->sha256);
		json_object_set_new(object, "size", json_integer((json_int_t)o->size));
		if (o->sboms_len > 0)
			json_object_set_new(object, "sbom", sboms_json(o));
		json_array_append_new(outputs, object);
	}
	return json_pack("{s:o, s:o}", "outputs", outputs, "lost", convert_lost_json(r));
}
