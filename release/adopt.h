/* adopt.h - an RfC that takes over an existing apt or rpm-md repository: read, held against its own indexes, kept as blobs; nothing in it is parsed but the indexes.
 *
 * The repository stays as it is. Of several versions of a package the highest one is taken, since a channel serves one; the others are told. */
#pragma once
#include "release/release.h"

struct adopt_wish {
	const char *channel, *target, *folder, *reason;
	const char *keyring; /* certificates that must have signed its index; NULL: it counts as unsigned */
	const char *suite,
		*path;      /* the house's words on the target; NULL or "": the channel's own suite, rpm/ itself */
	const char *format; /* of the target, where it is known: a repository of another one is refused; NULL or "" */
	const char *urgency, *impact; /* NULL: low, minor */
};
/* {"rfc","channel","target","format","packages": how many,"signed": fingerprint or "","left": [{"name","version","architecture","why"}],"text"}. Run again after a kill,
 * it begins anew; what was kept already is not copied again. */
int channel_adopt(struct release *r, const struct actor *actor, const struct adopt_wish *w, json_t **ret, struct err *e)
	MUST;
