/* release.h - what the commands and the pipeline do with a store: candidates, RfCs, votes, policy, the gate, releases.
 *
 * Every act that changes something is signed by its maker (struct actor, record.h) and goes into the log; refusals and failures too. Results are JSON as
 * `--json` shows them (owned by the caller); nothing prints. A store is opened with its policy chain verified. One thread. */
#pragma once
#include "release/gate/audit.h"
#include "release/gate/gate.h"
#include "release/gate/load.h"
#include "release/gate/log_index.h"
#include "release/gate/signer.h"

struct release {
	struct store *store;
	struct source_store source;
	struct policies chain;
	char id[65];             /* of the store; channel ids are ID/CHANNEL */
	bool has_logged;         /* something that others may want to hear of (deliver.h) */
	bool is_signer_next;     /* the next act needs not be told to the signer: it is asked right after it */
	struct log_index *index; /* a cache; STORE/index.db */
	const char *syslog_path; /* where the system's log listens; NULL: /dev/log */
};

/* ---- init.c */
struct init_options {
	const char *path;         /* NULL: store_default() */
	const char *organisation; /* NULL: "Example" */
	const char *owner;        /* fingerprint, or NULL: a trial person */
	const char *person;       /* the owner's short id; NULL: "owner" ("trial" without owner) */
	const char *home;         /* where the owner's secret key is; NULL: the usual place */
	const char *key_kind;     /* of the store's keys: "ed25519" (NULL) or "rsa4096" */
};
/* {"store","policy","owner","person","trial":bool,"package_key","release_key","expires"}; ERR_USAGE when there is a store with a policy already. */
int release_init(const struct init_options *o, json_t **ret, struct err *e) MUST;
int release_open(const char *where, struct release **ret, struct err *e) MUST; /* NULL: store_default() */
void release_close(struct release *r);
const json_t *release_policy(const struct release *r); /* the policy in force, parsed */
bool release_is_trial(const struct release *r);
/* STORE/keys/package or STORE/keys/release (GNUPGHOME); malloc. Only the package key is for anybody outside the signer. */
char *release_key_home(const struct release *r, const char *which);
/* {"package": FPR, "release": FPR} as the first owner signed them at init. */
int release_keys(struct release *r, json_t **ret, struct err *e) MUST;
/* keys.c. Certificates of every release key that ever was, for judging what they signed. */
int keys_ring(struct release *r, struct keyring *ret, struct err *e) MUST;
/* Writes keys/{release,package}.asc anew, the certificates of the policy's own-keys as they stand in the key folders (or, for a key that is kept elsewhere, in the
 * policy's keyring); earlier release keys go to keys/release.old.asc. */
int keys_refresh(struct release *r, struct err *e) MUST;
/* A further key in the store's folder of release or package keys. It signs nothing until a policy's own-keys name it. */
int keys_new(struct release *r, const char *which, const char *kind, char ret_fingerprint[65], struct err *e) MUST;
/* The keys in the store's folders that do not count, not yet or no more: [{"key","fingerprint","expires","days","warning": "revoked" or ""}]. Where a
 * folder is kept elsewhere it has none. */
int keys_idle(struct release *r, json_t **ret, struct err *e) MUST;
/* Revokes a key of the store with the revocation that was made with it. */
int keys_revoke(struct release *r, const char *which, const char *fingerprint, struct err *e) MUST;
struct text;
/* Everything known of these keys (of "release" or "package"); a certificate that stands nowhere is missing in the ring. */
int keys_gather(struct release *r, const char *which, const json_t *keys, struct keyring *ret, struct err *e) MUST;
/* One armored block a key: rpm takes them one by one, gpg and apt's gpgv take all. */
int keys_export(struct keyring *ring, const json_t *keys, struct text *ret, struct err *e) MUST;
/* keyring_package.c: FOLDER/NAME-VERSION.tar and NAME.yaml, its recipe (vendor may be NULL), with the keys that count and those of the store that may count next.
 * {"name","version","tar","recipe","keys": {"release","package"}} */
int keys_package(struct release *r, const char *folder, const char *vendor, json_t **ret, struct err *e) MUST;
/* What a client must know beforehand: {"version","store","organisation","policy": root digest,"owners": {...},"release_keys": [FPR],"certificates": armor,"channels": {NAME: id}} */
int release_trust(struct release *r, json_t **ret, struct err *e) MUST;

