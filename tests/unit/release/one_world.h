/* one_world.h - for test programs whose tests all share one store: the world, opened before the first and closed behind the last. */
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
