/* version_into_apk.c - versions of all families (in rpm's form) as apk's, order kept. The scheme is told in version.h.
 *
 * Dots hold numbers, as at home. All else is suffixes, each with a number that tells what it stands for; behind such a number apk has
 * room below (_alpha ... _rc) and above (_p) again, so that any version can be written. Numbers have at most 17 digits (apk 2). */
#include "formats/version_private.h"
#include <string.h>

/* What a number of nine digits behind _p says; plain numbers of eight digits and less are the release. Sorted as rpm sorts them. */
enum {
	CLASS_BIG_RELEASE = 1,
	CLASS_CARET,
	CLASS_LETTERS,
	CLASS_NUMBER,
	CLASS_BIG_NUMBER,
	CLASS_MORE_LETTERS,
	CLASS_PLUS
};
/* Behind _rc: what is below a release that begins with a number, and above all '~' of the version. */
enum { RC_BIG = 500000000, RC_ABOVE = 900000000, RC_RELEASE = 900000000, RC_STEP = 10000000 };
enum { PLAIN_DIGITS = 8, DOTTED_DIGITS = 15, CHUNK = 15, LETTERS_A_NUMBER = 4 };

struct input {
	const char *at;
	enum rpm_token token;
	struct slice run;
};

static void advance(struct input *in)
{
	in->token = version_rpm_next(&in->at, &in->run.at, &in->run.len);
}

static void add_value(struct text *out, struct slice value)
{
	if (value.len)
		text_bytes(out, value.at, value.len);
	else
		text_add(out, "0");
}

/* How many digits, then the digits in pieces with a 1 before each, so that none begins with 0. */
static void add_big(struct text *out, const char *joint, struct slice value)
{
	text_add(out, "%s%zu", joint, value.len);
	for (size_t i = 0; i < value.len; i += CHUNK) {
		text_add(out, "%s1", joint);
		for (size_t j = i; j < i + CHUNK; j++)
			text_add(out, "%c", j < value.len ? value.at[j] : '0');
	}
}

/* Two digits a letter, in the order of the alphabet's bytes; 0 is its end. */
static void add_letters(struct text *out, int class, struct slice run)
{
	for (size_t i = 0; i < run.len; i += LETTERS_A_NUMBER) {
		text_add(out, "_p%d", i ? CLASS_MORE_LETTERS : class);
		for (size_t j = i; j < i + LETTERS_A_NUMBER; j++) {
			char c = j < run.len ? run.at[j] : '\0';
			text_add(out, "%02d", c == '\0' ? 0 : c >= 'a' ? c - 'a' + 41 : c - 'A' + 11);
		}
	}
}

/* Any token but the end, behind a suffix or a letter. */
static void add_suffix(struct text *out, const struct input *in)
{
	switch (in->token) {
	case RPM_TILDE:
		text_add(out, "_alpha0");
		break;
	case RPM_CARET:
		text_add(out, "_p%d00000000", CLASS_CARET);
		break;
	case RPM_ALPHA:
		add_letters(out, CLASS_LETTERS, in->run);
		break;
	case RPM_NUMBER:
		if (in->run.len > PLAIN_DIGITS) {
			text_add(out, "_p%d00000000", CLASS_BIG_NUMBER);
			add_big(out, "_p", in->run);
		} else {
			text_add(out, "_p%d%.*s%.*s", CLASS_NUMBER, (int)(PLAIN_DIGITS - in->run.len), "00000000",
				(int)in->run.len, in->run.at);
		}
		break;
	default:
		break;
	}
}

static void add_suffixes(struct text *out, struct input *in)
{
	for (; in->token != RPM_END; advance(in))
		add_suffix(out, in);
}

static void add_dotted(struct text *out, struct slice value)
{
	if (value.len > DOTTED_DIGITS) {
		text_add(out, "1000000000000000");
		add_big(out, ".", value);
	} else {
		add_value(out, value);
	}
}

static int compare_word(struct slice run, const char *word)
{
	size_t len = strlen(word), common = run.len < len ? run.len : len;
	int order = memcmp(run.at, word, common);

	return order ? order : (run.len > len) - (run.len < len);
}

