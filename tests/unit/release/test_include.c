/* test_include.c - files of the policy: who may put a version in force, what nobody may, and that each state stays what it was. */
#include "one_world.h"

static void write_in(const char *name, const char *text)
{
	AUTO_FREE char *path = fs_join(world.dir, name), *calendars = fs_join(world.dir, "calendars");
	struct err e = { 0 };

	OK(fs_mkdirs(calendars, 0755, &e));
	OK(fs_write_file(path, text, strlen(text), 0644, &e));
}

/* Replaces the policy (signed by its owner) or, with who >= 0, one of its files as that person. */
static int replace_as(int who, const char *name, char *sig, struct err *e)
{
	AUTO_FREE char *path = fs_join(world.dir, name);
	struct actor actor = as(&world, who);
	AUTO_JSON *answer = NULL;
	struct policy_replacement o = { .file = path, .signatures = &sig, .signatures_len = sig != NULL };

	return policy_replace(world.r, &actor, &o, &answer, e);
}

static char *sign(int who, const char *name)
{
	AUTO_FREE char *path = fs_join(world.dir, name);

	return sign_file(&world, who, path);
}

static const char calendar[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
static const char other_calendar[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-N:2\r\nEND:VCALENDAR\r\n";

static char *people(const char *carl, const char *more)
{
	return mem_printf("carl: {keys: [\"openpgp:%s\"]}\n%s", carl, more);
}

/* carl owns people.yaml and the calendars; the windows calendar outside has no owners of its own. */
static void put_includes(const char *more)
{
	AUTO_FREE char *path = NULL, *text = NULL, *own = people(world.keys[CARL], ""), *sig = NULL, *last = NULL;
	char *cut, *end, *whole;
	struct err e = { 0 };
	size_t len;

	write_in("people.yaml", own);
	write_in("calendars/reporting.ics", calendar);
	write_in("windows.ics", calendar);
	write_in("contacts.yaml", "carl: {phone: \"555 1234\"}\n");
	path = write_policy(&world, "policy.yaml", "[carl]", world.keys[CARL], "");
	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	cut = strstr(text, "security-officer: [carl]}"); /* one more role */
	assert_non_null(cut);
	whole = mem_printf("%.*ssecurity-officer: [carl], department/finance: [carl]}%s", (int)(cut - text), text,
		cut + strlen("security-officer: [carl]}"));
	free(text);
	text = whole;
	cut = strstr(text, "  carl: {keys");
	end = cut ? strchr(cut, '\n') + 1 : NULL;
	assert_non_null(cut);
	last = mem_printf("%.*s%sinclude: {people: {file: people.yaml, owners: [carl]}, calendars: {dir: calendars, "
			  "owners: [carl]}, contacts: {file: contacts.yaml, publish: false}}\n"
			  "services: {reports: {packages: [org-report]}}\n"
			  "processes: {reporting: {department: finance, services: [reports], blackouts: "
			  "calendars/reporting.ics}}\nwindows: windows.ics\n%s",
		(int)(cut - text), text, end, more);
	write_in("policy.yaml", last);
	sig = sign(TRIAL, "policy.yaml");
	OK(replace_as(TRIAL, "policy.yaml", sig, &e));
}

static void taken_with_the_policy(void **state)
{
	const struct policy *now;
	AUTO_FREE char *bytes = NULL, *contacts = NULL;
	struct err e = { 0 };
	size_t len;

	put_includes("");
	now = policies_now(&world.r->chain);
	assert_int_equal(json_object_size(now->files), 4);
	assert_string_not_equal(now->digest, now->text_digest);
	assert_true(policy_key_of(now->json, "carl", world.keys[CARL]));
	OK(policy_file(now, &world.r->source.source, "calendars/reporting.ics", &bytes, &len, &e));
	assert_string_equal(bytes, calendar);
	/* what is not published is known by a digest that cannot be guessed */
	OK(policy_file(now, &world.r->source.source, "contacts.yaml", &contacts, &len, &e));
	assert_true(text_starts(contacts, "# salt: "));
	assert_non_null(strstr(contacts, "555 1234"));
}

static void owner_alone(void **state)
{
	char before[65], after[65];
	struct err e = { 0 };

	memcpy(before, policies_now(&world.r->chain)->digest, 65);
	write_in("calendars/reporting.ics", other_calendar);
	/* pat owns neither the file nor the policy */
	assert_int_equal(replace_as(PAT, "calendars/reporting.ics", NULL, &e), -1);
	assert_non_null(strstr(e.text, "none of its owners"));
	assert_int_equal(e.class, ERR_VERDICT);
	e = (struct err){ 0 };
	OK(replace_as(CARL, "calendars/reporting.ics", NULL, &e));
	memcpy(after, policies_now(&world.r->chain)->digest, 65);
	assert_string_not_equal(before, after);
	/* back to the old bytes: by a new act of an owner it may, and it makes a state of its own */
	write_in("calendars/reporting.ics", calendar);
	OK(replace_as(CARL, "calendars/reporting.ics", NULL, &e));
	assert_string_not_equal(policies_now(&world.r->chain)->digest, before);
	assert_int_equal(replace_as(CARL, "calendars/reporting.ics", NULL, &e), -1);
	assert_non_null(strstr(e.text, "in force already"));
}

static void old_signature_brings_nothing_back(void **state)
{
	AUTO_FREE char *sig = NULL, *new_sig = NULL;
	struct err e = { 0 };

	/* carl signed the other calendar once, detached; pat keeps that signature */
	write_in("calendars/reporting.ics", other_calendar);
	sig = sign(CARL, "calendars/reporting.ics");
	assert_int_equal(replace_as(PAT, "calendars/reporting.ics", sig, &e), -1);
	assert_non_null(strstr(e.text, "none of its owners"));
	e = (struct err){ 0 };
	write_in("calendars/reporting.ics", "BEGIN:VCALENDAR\r\nX-N:3\r\nEND:VCALENDAR\r\n");
	new_sig = sign(CARL, "calendars/reporting.ics");
	OK(replace_as(PAT, "calendars/reporting.ics", new_sig, &e));
}

static void without_owners_the_policys(void **state)
{
	struct err e = { 0 };

	write_in("windows.ics", other_calendar);
	assert_int_equal(replace_as(CARL, "windows.ics", NULL, &e), -1);
	assert_non_null(strstr(e.text, "no owners of its own"));
	e = (struct err){ 0 };
	OK(replace_as(TRIAL, "windows.ics", NULL, &e));
}

/* A new colleague does not need the board; another key for somebody with a role does. */
static void people_file(void **state)
{
	AUTO_FREE char *colleague = people(
		world.keys[CARL], "nils: {keys: [\"openpgp:7123456789ABCDEF0123456789ABCDEF01234567\"]}\n");
	AUTO_FREE char *swapped = people("8123456789ABCDEF0123456789ABCDEF01234567", ""), *gone = mem_strdup("{}\n");
	AUTO_FREE char *shared = people(world.keys[PAT], "");
	struct err e = { 0 };

	write_in("people.yaml", colleague);
	OK(replace_as(CARL, "people.yaml", NULL, &e));
	assert_non_null(policy_person(release_policy(world.r), "nils"));
	write_in("people.yaml", swapped);
	assert_int_equal(replace_as(CARL, "people.yaml", NULL, &e), -1);
	assert_non_null(strstr(e.text, "gives 'carl', who holds a role, another key"));
	e = (struct err){ 0 };
	write_in("people.yaml", gone);
	assert_int_equal(replace_as(CARL, "people.yaml", NULL, &e), -1);
	assert_int_equal(e.class, ERR_USAGE); /* a role would name nobody */
	e = (struct err){ 0 };
	write_in("people.yaml", shared);
	assert_int_equal(replace_as(TRIAL, "people.yaml", NULL, &e), -1);
	assert_non_null(strstr(e.text, "somebody else's already"));
	e = (struct err){ 0 };
	write_in("people.yaml", colleague);
}

static void emptied_file_changes_nothing(void **state)
{
	const struct policy *now = policies_now(&world.r->chain);
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	write_in("calendars/reporting.ics", "");
	OK(policy_file(now, &world.r->source.source, "calendars/reporting.ics", &bytes, &len, &e));
	assert_non_null(strstr(bytes, "BEGIN:VCALENDAR"));
	assert_int_equal(replace_as(CARL, "calendars/reporting.ics", NULL, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

/* The chain read again gives the same states; each record is believed in the state it names. */
static void chain_again(void **state)
{
	struct release *again;
	struct err e = { 0 };
	AUTO_JSON *audit = NULL;

	OK(release_open(world.store, &again, &e));
	assert_int_equal(again->chain.len, world.r->chain.len);
	for (size_t i = 0; i < again->chain.len; i++)
		assert_string_equal(again->chain.at[i].digest, world.r->chain.at[i].digest);
	release_close(again);
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
}

/* A record of an old state stands although the same bytes came and went. */
static void acts_between_states(void **state)
{
	char candidate[32], rfc[32];
	AUTO_FREE char *state_now = NULL;
	struct err e = { 0 };

	add_candidate(&world, "1.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	write_in("calendars/reporting.ics", other_calendar);
	OK(replace_as(CARL, "calendars/reporting.ics", NULL, &e));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	state_now = state_of(&world, rfc);
	assert_string_equal(state_now, "authorised");
}

/* With a threshold of two, one owner and a signature that the other made elsewhere make two; the same owner twice does not. */
static void two_owners(void **state)
{
	AUTO_FREE char *path = fs_join(world.dir, "policy.yaml"), *text = NULL, *two = NULL, *sig = NULL, *own = NULL,
		       *other = NULL;
	struct err e = { 0 };
	char *at;
	size_t len;

	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	at = strstr(text, "{threshold: 1, people: [trial]}");
	assert_non_null(at);
	two = mem_printf("%.*s{threshold: 2, people: [trial, carl]}%s", (int)(at - text), text,
		at + strlen("{threshold: 1, people: [trial]}"));
	write_in("policy.yaml", two);
	write_in("calendars/reporting.ics", calendar); /* comes along: trial owns the policy as it is */
	sig = sign(TRIAL, "policy.yaml");
	OK(replace_as(TRIAL, "policy.yaml", sig, &e));
	write_in("windows.ics", "BEGIN:VCALENDAR\r\nX-N:9\r\nEND:VCALENDAR\r\n");
	own = sign(TRIAL, "windows.ics");
	assert_int_equal(replace_as(TRIAL, "windows.ics", own, &e), -1);
	assert_non_null(strstr(e.text, "2 of the policy's owners must sign"));
	e = (struct err){ 0 };
	other = sign(CARL, "windows.ics");
	OK(replace_as(TRIAL, "windows.ics", other, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_with_the_policy),
		cmocka_unit_test(owner_alone),
		cmocka_unit_test(old_signature_brings_nothing_back),
		cmocka_unit_test(without_owners_the_policys),
		cmocka_unit_test(people_file),
		cmocka_unit_test(emptied_file_changes_nothing),
		cmocka_unit_test(acts_between_states),
		cmocka_unit_test(two_owners),
		cmocka_unit_test(chain_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
