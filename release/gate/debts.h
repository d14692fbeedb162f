/* debts.h - what is owed for emergencies: each one that went out needs, by its deadline, the votes that a normal change would have needed.
 *
 * Whether a debt is paid is asked of the gate itself: the emergency's whole dossier comes along with that of a change on the same channel. */
#pragma once
#include "release/gate/load.h"

/* The emergencies among the pairs (those with "of"), each as a dossier of its own, every signature checked. */
int debts_load(struct dossier *d, const json_t *pairs, struct err *e) MUST;
void debts_done(struct dossier *d);
/* [{"rfc","channel","time","due","paid"}]: of the dossier's emergencies, and of itself where it is one (is_own). policy: the present one. New array. */
json_t *debts_of(const struct dossier *d, const struct policy *policy, int64_t at, bool is_own);
