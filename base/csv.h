/* csv.h - comma-separated values, strictly as RFC 4180 has them.
 *
 * Lines end with CRLF or LF; a cell with a quote, a comma or a line end stands in quotes, "" inside is one; every record has as many cells as the first.
 * UTF-8 without control bytes but for line ends inside quotes; a byte order mark in front is passed over. Anything else is ERR_USAGE with FILE:LINE. */
#pragma once
#include "base/json.h"

enum { CSV_RECORDS_MAX = 100000, CSV_CELLS_MAX = 64, CSV_CELL_MAX = 4096 };
/* [{"line": of its first byte, "cells": [text]}]; blank lines are records of one empty cell, and so refused where there are more columns. */
int csv_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e) MUST;
