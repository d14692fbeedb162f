/* export.c - a snapshot signed for being carried: by the signer, within what the policy allows, and written into the log. */
#include "release/release.h"
#include <string.h>

static int note(struct release *r, const char *channel, const char *release, const char *signature, struct err *e)
{
	struct db *db = r->store->db;

	if (db->ops->begin(db, e))
		return -1;
	if (log_append(r->store, "signer", "export", channel, "ok", release, signature, e) || db->ops->commit(db, e)) {
		db->ops->rollback(db);
		return -1;
	}
	r->has_logged = true;
	return 0;
}

int release_sign_export(
	struct release *r, const char *channel, int64_t valid_for, struct signer_answer *ret, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	char release[65], signature[65];
	struct signer_answer a = { 0 };
	struct err resumed = { 0 };
	int result;

	if (lock < 0)
		return -1;
	store_pause(r->store);
	result = index_signer_export(r->store->path, channel, valid_for, &a, e);
	if (store_resume(r->store, &resumed) && result == 0) {
		*e = resumed;
		result = -1;
	}
	if (result == 0 &&
		(release_keep_answer(r, &a, release, signature, e) || note(r, channel, release, signature, e)))
		result = -1;
	if (result) {
		signer_answer_done(&a);
		return err_wrap(e, "signing channel '%s' for export", channel);
	}
	*ret = a;
	return 0;
}
