/* cmd_formats.c - `sluice formats`: what can be read and written. */
#include "cli/cmd.h"
#include "formats/reader.h"
#include "formats/writer.h"

static json_t *formats_json(void)
{
	json_t *in = json_array(), *out = json_array();

	for (size_t i = 0; readers[i]; i++)
		json_array_append_new(
			in, json_pack("{s:s, s:s}", "format", readers[i]->name, "about", readers[i]->about));
	for (size_t i = 0; writers[i]; i++) {
		json_t *cannot = json_array();
		for (const char *const *w = writers[i]->cannot; w && *w; w++)
			json_array_append_new(cannot, json_string(*w));
		json_array_append_new(out,
			json_pack("{s:s, s:s, s:s, s:o}", "format", writers[i]->name, "suffix", writers[i]->suffix,
				"codec", codec_name(writers[i]->codec), "cannot_express", cannot));
	}
	return json_pack("{s:o, s:o}", "read", in, "write", out);
}

static int run_formats(struct cli *c, struct err *e)
{
	if (c->is_json)
		return print_json(formats_json());
	say("read\n");
	for (size_t i = 0; readers[i]; i++)
		say("  %-10s %s\n", readers[i]->name, readers[i]->about);
	say("\nwrite\n");
	for (size_t i = 0; writers[i]; i++) {
		if (writers[i]->is_tree)
			say("  %-10s a folder; cannot express:\n", writers[i]->name);
		else
			say("  %-10s %s files, %s unless the house says otherwise; cannot express:\n", writers[i]->name,
				writers[i]->suffix, codec_name(writers[i]->codec));
		for (const char *const *w = writers[i]->cannot; w && *w; w++)
			say("             - %s\n", *w);
	}
	return 0;
}

const struct command cmd_formats = {
	.name = "formats",
	.run = run_formats,
	.about = "what can be read and written, and what each target cannot express",
	.arguments = "",
};
