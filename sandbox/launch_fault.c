/* launch_fault.c - the supervisor's word about a fault that the next command is to meet, and what it hears of it. */
#include "sandbox/launch_private.h"

int sandbox_fault(struct sandbox *s, const struct fault *f, struct err *e)
{
	struct pack p = { 0 };
	struct frame answer;

	fault_result_done(&s->faulted);
	pack_u8(&p, (uint8_t)f->kind);
	pack_u32(&p, f->script);
	pack_u32(&p, f->at);
	return sandbox_ask(s, ASK_FAULT, &p, e) || sandbox_hear_type(s, SAY_END, &answer, e) ? -1 : 0;
}

const struct fault_result *sandbox_faulted(const struct sandbox *s)
{
	return &s->faulted;
}

bool sandbox_hear_fault(struct sandbox *s, const struct frame *f)
{
	struct fault_result *ret = &s->faulted;
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	uint32_t count;

	fault_result_done(ret);
	ret->is_hit = unpack_u8(&u);
	ret->files = unpack_u32(&u);
	ret->archives = unpack_u32(&u);
	count = unpack_u32(&u);
	for (uint32_t i = 0; !u.bad && i < count && i < FAULT_SCRIPTS_MAX; i++) {
		struct fault_script one = { .pid = (pid_t)unpack_u32(&u) };
		const char *command;

		one.steps = unpack_u32(&u);
		command = unpack_str(&u);
		one.command = mem_strdup(command ? command : "");
		*LIST_ADD(&ret->scripts) = one;
	}
	return !u.bad;
}
