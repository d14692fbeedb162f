/* scenario_versions.c - the same version again, the next one, and back: reinstall, upgrade, downgrade, rollback; and all of one life. Daemons
 * stay alive. */
#include "sandbox/accounts.h"
#include "sandbox/services.h"
#include "sandbox/trial.h"
#include <string.h>

/* What a scenario holds between its operations. */
struct stage {
	struct watch was, is;
	struct lasting lasting;
	json_t *holds;
};

static void stage_done(struct stage *s)
{
	watch_done(&s->was);
	watch_done(&s->is);
	lasting_done(&s->lasting);
	json_decref(s->holds);
}

static void compare(struct trial *t, const struct stage *s, const char *check, const char *operation, bool is_same_root)
{
	struct comparison c = { .want = &s->was,
		.got = &s->is,
		.holds = s->holds,
		.edited = is_same_root ? NULL : s->lasting.edited,
		.check = check,
		.operation = operation,
		.is_same_root = is_same_root,
		.is_same_version = strcmp(operation, "reinstallation") == 0 };

	trees_compare(t, &c);
}

static int upgrade(struct trial *t, const char *const *files, const char *what, bool *ret_ok, struct err *e)
{
	t->is_upgrading = true;
	if (trial_install(t, files, what, ret_ok, e))
		return -1;
	t->is_upgrading = false;
	return 0;
}

/* What comes first is in place, and what must outlast the next is known. */
static int place(
	struct trial *t, const char *const *files, const char *what, struct stage *s, bool *ret_ok, struct err *e)
{
	if (trial_install(t, files, what, ret_ok, e))
		return -1;
	return *ret_ok ? lasting_take(t, &s->lasting, e) : 0;
}

/* The tree as it is now, which a later one is to equal. */
static int remember(struct trial *t, struct stage *s, struct err *e)
{
	return watch_take(t, &s->was, e) || trial_holds(t, &s->holds, e) ? -1 : 0;
}

/* The operation is over: what had to outlast it, and what is there now. */
static int look(struct trial *t, struct stage *s, bool same, const char *operation, struct err *e)
{
	return lasting_check(t, &s->lasting, same, operation, e) || observe_installed(t, e) ? -1 : 0;
}

int try_reinstall(struct trial *t, struct err *e)
{
	AUTO(stage) s = { 0 };
	bool ok = false;

	if (place(t, t->new_files, "install", &s, &ok, e) || (ok && remember(t, &s, e)))
		return -1;
	if (!ok)
		return 0;
	t->is_reinstalling = true;
	if (trial_install(t, t->new_files, "reinstall", &ok, e))
		return -1;
	t->is_reinstalling = false;
	if (!ok)
		return 0;
	if (look(t, &s, true, "reinstallation", e) || watch_take(t, &s.is, e))
		return -1;
	compare(t, &s, "reinstall-differs", "reinstallation", true);
	return expectations_check(t, e) ? -1 : try_broken_off(t, &s.lasting, e);
}

/* The way it ends on a real system: upgraded for years, and purged once. Where another scenario purges, that one tells who stays. */
static int purge_users(struct trial *t, struct err *e)
{
	AUTO(watch) now = { 0 };
	bool ok = false;

	if (t->test->tries_purge || !t->manager->purge ||
		json_array_size(t->test->log_rules ? t->test->log_rules->users_gone : NULL) == 0)
		return 0;
	if (t->manager->purge(t, &ok, e) || lasting_wait_gone(t, e) || watch_take(t, &now, e))
		return -1;
	if (!ok)
		trial_find(t, SEVERITY_HIGH, "purge-failed", "purge", "the package manager refused or failed");
	accounts_left(t, &now);
	return 0;
}

int try_upgrade(struct trial *t, struct err *e)
{
	AUTO(stage) s = { 0 };
	bool ok = false;

	if (place(t, t->old_files, "install of the old version", &s, &ok, e))
		return -1;
	if (ok && (observed_old(t, e) || upgrade(t, t->new_files, "upgrade", &ok, e)))
		return -1;
	if (!ok)
		return 0;
	if (look(t, &s, false, "upgrade", e) || observed_ports(t, e) || expectations_check(t, e))
		return -1;
	return purge_users(t, e);
}

/* The tree of the old version where no other was before it; seen in a root of its own. */
static int see_old(struct trial *t, struct watch *ret, json_t **ret_holds, bool *ret_ok, struct err *e)
{
	struct trial other = trial_like(t);
	int rc = trial_begin(&other, e);

	if (rc == 0)
		rc = trial_install(&other, t->old_files, "install of the old version", ret_ok, e);
	if (rc == 0 && *ret_ok)
		rc = watch_take(&other, ret, e) || trial_holds(&other, ret_holds, e) ? -1 : 0;
	trial_end(&other);
	return rc;
}

int try_downgrade(struct trial *t, struct err *e)
{
	AUTO(stage) s = { 0 };
	bool ok = false, is_seen = false;

	if (see_old(t, &s.was, &s.holds, &is_seen, e) || place(t, t->new_files, "install", &s, &ok, e) ||
		(ok && upgrade(t, t->old_files, "downgrade", &ok, e)))
		return -1;
	if (!ok)
		return 0;
	if (look(t, &s, false, "downgrade", e) || watch_take(t, &s.is, e))
		return -1;
	if (is_seen)
		compare(t, &s, "rollback-differs", "downgrade", false);
	else
		trial_find(t, SEVERITY_MEDIUM, "not-compared", "downgrade",
			"the old version alone could not be installed: its tree is not known");
	return 0;
}

int try_rollback(struct trial *t, struct err *e)
{
	AUTO(stage) s = { 0 };
	bool ok = false;

	if (place(t, t->old_files, "install of the old version", &s, &ok, e) ||
		(ok && (remember(t, &s, e) || upgrade(t, t->new_files, "upgrade", &ok, e))) ||
		(ok && upgrade(t, t->old_files, "rollback", &ok, e)))
		return -1;
	if (!ok)
		return 0;
	if (look(t, &s, true, "rollback", e) || watch_take(t, &s.is, e))
		return -1;
	compare(t, &s, "rollback-differs", "rollback", true);
	return 0;
}

/* One life in one root: it comes, comes again, goes, and goes for good. Nothing is edited or planted in between, so that what is left at the end is
 * the packages' own. */
int try_cycle(struct trial *t, struct err *e)
{
	AUTO(stage) s = { 0 };
	bool ok = false;

	if (trial_install(t, t->new_files, "install", &ok, e))
		return -1;
	if (!ok)
		return 0;
	if (observe_installed(t, e) || expectations_check(t, e) || remember(t, &s, e) ||
		lasting_take_alive(t, &s.was, &s.lasting, e))
		return -1;
	t->is_reinstalling = true;
	if (trial_install(t, t->new_files, "reinstall", &ok, e))
		return -1;
	t->is_reinstalling = false;
	if (ok) {
		bool is_other;

		if (lasting_settle(t, &s.lasting, e) || services_watch(t, &s.is, e) ||
			services_watch_late(t, &s.is, &is_other, e) ||
			lasting_check(t, &s.lasting, true, "reinstallation", e))
			return -1;
		compare(t, &s, "reinstall-differs", "reinstallation", true);
	}
	return trial_remove(t, false, e) || (t->manager->purge && trial_remove(t, true, e)) ? -1 : 0;
}
