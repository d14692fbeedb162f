/* script_kinds.c - what a command of a script does with programs: fetches, decodes, unpacks or runs them. */
#include "inspect/script_kinds.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>

static bool fits(const char *patterns, const char *word)
{
	return shell_fits(patterns, word, 0);
}

static bool has_arg(const struct shell_command *c, size_t program, const char *patterns)
{
	return shell_has_arg(c, program, patterns, 0);
}

/* "h:x", "h::x", "rsync://h/x" */
static bool has_remote(const struct shell_command *c, size_t program)
{
	return has_arg(c, program, "rsync://*|[!/.:-]*:*");
}

bool command_downloads(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	if (fits("rsync|scp|sftp", program))
		return has_remote(c, at);
	if (strcmp(program, "openssl") == 0)
		return has_arg(c, at, "s_client");
	if (strcmp(program, "git") == 0)
		return has_arg(c, at, "clone|archive|show|fetch") && has_arg(c, at, "*://*|*@*:*|--remote*");
	return fits("curl|wget|wget2|aria2c|lwp-download|lwp-request|GET|http|https|xh|tftp|ftp|fetch|nc|ncat|netcat|"
		    "axel|lynx|w3m|links|elinks|ssh|dig|drill|lftp|ncftpget|ncftp|smbclient|telnet|rsh|rcp|socat|"
		    "gsutil|s3cmd|rclone|ftpget",
		program);
}

enum { ESCAPES_LEAST = 4 };
/* printf '\143\165...' */
static bool is_escaped(const struct shell_command *c, size_t program)
{
	unsigned escapes = 0;

	for (size_t i = program + 1; i < c->len; i++)
		for (const char *at = c->words[i]; (at = strchr(at, '\\')) != NULL; at++)
			escapes += isdigit((unsigned char)at[1]) || at[1] == 'x' || at[1] == 'u';
	return escapes >= ESCAPES_LEAST;
}

/* What it prints was packed; of little meaning, but in front of a shell. */
bool command_unpacks(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	if (fits("zcat|gunzip|xzcat|unxz|bzcat|bunzip2|zstdcat|unzstd|lzcat|unlzma|lz4cat", program))
		return true;
	if (fits("gzip|xz|bzip2|zstd|lzma|lz4", program))
		return has_arg(c, at, "-d|-d?|-?d|-?d?|--decompress|--uncompress|--stdout");
	if (strcmp(program, "unzip") == 0)
		return has_arg(c, at, "-p");
	if (fits("gpg|gpg2|gpgv", program))
		return has_arg(c, at, "-d|--decrypt");
	if (fits("7z|7za|7zr", program))
		return has_arg(c, at, "-so");
	if (strcmp(program, "tr") == 0)
		return has_arg(c, at, "*[a-zA-Z]-[a-zA-Z]*[a-zA-Z]-[a-zA-Z]*");
	return strcmp(program, "tar") == 0 && has_arg(c, at, "*O|-O*|--to-stdout");
}

/* "python3 -m base64 -d", "perl -MMIME::Base64 -ne ...", "jq -r @base64d": of little meaning but in front of a shell. */
bool command_has_decoder(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	return fits("python|python[23]|python3.*|perl|ruby|node|php|jq|awk|gawk", program) &&
		has_arg(c, at, "*base64*|*b64*|*unpack*|*fromhex*|*unhexlify*|*rot13*|*zlib*|*atob*");
}

bool command_decodes(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	if (fits("base64|base32|basenc", program))
		return has_arg(c, at, "-d|-D|--decode|-di|-id");
	if (strcmp(program, "openssl") == 0)
		return has_arg(c, at, "enc|base64|aes*|des*|smime|cms") && has_arg(c, at, "-d|-decrypt");
	if (fits("printf|echo", program))
		return is_escaped(c, at);
	if (strcmp(program, "xxd") == 0)
		return has_arg(c, at, "-r|-rp|-r*|-p*r*");
	return fits("uudecode|rev", program);
}

bool command_is_interpreter(const char *program)
{
	return shell_is_shell(program) ||
		fits("$SHELL|${SHELL}|python|python[23]|python[23].*|perl|ruby|node|nodejs|php|lua", program);
}

/* Takes its program from its input. */
bool command_reads_program(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	if (fits("awk|gawk|mawk|nawk", program))
		return has_arg(c, at, "*system(*|*|*\"sh\"*|*|*\"bash\"*|*|*\"/bin/sh\"*");
	if (fits("sed", program))
		return has_arg(c, at, "*/e|*/ge|e|*;e|1e|$e");
	if (fits("at|batch|parallel|crontab", program))
		return !has_arg(c, at, "-l|-r|-f");
	if (!command_is_interpreter(program))
		return c->len > 0 && fits(".|source", program) && at + 1 < c->len &&
			fits("/dev/stdin|-|/proc/self/fd/0", c->words[at + 1]);
	if (at > 0 && strstr(c->words[0], "xargs"))
		return true;
	if (has_arg(c, at, "-s|-|/dev/stdin"))
		return true;
	for (size_t i = at + 1; i < c->len; i++)
		if (c->words[i][0] != '-')
			return false;
	return !has_arg(c, at, shell_is_shell(program) ? "-c|-?c" : "-c|-e"); /* of a shell, -e stops at errors */
}

/* Runs as a program what its words are. */
bool command_runs_words(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	return fits("eval|.|source|exec", program) || (c->len > 0 && text_starts(c->words[0], "$(")) ||
		(command_is_interpreter(program) && (has_arg(c, at, "-c|-e|-?c") || has_arg(c, at, "<(*|$(*")));
}

/* "python -c", "perl -e", "python3 <<EOF" with code that decodes or fetches and runs. */
const char *command_code_danger(const struct shell_command *c)
{
	static const char *const runs[] = { "exec", "eval", "system(", "popen", "subprocess", "spawn", "Function(" };
	static const char *const decodes[] = { "b64", "base64", "unhexlify", "fromhex", "unpack", "decode", "rot13",
		"zlib", "marshal", "atob" };
	static const char *const fetches[] = { "urlopen", "urllib", "requests.", "LWP", "http", "socket" };
	size_t at;
	const char *program = shell_program(c, &at);
	bool does_run = false, does_decode = false, does_fetch = false, gives = false;

	if (!command_is_interpreter(program) || shell_is_shell(program) ||
		(!has_arg(c, at, "-c|-e|-r|-?e|-E") && !command_reads_program(c)))
		return NULL;
	for (size_t i = at + 1; i < c->len + c->redirects_len; i++) {
		const char *code = i < c->len ? c->words[i] : c->redirects[i - c->len].text;

		gives |= code &&
			fits("*chmod*0[2467][0-7][0-7][0-7]*|*chmod*0o[2467][0-7][0-7][0-7]*|*chmod*S_ISUID*", code);
		for (size_t k = 0; code && k < COUNT(runs); k++)
			does_run |= strstr(code, runs[k]) != NULL;
		for (size_t k = 0; code && k < COUNT(decodes); k++)
			does_decode |= strstr(code, decodes[k]) != NULL;
		for (size_t k = 0; code && k < COUNT(fetches); k++)
			does_fetch |= strstr(code, fetches[k]) != NULL;
	}
	return gives                      ? "grants"
		: does_run && does_decode ? "decoded-run"
		: does_run && does_fetch  ? "download-run"
		: does_fetch              ? "network"
					  : NULL;
}
