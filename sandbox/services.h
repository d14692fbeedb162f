/* services.h - the services that packages bring: do they run after an installation, are they gone after a removal?
 *
 * In profile systemd the root's systemd is asked; in profile plain the init scripts are. A unit without an init script cannot run in plain:
 * that is said, not passed over. */
#pragma once
#include "sandbox/trial.h"

enum service_state {
	SERVICE_ABSENT, /* there is no such service */
	SERVICE_STOPPED,
	SERVICE_STARTING, /* or stopping */
	SERVICE_RUNNING,  /* of a socket, timer or path: it waits for what starts it */
	SERVICE_DONE,     /* one that does its work and ends, did */
	SERVICE_FAILED,
	SERVICE_SKIPPED,   /* a condition of its unit was not met */
	SERVICE_UNKNOWN,   /* its init script does not tell */
	SERVICE_NOT_TRIED, /* a unit without init script, in profile plain */
};
/* As the report says it: "running", "not tried", ... */
const char *service_state_word(enum service_state s);

/* `show` lines of one unit (systemctl show) judged; for tests. */
struct service_facts {
	enum service_state state;
	bool was_started;  /* something asked for it, since boot */
	bool is_triggered; /* a socket, timer or path starts it */
	bool is_enabled;
	bool has_declined;  /* its init script was asked to start it, and left it at that */
	bool is_root_limit; /* it failed because a test root cannot give what it asks for */
	int restarts, status;
	char result[40];
};
void service_facts(const char *show, struct service_facts *ret);

/* Before the packages come: what the system itself may start. */
int services_before(struct trial *t, struct err *e) MUST;
/* Waits until what the packages started has come to rest; *ret is what there was while nothing moved. */
int services_watch(struct trial *t, struct watch *ret, struct err *e) MUST;
/* A moment later, before anything is said about what lives: when others live than at services_watch, *ret is what there is now. */
int services_watch_late(struct trial *t, struct watch *ret, bool *ret_changed, struct err *e) MUST;
/* After an installation or another operation that leaves the packages installed; t->units is filled. */
int services_installed(struct trial *t, const struct changes *now, struct err *e) MUST;
int services_removed(struct trial *t, struct err *e) MUST;
/* Profile plain: was a service asked to start whose init script belongs to a package that is still installed? What runs may be its. */
int services_of_others(struct trial *t, bool *ret, struct err *e) MUST;
/* One service by name, with or without ".service". */
int service_state(struct trial *t, const char *name, enum service_state *ret, struct err *e) MUST;
/* Like sandbox_processes, without those that belong to units the system itself had before the packages came. */
int services_processes(struct trial *t, struct processes *ret, struct err *e) MUST;
/* What a policy-rc.d says here: start, as on a running system, unless disabled. It writes down what it was asked for. */
extern const char services_policy[];
