/* one_world.h - for test programs whose tests all share one store: the world, opened before the first and closed behind the last; its catalogue, its signer. */
#pragma once
#include "world.h"

static struct world world;

static int setup(void **state)
{
	(void)state;
	return world_open(&world);
}

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static inline int sql(const char *statement)
{
	struct err e = { 0 };

	return world.r->store->db->ops->exec(world.r->store->db, statement, &e);
}

/* Past every command. */
static inline int ask_signer(const char *rfc, json_t **ret_reasons, struct err *ret_e)
{
	struct signer_answer a = { 0 };
	struct err e = { 0 };
	int result;

	store_pause(world.r->store);
	result = index_signer_ask(world.r->store->path, "production", rfc, &a, ret_reasons, ret_e);
	OK(store_resume(world.r->store, &e));
	signer_answer_done(&a);
	return result;
}
