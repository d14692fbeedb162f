/* recipe_new.h - a first recipe from what inspect sees in a vendor's file: guesses that work as they stand, suggestions as comments. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/event.h"

/* *ret_text: YAML that recipe_load takes, malloc. Nothing of the file is run; it is decoded once, confined. */
int recipe_new(const char *file, const struct events *events, char **ret_text, struct err *e) MUST;