/* ---- act.c: for the files of this folder and for channel/ */
struct act {
	const char *type, *subject; /* subject: the words the log finds it by */
	json_t *body;               /* borrowed */
	/* Adds the catalogue's rows inside the same transaction; may be NULL. */
	int (*change)(struct release *r, const char *record, void *context, struct err *e);
	void *context;
};
/* Signs, stores and logs one act in one transaction. The caller holds store_lock, so that ids it chose stay free. */
int release_act(struct release *r, const struct actor *actor, const struct act *act, char ret_record[65], struct err *e)
	MUST;
/* What this process recorded last: "'rfc-open' of R-3"; "" nothing. What fails behind it takes nothing back, and whoever tells of it says so. */
const char *release_recorded(void);
/* From now on the signer misses what is logged when it is taken out; each act does so. One that cannot be reached is told with the next act. */
int release_tell_signer(struct release *r, struct err *e) MUST;
/* The same for a record that was signed elsewhere. */
int release_act_signed(struct release *r, const char *bytes, size_t len, const char *sig, size_t sig_len,
	const struct act *act, char ret_record[65], struct err *e) MUST;
/* A refusal or failure goes into the log as well; never fails the caller. */
void release_note(
	struct release *r, const struct actor *actor, const char *action, const char *subject, const char *outcome);
/* Whom the actor stands for and which key will sign. Malloc each. ERR_USAGE when nobody of the policy has such a key. */
int release_whoami(struct release *r, const struct actor *actor, char **ret_person, char **ret_home, char **ret_key,
	struct err *e) MUST;
/* Does the actor hold that role? A no is noted under action and subject. */
int release_may(struct release *r, const struct actor *actor, const char *role, const char *action, const char *subject,
	struct err *e) MUST;
/* Refuses (ERR_VERDICT): the person does not hold the role, `more` ("" or "; ..."), and who does. Returns -1. */
int release_not_holder(const struct release *r, const char *person, const char *role, const char *more, struct err *e);
/* The salted digest of a text that stays in the store, "" for none; rfc show finds the text by it. */
int release_comment(struct release *r, const char *text, char ret[65], struct err *e) MUST;
/* each.c: every record of these kinds, at most eight, in the log's order, with its seq. One of them in memory at a time. */
typedef int release_seen(void *context, const struct record *record, struct err *e);
int release_each(struct release *r, const char *const *kinds, size_t len, bool is_trusting, release_seen *see,
	void *context, struct err *e) MUST;
/* How many acts of that kind there were: the next number of a candidate or an RfC. Under store_lock. */
int release_next(struct release *r, const char *type, const char *prefix, char ret_id[32], struct err *e) MUST;
/* The dossier with the present chain. is_trusting: for lists. check_packages: for asking the gate about a channel. */
int release_dossier(struct release *r, const char *rfc, bool is_trusting, bool check_packages, struct dossier *ret,
	struct err *e) MUST;
/* Makes the catalogue's rows of these RfCs say what their records say (NULL: all of them). Inside a transaction or not. */
int release_refresh(struct release *r, const char *subject, struct err *e) MUST;

/* ---- candidate.c
 * submit: {"product","vendor","version","source": {"name","size","sha256"},"recipe": digest or "","house": digest or "","as_is": reason or "",
 *   "packages": [{"target","format","name","version","architecture" (native),"sha256","size","location" (index.h),"fragment": digest of the stanza text or fragment JSON,
 *                 "suite": apt suite of the house's target or "","path": rpm path of the house's target or ""}],
 *   "evidence": [digest of evidence_json blobs],"facts": digest or "","reports": [digest]}
 * Every digest must be a blob of the store already. Evidence kinds the gate knows: vendor-signature (subjects: the source's sha256; body {"vendor","fingerprint"}), test
 * (subjects: package sha256s; body {"sandbox": ["userns", ...]} lists what the machine offered), comparison (body {"findings": findings_json}). Findings in any evidence's body count.
 * Steals submit. */
