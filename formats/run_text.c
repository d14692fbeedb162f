/* run_text.c - reading the text of a self-extracting script: assignments, and the commands that say where the archive begins. */
#include "base/text.h"
#include "formats/run.h"
#include <ctype.h>
#include <string.h>

enum { NUMBERS_MOST = 64, LINE_LOOKED_AT = 4096 };

/* A place the text names. Lines count from 1. */
struct place {
	enum { AT_LINE, AT_BYTE, BEHIND_MARK } kind;
	uint64_t number;
	struct slice mark;
	bool is_whole_line; /* of a mark */
};

struct scan {
	const char *text;
	size_t len, pos; /* pos: of the line being read */
	uint64_t line;
	struct arena *arena;
	struct run_text *out;
	struct place places[RUN_HINTS_MOST];
	size_t places_len;
	struct {
		struct slice name;
		uint64_t value;
		bool is_huge;
	} numbers[NUMBERS_MOST]; /* variables that hold a number */
	size_t numbers_len;
	struct slice sizes, total; /* "filesizes", "totalsize" as they stand */
	uint64_t sums_line;
	bool has_carriage;
};

static const char *has(struct slice line, const char *word)
{
	return memmem(line.at, line.len, word, strlen(word));
}

static bool is_self(struct slice line)
{
	return has(line, "$0") || has(line, "${0}") || has(line, "\"$1\"") || has(line, "BASH_SOURCE");
}

/* ---- numbers */

