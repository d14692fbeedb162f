/* err.h - one error, told once, with context added on the way up.
 *
 * A function that can fail returns 0 or -1 and takes a `struct err *` as its last argument (never NULL).
 * The place that notices says what is wrong; each caller that knows more wraps it with what it was doing:
 *
 *     vendor.deb: reading as deb: control.tar: entry 3: path leaves the package: ../etc/passwd
 *
 * On success the error is untouched. On failure outputs named ret_x are untouched.
 * Text is always terminated and printable: control bytes and broken UTF-8 are escaped as \xNN; only `file` is as it is.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decides the exit code, in cli/ only: usage 2, input 3, env 4, verdict 1. */
enum err_class { ERR_NONE, ERR_USAGE, ERR_INPUT, ERR_ENV, ERR_VERDICT };

struct err {
	enum err_class class;
	const char *code; /* "E_PATH_ESCAPE", or NULL; static storage */
	int sys;          /* errno at the place of failure, or 0 */
	int64_t offset;   /* place in the file where `has_offset` */
	bool has_offset;
	char text[1024];
	char file[1024];  /* the input the error is about, its bytes as they are: escape before showing; "" when none */
	char member[256]; /* the member or entry inside it, "" when none */
	char hint[256];   /* what to do about it, "" when there is nothing to say */
};

/* Each sets the error and returns -1, so that `return err_input(e, ...)` reads as one step. */
int err_input(struct err *e, const char *code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_verdict(struct err *e, const char *code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_usage(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_env(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The environment failed with errno: adds ": strerror(errno)". */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_set(struct err *e, enum err_class class, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int err_vset(struct err *e, enum err_class class, const char *code, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* The machine failed, whatever was looked at: its disk is full or cannot be read, there is no memory. Never a verdict about what was looked at. */
bool err_is_machine(const struct err *e);

/* Puts "what: " in front; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds the place, unless a deeper level knew it already; return -1. */
int err_member(struct err *e, const char *member);
int err_file(struct err *e, const char *file);
int err_at(struct err *e, uint64_t offset);
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The static spelling of an error or warning code of formats.md, or NULL when it is none of ours.
 * What comes back from a confined process is checked with this before it is believed. */
const char *err_code_known(const char *code);

/* All of these return -1, always. Saying so where the compiler sees it lets it (and the analysers) know that an output is set on success. */
static inline int err_failed(int minus_one)
{
	(void)minus_one;
	return -1;
}
#define err_input(...) err_failed(err_input(__VA_ARGS__))
#define err_verdict(...) err_failed(err_verdict(__VA_ARGS__))
#define err_usage(...) err_failed(err_usage(__VA_ARGS__))
#define err_env(...) err_failed(err_env(__VA_ARGS__))
#define err_sys(...) err_failed(err_sys(__VA_ARGS__))
#define err_set(...) err_failed(err_set(__VA_ARGS__))
#define err_vset(...) err_failed(err_vset(__VA_ARGS__))
#define err_wrap(...) err_failed(err_wrap(__VA_ARGS__))
#define err_member(e, member) err_failed(err_member(e, member))
#define err_file(e, file) err_failed(err_file(e, file))
#define err_at(e, offset) err_failed(err_at(e, offset))
#define err_hint(...) err_failed(err_hint(__VA_ARGS__))