int candidate_add(struct release *r, const struct actor *actor, json_t *submit, char ret_id[32], struct err *e) MUST;
int candidate_list(struct release *r, json_t **ret, struct err *e) MUST;
int candidate_show(struct release *r, const char *id, json_t **ret, struct err *e) MUST;
int candidate_withdraw(struct release *r, const struct actor *actor, const char *id, const char *reason,
	const char *superseded_by, struct err *e) MUST;
/* The submit body of the candidate of that product now released to any channel, newest release first; *ret NULL when there is none. For compare: body "facts", "recipe". */
int candidate_released(struct release *r, const char *product, json_t **ret, struct err *e) MUST;
/* before.c: the same for packages (candidate_add's); where there is none, what they replace of repositories that were taken over, in that shape: "adopted": true, "packages", "version", and
 * neither facts nor recipe, evidence or candidate. */
int candidate_before(struct release *r, const char *product, const json_t *packages, json_t **ret, struct err *e) MUST;
/* Evidence that people bring (a department's own test, a second source's checksum). */
int evidence_add(struct release *r, const struct actor *actor, const char *candidate, const char *kind,
	const char *verdict, const char *file, struct err *e) MUST;
/* Evidence that a machine found for a candidate after its submission (evidence_json), as a signed act. A test that passes counts only for the one who
 * submitted it, and not against another person's no (fold.c). */
int evidence_record(struct release *r, const struct actor *actor, const char *candidate, const json_t *evidence,
	char ret_digest[65], struct err *e) MUST;
/* {"candidate","findings": [{"digest","check","severity","where","text",...,"evidence": kind,"status": "open" (must be accepted) | "accepted" | "told" (below fail-on),
 * "acceptors": [role],"accepted": [{"person","role","reason","until","scope","counts": bool: the gate would count it now}]}]} */
int finding_list(struct release *r, const char *candidate, json_t **ret, struct err *e) MUST;
/* {digest: {"reason","role","until"}} of the findings that were accepted for the candidate ("": none yet) or its product, and whose time is not over. */
int finding_decided(struct release *r, const char *candidate, const char *product, json_t **ret, struct err *e) MUST;
int finding_accept(struct release *r, const struct actor *actor, const char *candidate, const char *finding,
	const char *role, const char *reason, int64_t until, const char *scope, struct err *e) MUST;

/* A second person's yes to a recipe that changed (its digest, recipe.h): clears the finding recipe-changed of every candidate that was made by it and
 * that somebody else submitted. */
int recipe_approve(struct release *r, const struct actor *actor, const char *recipe, const char *role,
	const char *reason, struct err *e) MUST;

/* ---- rfc.c
 * request: {"candidates": ["C-1"],"reason","urgency","impact","type","window": "START/DURATION","external","template","attach": [digest], FIELD: text ...}; steals it. */
int rfc_open(struct release *r, const struct actor *actor, json_t *request, char ret_id[32], json_t **ret_warnings,
	struct err *e) MUST;
int rfc_show(struct release *r, const char *id, json_t **ret, struct err *e) MUST;
int rfc_list(struct release *r, const char *state, json_t **ret, struct err *e)
	MUST; /* state NULL: all; reads the rows, judges nothing */
int rfc_edit(struct release *r, const struct actor *actor, const char *id, json_t *fields, json_t **ret, struct err *e)
	MUST; /* steals; {"revision","changed": [...],"new_revision": bool} */
int rfc_withdraw(struct release *r, const struct actor *actor, const char *id, const char *reason, struct err *e) MUST;
/* The exact bytes of a vote (canonical JSON of its record), for a key elsewhere. Malloc. */
int rfc_statement(struct release *r, const struct actor *actor, char *const *ids, size_t len, const char *role,
	const char *decision, const char *comment, const char *condition, char **ret, size_t *ret_len, struct err *e)
	MUST;
int rfc_vote(struct release *r, const struct actor *actor, char *const *ids, size_t len, const char *role,
	const char *decision, const char *comment, const char *condition, json_t **ret, struct err *e) MUST;
int rfc_vote_signed(struct release *r, const char *statement, size_t len, const char *signature, size_t sig_len,
	json_t **ret, struct err *e) MUST;