/* Digits at the front of s, taken off; false: none. Too many: *ret_huge. */
static bool take_number(struct slice *s, uint64_t *ret, bool *ret_huge)
{
	size_t i = 0;
	uint64_t v = 0;

	*ret_huge = false;
	for (; i < s->len && s->at[i] >= '0' && s->at[i] <= '9'; i++) {
		*ret_huge |= v > UINT64_MAX / 100;
		v = v * 10 + (uint64_t)(s->at[i] - '0');
	}
	s->at += i;
	s->len -= i;
	*ret = v;
	return i > 0;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A number, or "$NAME" / "${NAME}" of a variable that holds one, with quotes around. 1, 0: neither, -1: more than any file has. */
static int number_or_name(const struct scan *s, struct slice at, uint64_t *ret)
{
	bool is_huge;
	size_t len = 0;

	while (at.len && (*at.at == '"' || *at.at == ' ' || *at.at == '\\'))
		at.at++, at.len--;
	if (take_number(&at, ret, &is_huge))
		return is_huge ? -1 : 1;
	if (at.len < 2 || *at.at != '$')
		return 0;
	at.at++, at.len--;
	if (*at.at == '{')
		at.at++, at.len--;
	while (len < at.len && is_name_char(at.at[len]))
		len++;
	for (size_t i = 0; i < s->numbers_len; i++)
		if (s->numbers[i].name.len == len && memcmp(s->numbers[i].name.at, at.at, len) == 0) {
			*ret = s->numbers[i].value;
			return s->numbers[i].is_huge ? -1 : 1;
		}
	return 0;
}

/* ---- assignments */

static const struct {
	const char *name;
	size_t at; /* of a text in struct run_text */
} kept[] = {
	{ "label", offsetof(struct run_text, label) },
	{ "script", offsetof(struct run_text, script) },
	{ "scriptargs", offsetof(struct run_text, arguments) },
	{ "targetdir", offsetof(struct run_text, target) },
	{ "cleanup_script", offsetof(struct run_text, cleanup) },
	{ "CRCsum", offsetof(struct run_text, crc) },
	{ "MD5", offsetof(struct run_text, md5) },
	{ "SHA", offsetof(struct run_text, sha256) },
	{ "decrypt_cmd", offsetof(struct run_text, encryption) },
};

static int keep(struct scan *s, struct slice name, const char *value, struct err *e)
{
	for (size_t i = 0; i < COUNT(kept); i++) {
		const char **slot = (const char **)((char *)s->out + kept[i].at);

		if (!slice_is(name, kept[i].name))
			continue;
		if (**slot && strcmp(*slot, value) != 0)
			return err_input(e, "E_AMBIGUOUS", "line %llu: '%s' is given a second value",
				(unsigned long long)s->line, kept[i].name);
		*slot = value;
	}
	return 0;
}

/* The lists of sizes that makeself writes. */
static struct slice *list_named(struct scan *s, struct slice name)
{
	if (!s->out->is_makeself)
		return NULL;
	return slice_is(name, "filesizes") ? &s->sizes : slice_is(name, "totalsize") ? &s->total : NULL;
}

static int keep_number(struct scan *s, struct slice name, const char *value, struct err *e)
{
	struct slice rest = slice_of(value), *list = list_named(s, name);
	uint64_t number;
	bool is_huge;

	if (list) {
		if (list->at && !slice_is(*list, value))
			return err_input(e, "E_AMBIGUOUS", "line %llu: '%.*s' is given a second value",
				(unsigned long long)s->line, (int)name.len, name.at);
		*list = rest;
		return 0;
	}
	if (!take_number(&rest, &number, &is_huge) || rest.len > 0)
		return 0;
	for (size_t i = 0; i < s->numbers_len; i++)
		if (s->numbers[i].name.len == name.len && memcmp(s->numbers[i].name.at, name.at, name.len) == 0)
			return 0; /* the first is what the archive's place was computed with */
	if (s->numbers_len < NUMBERS_MOST) {
		s->numbers[s->numbers_len].name = name;
		s->numbers[s->numbers_len].value = number;
		s->numbers[s->numbers_len++].is_huge = is_huge;
	}
	return 0;
}

/* The text between quotes, over several lines where it is; in double quotes a backslash hides the next character. *ret_end: behind it. */
static char *unquote(struct scan *s, size_t at, size_t *ret_end)
{
	char quote = s->text[at] == '"' || s->text[at] == '\'' ? s->text[at] : 0;
	size_t end = at + (quote != 0), len = 0;
	char *value;

	for (; end < s->len; end++) {
		if (quote == 0 ? isspace((unsigned char)s->text[end]) || s->text[end] == ';' : s->text[end] == quote)
			break;
		if (quote == '"' && s->text[end] == '\\' && end + 1 < s->len)
			end++;
	}
	value = arena_alloc(s->arena, end - at + 1);
	for (size_t i = at + (quote != 0); value && i < end; i++) {
		if (quote == '"' && s->text[i] == '\\' && i + 1 < end && strchr("\"\\$`", s->text[i + 1]))
			i++;
		if (s->text[i]) /* a NUL: this is no text any more */
			value[len++] = s->text[i];
	}
	*ret_end = end + (quote != 0 && end < s->len);
	return value;
}

/* NAME=VALUE at the beginning of a line. *ret_next: where to go on when the value took more than its line. */
static int take_assignment(struct scan *s, struct slice line, size_t *ret_next, struct err *e)
{
	struct slice name = { line.at, 0 };
	size_t end;
	char *value;

	while (name.len < line.len && is_name_char(line.at[name.len]))
		name.len++;
	if (name.len == 0 || name.len == line.len || line.at[name.len] != '=' || isdigit((unsigned char)line.at[0]))
		return 0;
	value = unquote(s, s->pos + name.len + 1, &end);
	if (value == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the script's text takes too much memory");
	for (size_t i = s->pos + line.len; i < end; i++) { /* lines inside the value */
		const char *next = memchr(s->text + i, '\n', s->len - i);

		if (i > s->pos + line.len)
			s->line++;
		*ret_next = next ? (size_t)(next - s->text) + 1 : s->len;
		i = *ret_next - 1;
	}
	if (keep_number(s, name, value, e))
		return -1;
	return s->out->is_makeself ? keep(s, name, value, e) : 0;
}

/* ---- where the archive begins */

static int add_place(struct scan *s, struct place p, struct err *e)
{
	for (size_t i = 0; i < s->places_len; i++)
		if (s->places[i].kind == p.kind && s->places[i].number == p.number &&
			s->places[i].is_whole_line == p.is_whole_line && s->places[i].mark.len == p.mark.len &&
			memcmp(s->places[i].mark.at ? s->places[i].mark.at : "", p.mark.at ? p.mark.at : "",
				p.mark.len) == 0)
			return 0;
	if (s->places_len == RUN_HINTS_MOST)
		return err_input(
			e, "E_AMBIGUOUS", "the script names more than %d places for its archive", RUN_HINTS_MOST);
	s->places[s->places_len++] = p;
	return 0;
}

static int add_number(struct scan *s, int known, uint64_t number, uint64_t plus, int kind, struct err *e)
{
	if (known == 0)
		return 0;
	if (known < 0 || number > INT64_MAX)
		return err_input(
			e, "E_CORRUPT", "line %llu names a place that no file has", (unsigned long long)s->line);
	return add_place(s, (struct place){ .kind = kind, .number = number + plus }, e);
}

static struct slice behind(struct slice line, const char *word)
{
	const char *at = has(line, word);

	return at ? (struct slice){ at + strlen(word), line.len - (size_t)(at - line.at) - strlen(word) }
		  : (struct slice){ 0 };
}

/* Commands that cut the file: what stands behind the words, what it counts. The first that fits counts. */
static const struct {
	const char *words;
	int kind;
	int plus; /* from what it says to line or byte of the archive */
} cuts[] = {
	{ "tail -n +", AT_LINE, 0 },
	{ "tail -n+", AT_LINE, 0 },
	{ "tail --lines=+", AT_LINE, 0 },
	{ "tail -c +", AT_BYTE, -1 },
	{ "tail -c+", AT_BYTE, -1 },
	{ "tail --bytes=+", AT_BYTE, -1 },
	{ "tail +", AT_LINE, 0 },
	{ "head -n ", AT_LINE, 1 },
	{ "head -n", AT_LINE, 1 },
	{ "head -", AT_LINE, 1 },
};

/* Makeself 1.x takes its checksums from a line of the script on. */
static bool is_summing(struct slice line)
{
	return has(line, "cksum") || has(line, "md5sum") || has(line, "sum1=") || has(line, "MD5_PATH") ||
		has(line, "SHA_PATH");
}

static int take_cut(struct scan *s, struct slice line, struct err *e)
{
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct slice at = behind(line, cuts[i].words);
		bool is_head = cuts[i].plus == 1;
		uint64_t number = 0;
		int known;

		if (at.at == NULL)
			continue;
		if (is_head && !has(at, "wc -c"))
			return 0; /* the head of the file is used for something else */
		known = number_or_name(s, at, &number);
		if (known == 1 && !is_head && is_summing(line)) {
			s->sums_line = s->sums_line ? s->sums_line : number;
			return 0;
		}
		if (known == 1 && cuts[i].plus < 0 && number == 0)
			known = -1;
		return add_number(s, known, number + (cuts[i].plus < 0 ? (uint64_t)-1 : 0), is_head, cuts[i].kind, e);
	}
	return 0;
}

/* awk '/^MARK/', sed '1,/^MARK$/d', grep -n '^MARK$': plain words only, no regular expression that needs a machine. */
static int take_mark(struct scan *s, struct slice line, struct err *e)
{
	if (!has(line, "awk") && !has(line, "sed") && !has(line, "grep"))
		return 0;
	for (size_t i = 1; i + 4 < line.len; i++) {
		struct place p = { .kind = BEHIND_MARK, .mark = { line.at + i + 1, 0 } };
		size_t end = i + 1;

		if (line.at[i] != '^' || !strchr("/'\"", line.at[i - 1]))
			continue;
		while (end < line.len && (is_name_char(line.at[end]) || strchr(":#-=", line.at[end])))
			end++;
		p.mark.len = end - i - 1;
		p.is_whole_line = end < line.len && line.at[end] == '$';
		end += p.is_whole_line;
		if (p.mark.len >= 4 && end < line.len && line.at[end] == line.at[i - 1] && p.mark.at[0] != '#')
			return add_place(s, p, e);
	}
	return 0;
}

/* ---- what it is packed with */

static const struct {
	const char *said, *codec, *encryption;
} packers[] = {
	{ "gzip", "gzip", "" },
	{ "pigz", "gzip", "" },
	{ "bzip2", "bzip2", "" },
	{ "pbzip2", "bzip2", "" },
	{ "xz", "xz", "" },
	{ "zstd", "zstd", "" },
	{ "lz4", "lz4", "" },
	{ "lzo", "lzop", "" },
	{ "compress", "compress", "" },
	{ "base64", "base64", "" },
	{ "none", "none", "" },
	{ "gpg", "", "gpg" },
	{ "gpg-asymmetric", "", "gpg" },
	{ "openssl", "", "openssl" },
};

/* "echo COMPRESS=gzip" stands in makeself's answer to --dumpconf; ENCRYPT=... beside it. */
static int take_packer(struct scan *s, struct slice line, struct err *e)
{
	struct slice at = behind(line, "echo COMPRESS=");
	size_t i = 0;

	if (at.at == NULL)
		return 0;
	while (at.len && strchr("\"\\ \t\r", at.at[at.len - 1]))
		at.len--;
	while (at.len && strchr("\"\\", *at.at))
		at.at++, at.len--;
	while (i < COUNT(packers) && !slice_is(at, packers[i].said))
		i++;
	if (i == COUNT(packers))
		return err_input(
			e, "E_UNSUPPORTED", "an archive packed with '%.*s'", (int)(at.len < 40 ? at.len : 40), at.at);
	if (s->out->codec[0] && strcmp(s->out->codec, packers[i].codec) != 0)
		return err_input(e, "E_AMBIGUOUS", "the script says it is packed with %s and with %s", s->out->codec,
			packers[i].codec);
	s->out->codec = packers[i].codec;
	if (packers[i].encryption[0])
		s->out->encryption = packers[i].encryption;
	return 0;
}

/* ---- all lines */

static int take_line(struct scan *s, struct slice line, size_t *next, struct err *e)
{
	struct slice looked = { line.at, line.len < LINE_LOOKED_AT ? line.len : LINE_LOOKED_AT };

	s->has_carriage |= line.len && line.at[line.len - 1] == '\r';
	if (has(looked, "generated using Makeself") && looked.at[0] == '#')
		s->out->is_makeself = true;
	if (take_assignment(s, looked, next, e) || take_packer(s, looked, e))
		return -1;
	if (looked.at[0] == '#' || (!is_self(looked) && !has(looked, "/^")))
		return 0;
	if (take_cut(s, looked, e))
		return -1;
	return s->out->is_makeself ? 0 : take_mark(s, looked, e);
}

static bool is_mark(const struct place *p, struct slice line)
{
	return line.len >= p->mark.len && memcmp(line.at, p->mark.at, p->mark.len) == 0 &&
		(!p->is_whole_line || line.len == p->mark.len);
}

/* Does the archive begin here, says any of the places? */
static bool is_payload(struct scan *s, struct slice before, size_t rest)
{
	for (size_t i = 0; i < s->places_len; i++) {
		const struct place *p = &s->places[i];

		if (p->kind == AT_BYTE && p->number >= s->pos && p->number <= s->pos + rest) {
			s->pos = p->number; /* perhaps in the middle of what looks like a line */
			return true;
		}
		if ((p->kind == AT_LINE && p->number == s->line) ||
			(p->kind == BEHIND_MARK && before.at && is_mark(p, before)))
			return true;
	}
	return false;
}

/* All that is said must mean this place. A mark that never came, while a number did, means nothing. */
static int check_places(const struct scan *s, struct err *e)
{
	for (size_t i = 0; i < s->places_len; i++) {
		const struct place *p = &s->places[i];

		if ((p->kind == AT_LINE && p->number != s->line) || (p->kind == AT_BYTE && p->number != s->pos))
			return err_input(e, "E_AMBIGUOUS",
				"the script names two places for its archive: %s %llu and line %llu",
				p->kind == AT_LINE ? "line" : "byte", (unsigned long long)p->number,
				(unsigned long long)s->line);
	}
	return 0;
}

static int sizes_of(struct scan *s, struct err *e)
{
	struct slice rest = s->sizes, one;
	uint64_t sum = 0, total;
	bool is_huge;

	while (slice_cut(&rest, ' ', &one)) {
		uint64_t size;

		if (one.len == 0)
			continue;
		if (s->out->sizes_len == RUN_ARCHIVES_MOST)
			return err_input(
				e, "E_LIMIT_ENTRIES", "more than %d archives in one script", RUN_ARCHIVES_MOST);
		if (!take_number(&one, &size, &is_huge) || is_huge || one.len || size > INT64_MAX || sum > INT64_MAX)
			return err_input(e, "E_CORRUPT", "'%.*s' are no sizes of archives",
				(int)(s->sizes.len < 60 ? s->sizes.len : 60), s->sizes.at);
		sum += size;
		s->out->sizes[s->out->sizes_len++] = size;
	}
	rest = s->total;
	s->out->is_total_wrong = s->total.at &&
		(!take_number(&rest, &total, &is_huge) || is_huge || rest.len > 0 || total != sum);
	return 0;
}

/* Those whose files we cannot take out by reading, by words that stand in them. */
static const char *refusal(const char *text, size_t len)
{
	static const struct {
		const char *word, *name;
	} table[] = {
		{ "This is a shell archive", "a shell archive (shar)" },
		{ "uudecode", "a script that carries its files as uuencoded text" },
		{ "base64 -d <<", "a script that carries its files as base64 text" },
		{ "base64 --decode <<", "a script that carries its files as base64 text" },
		{ "INSTALL4J_JAVA", "an install4j installer" },
		{ "InstallAnywhere", "an InstallAnywhere installer" },
		{ "LAX_VERSION", "an InstallAnywhere installer" },
		{ "InstallBuilder", "an InstallBuilder installer" },
		{ "-jar \"$0\"", "a Java program behind a shell script" },
		{ "-jar $0", "a Java program behind a shell script" },
	};
	struct slice all = { text, len };

	for (size_t i = 0; i < COUNT(table); i++)
		if (has(all, table[i].word))
			return table[i].name;
	return NULL;
}

static int place_of(struct scan *s, bool is_whole, bool found, struct err *e)
{
	if (found) {
		if (s->has_carriage)
			return err_input(e, "E_MISMATCH",
				"the script has DOS line ends: no shell runs it, and its offsets are another file's");
		s->out->payload_at = s->out->sums_at = s->pos;
		return check_places(s, e) ? -1 : 1;
	}
	s->out->refused = refusal(s->text, s->len < RUN_TEXT_MOST ? s->len : RUN_TEXT_MOST);
	if (s->out->refused)
		return 1;
	for (size_t i = 0; i < s->places_len; i++)
		if (s->out->is_makeself && (is_whole || s->len >= RUN_TEXT_MOST))
			return err_input(e, "E_CORRUPT",
				"the archive is said to begin at %s %llu, the text has %llu lines",
				s->places[i].kind == AT_LINE ? "line" : "byte", (unsigned long long)s->places[i].number,
				(unsigned long long)s->line);
	if (s->out->is_makeself)
		return err_input(e, "E_CORRUPT", "a makeself archive that does not say where its archive begins");
	return 0;
}

/* Where the checksummed bytes begin: the beginning of that line. */
static void find_sums(struct scan *s)
{
	size_t at = 0;

	if (s->sums_line == 0 || s->sums_line >= s->line)
		return;
	for (uint64_t line = 1; line < s->sums_line; line++) {
		const char *next = memchr(s->text + at, '\n', s->len - at);

		if (next == NULL)
			return;
		at = (size_t)(next - s->text) + 1;
	}
	s->out->sums_at = at;
}

int run_text(const char *text, size_t len, bool is_whole, struct arena *a, struct run_text *ret, struct err *e)
{
	struct run_text out = { .label = "",
		.script = "",
		.arguments = "",
		.target = "",
		.cleanup = "",
		.crc = "",
		.md5 = "",
		.sha256 = "",
		.codec = "",
		.encryption = "" };
	struct scan s = { .text = text, .len = len, .line = 1, .arena = a, .out = &out };
	struct slice before = { 0 };
	bool found = false;
	int done;

	if (len < 3 || memcmp(text, "#!", 2) != 0)
		return 0;
	while (s.pos < len) {
		const char *end = memchr(text + s.pos, '\n', len - s.pos);
		struct slice line = { text + s.pos, (end ? (size_t)(end - text) : len) - s.pos };
		size_t next = s.pos + line.len + 1;

		found = is_payload(&s, before, line.len);
		if (found || memchr(line.at, 0, line.len))
			break;
		if (take_line(&s, line, &next, e))
			return -1;
		before = line;
		s.pos = next < len ? next : len;
		s.line++;
	}
	found = found || is_payload(&s, before, 0);
	done = place_of(&s, is_whole, found, e);
	if (done == 1 && sizes_of(&s, e))
		return -1;
	find_sums(&s);
	if (done >= 0)
		*ret = out;
	return done;
}