/* "~rc1" is _rc1. Other words stand between apk's own, behind numbers that theirs do not reach. */
static void tilde(struct text *out, struct input *in)
{
	static const char *const words[] = { "alpha", "beta", "pre", "rc" };
	int below = -1;

	advance(in);
	for (int i = 0; i < (int)COUNT(words) && (in->token == RPM_ALPHA || in->token == RPM_NUMBER); i++) {
		int order = in->token == RPM_NUMBER ? 1 : compare_word(in->run, words[i]);
		if (order < 0)
			break;
		below = i;
		if (order > 0)
			continue;
		text_add(out, "_%s", words[i]);
		advance(in);
		if (in->token == RPM_NUMBER && in->run.len > PLAIN_DIGITS) {
			text_add(out, "%d", RC_BIG);
			add_big(out, "_p", in->run);
			advance(in);
		} else if (in->token == RPM_NUMBER && in->run.len) {
			add_value(out, in->run);
			advance(in);
		} else {
			text_add(out, "0");
		}
		return;
	}
	if (below < 0)
		text_add(out, "_alpha_alpha0");
	else
		text_add(out, "_%s%d", words[below], RC_ABOVE);
}

/* apk's one letter, for letters right behind a number: deb's (which are ^letters to rpm) or everybody's. Capital ones are below 'a'. */
static void letters(struct text *out, struct slice run)
{
	if (run.at[0] < 'a') {
		text_add(out, "a_alpha_alpha2");
		add_letters(out, CLASS_LETTERS, run);
		return;
	}
	text_bytes(out, run.at, 1);
	add_letters(out, CLASS_MORE_LETTERS, (struct slice){ run.at + 1, run.len - 1 });
}

/* The first token behind the dots: what follows is suffixes, whatever it is. */
static void leave_dots(struct text *out, struct input *in, enum family home)
{
	if (in->token == RPM_TILDE) {
		tilde(out, in);
		return;
	}
	if (in->token == RPM_CARET) {
		struct input behind = *in;

		advance(&behind);
		if (home != FAMILY_DEB || behind.token != RPM_ALPHA) {
			text_add(out, "a_alpha_alpha1");
			advance(in);
			return;
		}
		*in = behind;
		letters(out, in->run);
	} else if (home == FAMILY_DEB) {
		text_add(out, "z");
		add_letters(out, CLASS_PLUS, in->run);
	} else {
		letters(out, in->run);
	}
	advance(in);
}

static void add_version(struct text *out, const char *version, enum family home)
{
	struct input in = { .at = version };

	advance(&in);
	if (in.token != RPM_NUMBER) {
		/* lower than any number is "0_alpha", and lower than what tilde() writes "_alpha_alpha_alpha" */
		text_add(out, "0_alpha_alpha_alpha%d", (int)in.token + 1);
		add_letters(out, CLASS_LETTERS, in.token == RPM_ALPHA ? in.run : (struct slice){ "", 0 });
		if (in.token != RPM_END)
			advance(&in);
	} else {
		add_dotted(out, in.run);
		for (advance(&in); in.token == RPM_NUMBER; advance(&in)) {
			text_add(out, ".");
			add_dotted(out, in.run);
		}
		if (in.token != RPM_END)
			leave_dots(out, &in, home);
	}
	add_suffixes(out, &in);
}

/* The release "0" is nothing, "4" is _p4; what rpm sorts below a number stands behind _rc. */
static void add_release(struct text *out, const char *release)
{
	struct input in = { .at = release };

	advance(&in);
	if (in.token != RPM_NUMBER) {
		text_add(out, "_rc%d", RC_RELEASE + RC_STEP * ((int)in.token + 1));
		add_letters(out, CLASS_LETTERS, in.token == RPM_ALPHA ? in.run : (struct slice){ "", 0 });
		if (in.token != RPM_END)
			advance(&in);
	} else {
		struct input behind = in;

		advance(&behind);
		if (in.run.len == 0 && behind.token == RPM_TILDE) {
			text_add(out, "_rc%d",
				RC_RELEASE + RC_STEP * (RPM_NUMBER + 1)); /* 0~x: below 0, which is nothing */
			advance(&behind);
		} else if (in.run.len > PLAIN_DIGITS) {
			text_add(out, "_p%d00000000", CLASS_BIG_RELEASE);
			add_big(out, "_p", in.run);
		} else if (in.run.len || behind.token != RPM_END) {
			text_add(out, "_p");
			add_value(out, in.run);
		}
		in = behind;
	}
	add_suffixes(out, &in);
}

int version_rpm_to_apk(struct arena *a, const struct evr *rpm, enum family home, struct evr *ret, struct err *e)
{
	struct evr v = { .epoch = -1, .release = *rpm->release ? "r0" : "" };
	AUTO(text) out = { 0 };

	if (rpm->epoch > 0)
		text_add(&out, "1%015lld.", (long long)rpm->epoch);
	add_version(&out, rpm->version, home);
	if (*rpm->release)
		add_release(&out, rpm->release);
	v.version = arena_copy(a, out.at, out.len);
	if (!v.version)
		return err_input(e, "E_LIMIT_MEMORY", "no room for a version");
	*ret = v;
	return 0;
}