/* life.c: the acts of gate/states.h. words: the body without "rfc", "comment" as a text; stolen. {"rfc","state","record","revision"} */
int rfc_life(struct release *r, const struct actor *actor, const char *id, const char *type, json_t *words,
	json_t **ret, struct err *e) MUST;
/* May the actor do it in the RfC's present state? A refusal is logged. */
int rfc_act_check(
	struct release *r, const struct actor *actor, const char *type, const struct dossier *d, struct err *e) MUST;
/* ---- deputy.c */
/* [{"person","for","role","from","until","key","record"[,"ended"]}], each as its holder signed it. */
int deputy_list(struct release *r, json_t **ret, struct err *e) MUST;
int deputy_add(struct release *r, const struct actor *actor, const char *role, const char *deputy, int64_t from,
	int64_t until, json_t **ret, struct err *e) MUST;
int deputy_end(struct release *r, const struct actor *actor, const char *role, const char *deputy, json_t **ret,
	struct err *e) MUST;
/* Whose voice the person has in that role: "" their own, or the holder's (actor->stands_for, or the only one). ERR_VERDICT: none. Malloc. */
int deputy_for(struct release *r, const struct actor *actor, const char *person, const char *role, int64_t at,
	char **ret, struct err *e) MUST;
/* The voter, or another holder of the role, says that the condition of the voter's yes is met. role NULL: the latest such yes. */
int rfc_condition_met(struct release *r, const struct actor *actor, const char *id, const char *voter, const char *role,
	json_t **ret, struct err *e) MUST;

/* schedule.c. at NULL: its date is taken away. Refused by the gate's rules on time: ERR_VERDICT "E_GATE" with {"allow","reasons"} in *ret; else the act's body. */
struct schedule_wish {
	const char *at, *length, *channel; /* length, channel may be NULL */
};
int rfc_schedule(struct release *r, const struct actor *actor, const char *id, const struct schedule_wish *wish,
	json_t **ret, struct err *e) MUST;
/* consent.c: a role's word on what a standard change's template says now; the act's body. */
int template_consent(struct release *r, const struct actor *actor, const char *template, const char *role,
	const char *decision, json_t **ret, struct err *e) MUST;
/* forward.c: {"from","until" (seconds, as in all of it),"zone","organisation","windows","blackouts" (with "process"),"changes": [{"rfc","from","until","person",
 * "channel","text","processes"}],"conflicts": [{"rfc","with","process","from","until","text"}],"unreadable": [{"calendar","text"}]} */
int release_forward(struct release *r, int64_t from, int64_t until, json_t **ret, struct err *e) MUST;
json_t *rfc_fields(void); /* [{"key","meaning","needed_for": {"minor": ..., ...},"binds": bool}] */
json_t *rfc_states(void); /* [{"from","to","who","when"}] */

/* ---- ask.c */
/* {"allow","reasons","rfc","channel","at"}; channel NULL: the only one there is, else whether it is authorised at all. A refusal is no failure here; it is logged. */
int release_gate(struct release *r, const char *rfc, const char *channel, int64_t at, json_t **ret, struct err *e) MUST;
/* The command: asks, records the implementer's signed act, has the signer ask again and sign, publishes through `publish` (channel/ gives it) and records the snapshot.
 * May be repeated after a kill: it goes on. ERR_VERDICT "E_GATE" when refused, reasons in *ret. {"channel","serial","rfc","tree"} */
typedef int channel_publisher(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e);
int release_to(struct release *r, const struct actor *actor, const char *rfc, const char *channel,
	channel_publisher *publish, json_t **ret, struct err *e) MUST;
int release_resign(struct release *r, const char *channel, channel_publisher *publish, json_t **ret, struct err *e)
	MUST;
/* The last release.json the signer made for a channel, from the catalogue, its signature checked; *ret NULL when there is none. */
int release_current(struct release *r, const char *channel, json_t **ret, struct err *e) MUST;
/* The digest of its release.json, as it was logged; "" when nothing was let out. */
int release_current_digest(struct release *r, const char *channel, char ret[65], struct err *e) MUST;
/* Why nobody who knows the keys that count now believes what the channel serves: a code, "E_SIG_KEY_REVOKED" ..., static; "": they do, or nothing is served. */
int release_unbelieved(struct release *r, const char *channel, const char **ret, struct err *e) MUST;
/* {"store","organisation","policy","candidates","rfcs": {state: count},"channels": [{"name","serial","time","valid_until","packages"}],"keys": [{"key","expires","days","warning"}],"warnings": [...]} */
int release_status(struct release *r, json_t **ret, struct err *e) MUST;

