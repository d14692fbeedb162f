/* memory.c - the names of what gpg found good, in this process and in the log index's file. */
#include "release/gate/memory.h"
#include "base/digest.h"
#include "release/gate/log_index.h"
#include <string.h>

/* A new rule for what is good (sign/verify.c) takes a new number, and all is asked again. */
static const char form[] = "sluice memory 1";

void memory_of_signature(
	const struct policies *p, const char *kind, const struct memory_of *what, char ret[MEMORY_NAME])
{
	char bytes[SHA256_HEX], sig[SHA256_HEX];
	AUTO_FREE char *text = NULL;

	ret[0] = '\0';
	if (!*p->keyring.content || p->keyring.is_spoilt)
		return;
	sha256_hex(what->bytes, what->len, bytes);
	sha256_hex(what->sig, what->sig_len, sig);
	text = mem_printf("%s\n%s\n%s\n%s\n%s\n%s\n%lld\n", form, kind, bytes, sig, what->fingerprint,
		p->keyring.content, (long long)what->at);
	sha256_hex(text, strlen(text), ret);
}

void memory_of_ring(const char *content, char ret[MEMORY_NAME])
{
	AUTO_FREE char *text = mem_printf("%s\nring\n%s\n", form, content);

	sha256_hex(text, strlen(text), ret);
}

static void name_of_keys(const struct policies *p, char ret[MEMORY_NAME])
{
	AUTO_FREE char *text = mem_printf("%s\nkeys\n%s\n", form, p->keyring.content);

	sha256_hex(text, strlen(text), ret);
}

void memory_ring(struct policies *p)
{
	AUTO_FREE char *told = NULL;
	char name[MEMORY_NAME];

	if (!p->memory || !*p->keyring.content || keyring_is_told(&p->keyring))
		return;
	name_of_keys(p, name);
	told = log_index_told(p->memory, name);
	if (told)
		keyring_believe(&p->keyring, told);
}

/* What was heard from here before is the same text, and not written again. */
static void keep_ring(struct policies *p)
{
	AUTO_FREE char *told = p->memory ? keyring_told(&p->keyring) : NULL, *known = NULL;
	struct err ignored = { 0 };
	char name[MEMORY_NAME];

	if (!told)
		return;
	name_of_keys(p, name);
	known = log_index_told(p->memory, name);
	if (!(known && strcmp(known, told) == 0) && log_index_note_told(p->memory, name, told, &ignored))
		return;
}

/* verified: true for what is to be kept, false for what was kept before. */
static void add(struct policies *p, const char *name, json_t *is_new)
{
	if (!p->verified)
		p->verified = json_object();
	json_object_set_new(p->verified, name, is_new);
}

bool memory_has(struct policies *p, const char *name)
{
	if (!*name)
		return false;
	if (json_object_get(p->verified, name))
		return true;
	if (!p->memory || !log_index_was_good(p->memory, name))
		return false;
	add(p, name, json_false());
	return true;
}

void memory_note(struct policies *p, const char *name)
{
	if (*name && !json_object_get(p->verified, name))
		add(p, name, json_true());
}

void memory_keep(struct policies *p)
{
	AUTO_JSON *names = json_array();
	struct err ignored = { 0 };
	const char *name;
	json_t *is_new;

	keep_ring(p);
	json_object_foreach(p->verified, name, is_new)
		if (json_is_true(is_new))
			json_array_append_new(names, json_string(name));
	if (p->memory && json_array_size(names) && log_index_note_good(p->memory, names, &ignored))
		return;
}
