/* java_class.c - walks over a class file (JVM specification, chapter 4) to its methods and compares the code of those that decide whom it trusts. */
#include "inspect/java_class.h"
#include "base/arena.h"
#include "base/text.h"
#include "inspect/content.h"
#include <stdint.h>
#include <string.h>

enum { CONSTANTS_MAX = 65536, UTF8 = 1, INTEGER = 3, LONG = 5, DOUBLE = 6, CODE_HEAD = 8 /* stack, locals, length */ };

struct class_reading {
	const unsigned char *at, *end;
	bool is_bad;
};
struct constants {
	struct slice texts[CONSTANTS_MAX]; /* of UTF8 constants; else no text */
	size_t len;
};

static uint32_t number(struct class_reading *r, unsigned bytes)
{
	uint32_t value = 0;

	if ((size_t)(r->end - r->at) < bytes) {
		r->is_bad = true;
		r->at = r->end;
		return 0;
	}
	value = (uint32_t)content_number(r->at, bytes, true);
	r->at += bytes;
	return value;
}

static void skip(struct class_reading *r, size_t bytes)
{
	r->is_bad |= (size_t)(r->end - r->at) < bytes;
	r->at = r->is_bad ? r->end : r->at + bytes;
}

/* Bytes of a constant behind its tag; -1: no tag we know. */
static int constant_size(uint32_t tag)
{
	static const signed char sizes[] = { -1, 0, -1, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, -1, -1, 3, 2, 4, 4, 2, 2 };

	return tag < COUNT(sizes) ? sizes[tag] : -1;
}

static void read_constants(struct class_reading *r, struct constants *c)
{
	c->len = number(r, 2);
	for (size_t i = 1; i < c->len && !r->is_bad; i++) {
		uint32_t tag = number(r, 1);
		int size = constant_size(tag);

		if (size < 0) {
			r->is_bad = true;
		} else if (tag == UTF8) {
			size_t len = number(r, 2);
			const char *text = (const char *)r->at;

			skip(r, len);
			if (!r->is_bad)
				c->texts[i] = (struct slice){ text, len };
		} else {
			skip(r, (size_t)size);
			i += tag == LONG || tag == DOUBLE; /* they take two numbers */
		}
	}
}

static struct slice text_at(struct class_reading *r, const struct constants *c)
{
	size_t i = number(r, 2);

	return i < c->len ? c->texts[i] : (struct slice){ "", 0 };
}

static bool begins(struct slice text, const char *prefix)
{
	return text.len >= strlen(prefix) && memcmp(text.at, prefix, strlen(prefix)) == 0;
}

/* "return" at once, in a method that should throw; "true" whatever it was asked. */
static bool is_accepting(struct slice name, struct slice descriptor, const unsigned char *code, size_t len)
{
	static const unsigned char nothing[] = { 0xb1 }, yes[] = { 0x04, 0xac };
	bool is_trust = slice_is(name, "checkServerTrusted") &&
		begins(descriptor, "([Ljava/security/cert/X509Certificate;");
	bool is_name = slice_is(descriptor, "(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z");

	return (is_trust && len == sizeof nothing && memcmp(code, nothing, len) == 0) ||
		(is_name && len == sizeof yes && memcmp(code, yes, len) == 0);
}

/* One field or method with its attributes. */
static bool member_accepts(struct class_reading *r, const struct constants *c)
{
	struct slice name, descriptor;
	bool is_accepted = false;

	number(r, 2); /* flags */
	name = text_at(r, c);
	descriptor = text_at(r, c);
	for (uint32_t left = number(r, 2); left > 0 && !r->is_bad; left--) {
		struct slice attribute = text_at(r, c);
		size_t len = number(r, 4);
		const unsigned char *body = r->at;

		skip(r, len);
		if (r->is_bad || len < CODE_HEAD || !slice_is(attribute, "Code"))
			continue;
		size_t code = (size_t)content_number(body + 4, 4, true);

		is_accepted |= code <= len - CODE_HEAD && is_accepting(name, descriptor, body + CODE_HEAD, code);
	}
	return is_accepted;
}

bool java_class_accepts_all(const unsigned char *bytes, size_t len)
{
	struct class_reading r = { bytes, bytes + len, false };
	AUTO_FREE struct constants *c = NULL;
	bool is_accepted = false;

	if (memmem(bytes, len, "checkServerTrusted", 18) == NULL && memmem(bytes, len, "SSLSession;)Z", 13) == NULL)
		return false;
	c = mem_alloc(sizeof *c);
	skip(&r, 8); /* magic and version */
	read_constants(&r, c);
	skip(&r, 6);                         /* flags, this, super */
	skip(&r, (size_t)number(&r, 2) * 2); /* interfaces */
	for (int kind = 0; kind < 2; kind++) /* fields, methods */
		for (uint32_t left = number(&r, 2); left > 0 && !r.is_bad; left--)
			is_accepted |= member_accepts(&r, c) && kind == 1;
	return is_accepted;
}