/* Has the signer ask and sign (rfc "": the present set again), publishes, and records the snapshot. Under store_lock. */
int release_publish(struct release *r, const char *rfc, const char *channel, bool is_back, channel_publisher *publish,
	json_t **ret, struct err *e) MUST;
/* rollback.c: the RfC's packages go back, on that channel or (NULL) wherever they are served: {"rfc","channels": [{"channel","serial"}]}. ERR_VERDICT E_GATE with
 * {"allow","reasons"} in *ret when refused. May be repeated after a kill: it goes on. */
int release_rollback(struct release *r, const struct actor *actor, const char *rfc, const char *channel,
	const char *reason, channel_publisher *publish, json_t **ret, struct err *e) MUST;
/* stop.c: who has a role stops a channel alone. What is served is signed once more, so that whoever takes it hears of it: {"channel","record","serial" (0: nothing was
 * published yet)}. A stop that was recorded stands even where that failed. */
int channel_stop(struct release *r, const struct actor *actor, const char *channel, const char *reason,
	channel_publisher *publish, json_t **ret, struct err *e) MUST;
/* The stops of the channel that nothing has taken back: [{"person","reason","time","record","seq","channel"}]. */
int release_stops(struct release *r, const char *channel, json_t **ret, struct err *e) MUST;

/* site.c: a receipt that a distribution server wrote (channel/pull.h), taken down: {"site","channel","serial","signed": key or "","record"}. Where the policy gives the
 * site keys, its signature is asked for. ERR_VERDICT E_MISMATCH: it names no snapshot that was let out here. */
struct receipt_files {
	const char *receipt, *signature; /* signature may be NULL */
};
int site_add(struct release *r, const struct actor *actor, const struct receipt_files *files, json_t **ret,
	struct err *e) MUST;
/* site_list.c: {"sites": [{"site" ("": people's words),"channel","serial","current","behind","since","valid_until","expired": bool,"signed","how": "pull|import|reports|absent","targets" (where the site left others out),
 * "known": machines that reported,"late": on an older serial than the current one,"failed","serials": [{"serial","ok","failed"}],"machines": [{"machine","status","serial","behind",
 * "time","text"}]}]}: each site's last word on each channel, and each machine's; absent: in a group of the channel, and never heard of. site NULL: all. */
int site_list(struct release *r, const char *site, json_t **ret, struct err *e) MUST;

/* report.c: how it went on a machine: {"type": "sluice-report","version": 1,"site","machine","channel","channel_id","serial","release","valid_until","status": "ok|failed","text","time"}.
 * A site that the policy knows signs it with its key; without a site it is the actor's own word, and the actor has a role. */
struct report_wish {
	const char *channel, *site, *machine, *status,
		*text; /* channel NULL: the only one; site "": the actor's word; machine NULL: this one's name */
};
/* About the channel's present snapshot. */
int report_make(struct release *r, const struct report_wish *wish, json_t **ret, struct err *e) MUST;
/* The same where there is no store: the snapshot is the one in state, a file of clients/guard. */
int report_make_from(const char *state, const struct report_wish *wish, json_t **ret, struct err *e) MUST;
/* Takes it down, and stops the channel (the actor's act) where the policy's stop-at says so: {"machine","channel","serial","status","signed","record","stopped": reason or ""}. */
int report_add(struct release *r, const struct actor *actor, const struct receipt_files *files,
	channel_publisher *publish, json_t **ret, struct err *e) MUST;
int report_say(struct release *r, const struct actor *actor, const json_t *report, channel_publisher *publish,
	json_t **ret, struct err *e) MUST;
/* rfc NULL: all. {"rings": [{"rfc","channel","serial","since","ok","failed","absent","machines": [{"machine","site","status": "ok|failed|absent","serial","time","text"}]}]},
 * each release to each channel. A failure counts against the changes that came since the machine was well. */
int report_list(struct release *r, const char *rfc, json_t **ret, struct err *e) MUST;
/* Whether the reports since the channel's last stop ask for one: *ret_reason NULL, or malloc. */
int report_wants_stop(struct release *r, const char *channel, char **ret_reason, struct err *e) MUST;

/* past.c: {"channel","history": [{"what": "release|removal|adoption|rollback|signed-again|export|stop|resume","time","serial","rfc","person","valid_until","packages","release","reason","seq": its row of the log}]}, oldest first;
 * the last `last` of them (0: all). */
int channel_history(struct release *r, const char *channel, size_t last, json_t **ret, struct err *e) MUST;
/* {"channel","from","to","came","went","changed": [{"target","name","architecture","from","to": versions,"product","rfc": which let it in or took it away}]}; each release.json believed by its signature. */
int channel_diff(struct release *r, const char *channel, int64_t from, int64_t to, json_t **ret, struct err *e) MUST;
/* A release.json by digest, where the release key signed it. */
int release_believe(struct release *r, const char *digest, const char *signature, json_t **ret, struct err *e) MUST;
/* export.c: the present set signed for being carried, valid for so many seconds (the policy's export-valid-for is the most); logged, not served. */
int release_sign_export(
	struct release *r, const char *channel, int64_t valid_for, struct signer_answer *ret, struct err *e) MUST;
/* release.json and its signature, out of the answer, as blobs. */
int release_keep_answer(struct release *r, const struct signer_answer *a, char ret_release[65], char ret_signature[65],
	struct err *e) MUST;
/* The release.json of that serial, from the store, its signature checked. ERR_USAGE: there is none. */
int release_snapshot(struct release *r, const char *channel, int64_t serial, json_t **ret, struct err *e) MUST;

/* due.c: {"time","person","items": [{"what","state": "done|waiting|missed|failed|reminder","subject","text","new"}]}. Never acts for anybody but the actor. */
int release_run_due(
	struct release *r, const struct actor *actor, channel_publisher *publish, json_t **ret, struct err *e) MUST;

/* ---- waiting.c */
/* {role: how many RfCs wait for it} and how many emergencies owe their approval. rfcs: rfc_list's. */
int release_waiting(struct release *r, const json_t *rfcs, json_t **ret_roles, int64_t *ret_debts, struct err *e) MUST;

/* ---- policy_ops.c */
int policy_show(struct release *r, char **ret_text, size_t *ret_len, json_t **ret, struct err *e)
	MUST; /* exact bytes, and the parsed form with "digest" (of the state), "text", "files"; either may be NULL */
int policy_check(const char *file, json_t **ret, struct err *e)
	MUST; /* {"ok": true,"can_be_put_in_force","refused","warnings","lint": policy_lint,"words": [sentence]}; ERR_USAGE: FILE:LINE:COLUMN */
struct policy_replacement {
	const char *file;
	const char *
		path; /* which of the policy's files it is; NULL: the one whose path the file's place ends with, else the policy */
	const char *keyring; /* certificates to add; NULL: the policy's keyring where the file lies */
	char *const *signatures;
	size_t signatures_len;
};
/* The policy with the files beside it, or one of its files (policy.h says who must sign). {"policy","version","record","warnings"[,"path","sha256"]} */
int policy_replace(struct release *r, const struct actor *actor, const struct policy_replacement *o, json_t **ret,
	struct err *e) MUST;
/* The bytes in force of one of the policy's files. */
int policy_show_file(struct release *r, const char *path, char **ret, size_t *ret_len, struct err *e) MUST;
/* What a test machine must offer (sandbox.require), comma separated; NULL when the policy does not say; malloc. */
char *policy_required(const struct release *r);
/* roots: {max-age}: seconds after which a test root is old; 0 when the policy does not say. */
int64_t policy_root_max_age(const struct release *r);
/* Certificates of the whole chain as one keyring, for verifying vendors: pinned fingerprints of one vendor, or of all (vendor NULL). The keyring is borrowed. */
int policy_vendor_pins(struct release *r, const char *vendor, char ***ret, size_t *ret_len, struct err *e)
	MUST; /* malloc each and the array */
struct keyring *policy_keyring(struct release *r);
