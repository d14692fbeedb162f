/* layers.c - a plan as text, and the names of layers. */
#include "sandbox/plan.h"
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

/* `word` is the policy's (sandbox.require). */
static const struct {
	const char *name, *word;
} layers[LAYERS] = {
	[LAYER_USER] = { "user namespace", "userns" },
	[LAYER_MOUNT] = { "mount namespace", "mountns" },
	[LAYER_PID] = { "pid namespace", "pidns" },
	[LAYER_NETWORK] = { "network namespace", "netns" },
	[LAYER_IPC] = { "ipc namespace", "ipcns" },
	[LAYER_HOSTNAME] = { "hostname namespace", "utsns" },
	[LAYER_CGROUP_VIEW] = { "cgroup namespace", "cgroupns" },
	[LAYER_TIME] = { "time namespace", "timens" },
	[LAYER_LANDLOCK] = { "landlock", "landlock" },
	[LAYER_SECCOMP] = { "seccomp", "seccomp" },
	[LAYER_MEMORY_GROUP] = { "memory cgroup", "memory" },
	[LAYER_PIDS_GROUP] = { "pids cgroup", "pids" },
	[LAYER_KILL_GROUP] = { "kill cgroup", "kill" },
};

/* The others (user, mount, pid) hold everything up: without them nothing starts. */
const struct layer_namespace layer_namespaces[] = {
	{ CLONE_NEWNET, "net", LAYER_NETWORK },
	{ CLONE_NEWIPC, "ipc", LAYER_IPC },
	{ CLONE_NEWUTS, "uts", LAYER_HOSTNAME },
	{ CLONE_NEWCGROUP, "cgroup", LAYER_CGROUP_VIEW },
	{ CLONE_NEWTIME, "time", LAYER_TIME },
	{ 0 },
};

const char *layers_text(unsigned missing, char *ret, size_t room)
{
	size_t len = 0;

	ret[0] = '\0';
	for (int i = 0; i < LAYERS; i++)
		if (missing >> i & 1 && len < room)
			len += (size_t)snprintf(ret + len, room - len, "%s%s", len ? ", " : "", layers[i].name);
	return ret;
}

json_t *layers_json(unsigned present)
{
	json_t *list = json_array();

	for (int i = 0; i < LAYERS; i++)
		if (present >> i & 1)
			json_array_append_new(list, json_string(layers[i].word));
	return list;
}

int layers_parse(const char *text, unsigned *ret, struct err *e)
{
	struct slice rest = slice_of(text), word;
	unsigned set = 0;

	while (slice_cut(&rest, ',', &word)) {
		int i = 0;

		word = slice_trim(word);
		while (i < LAYERS && !slice_is(word, layers[i].name) && !slice_is(word, layers[i].word))
			i++;
		if (i == LAYERS && word.len)
			return err_usage(e, "'%.*s' is no layer of isolation", (int)word.len, word.at);
		if (word.len)
			set |= 1u << i;
	}
	*ret = set;
	return 0;
}

void plan_done(struct plan *p)
{
	LIST_DONE(&p->mounts);
}

void plan_limit(struct plan *p, int resource, uint64_t value)
{
	if (p->limits_len < PLAN_LIMITS)
		p->limits[p->limits_len++] = (struct plan_limit){ resource, value };
}

static const struct {
	unsigned flag;
	const char *name;
} namespace_names[] = {
	{ CLONE_NEWUSER, "user" },
	{ CLONE_NEWNS, "mount" },
	{ CLONE_NEWPID, "pid" },
	{ CLONE_NEWNET, "network" },
	{ CLONE_NEWIPC, "ipc" },
	{ CLONE_NEWUTS, "hostname" },
	{ CLONE_NEWCGROUP, "cgroup" },
	{ CLONE_NEWTIME, "time" },
};

static const char *limit_name(int resource)
{
	static const struct {
		int resource;
		const char *name;
	} names[] = {
		{ RLIMIT_AS, "address-space" },
		{ RLIMIT_CPU, "cpu-seconds" },
		{ RLIMIT_FSIZE, "file-size" },
		{ RLIMIT_NOFILE, "open-files" },
		{ RLIMIT_NPROC, "processes" },
		{ RLIMIT_CORE, "core-size" },
		{ RLIMIT_MEMLOCK, "locked-memory" },
		{ RLIMIT_MSGQUEUE, "message-queues" },
		{ RLIMIT_STACK, "stack" },
		{ RLIMIT_RTPRIO, "realtime-priority" },
		{ RLIMIT_NICE, "nice" },
		{ RLIMIT_SIGPENDING, "pending-signals" },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].resource == resource)
			return names[i].name;
	return "other";
}

static void mount_text(struct text *t, const struct plan_mount *m)
{
	static const char *const words[] = { "root", "tmpfs", "device", "link", "proc", "devpts", "read-only", "freeze",
		"cgroups", "hide" };

	text_add(t, "mount %s %s", words[m->kind], m->to);
	if (m->from)
		text_add(t, " from %s", m->from);
	if (m->options)
		text_add(t, " (%s)", m->options);
	text_add(t, "\n");
}

/* A word in a wrapped list; starts a new line with the heading when the line is full. */
static void list_word(struct text *t, size_t *column, const char *heading, const char *word)
{
	size_t len = strlen(word) + 1;

	if (*column == 0 || *column + len > 110) {
		text_add(t, "%s%s", *column ? "\n" : "", heading);
		*column = strlen(heading);
	}
	text_add(t, " %s", word);
	*column += len;
}

static void call_word(char *ret, size_t room, const struct plan_call *c)
{
	if (c->when == WHEN_ALWAYS)
		snprintf(ret, room, "%s", c->name);
	else if (c->when == WHEN_OWN_PID)
		snprintf(ret, room, "%s[own process]", c->name);
	else
		snprintf(ret, room, "%s[%u&0x%llx=0x%llx%s]", c->name, c->argument, (unsigned long long)c->mask,
			(unsigned long long)c->value, c->when == WHEN_EQUAL_SET ? ",set" : "");
}

static void calls_text(struct text *t, const struct plan *p, enum call_action action, const char *heading)
{
	size_t column = 0;
	char word[128];

	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++)
			if (c->action == action) {
				call_word(word, sizeof word, c);
				list_word(t, &column, heading, word);
			}
	if (column)
		text_add(t, "\n");
}

static void capabilities_text(struct text *t, uint64_t kept)
{
	if (!kept)
		text_add(t, "capabilities none\n");
	size_t column = 0;
	for (int i = 0; i < 64; i++) {
		if (!(kept >> i & 1))
			continue;
		char *name = cap_to_name(i);
		list_word(t, &column, "capabilities", name ? name : "?");
		cap_free(name);
	}
	if (column)
		text_add(t, "\n");
}

static void boot_text(struct text *t, const struct plan_boot *b)
{
	text_add(t, "boot %s", b->program);
	for (const char *const *a = b->arguments; *a; a++)
		text_add(t, " %s", *a);
	text_add(t, "\nboot namespaces pid mount cgroup\nboot %u seconds, power-off %u seconds\n", b->seconds,
		b->off_seconds);
	for (const char *const *v = b->env; *v; v++)
		text_add(t, "boot environment %s\n", *v);
}

char *plan_text(const struct plan *p)
{
	struct text t = { 0 };

	text_add(&t, "plan %s\nnamespaces", p->name);
	for (size_t i = 0; i < COUNT(namespace_names); i++)
		if (p->namespaces & namespace_names[i].flag)
			text_add(&t, " %s", namespace_names[i].name);
	text_add(&t, "\nids %u%s\n", p->ids, p->become_nobody ? " (nobody when started by root)" : "");
	for (size_t i = 0; i < p->mounts.len; i++)
		mount_text(&t, &p->mounts.at[i]);
	capabilities_text(&t, p->capabilities);
	if (p->landlock)
		text_add(&t, "landlock %s\n",
			p->landlock_fd < 0           ? "no file"
				: p->landlock_writes ? "reading and writing below one folder"
						     : "reading below one folder");
	calls_text(&t, p, CALL_ALLOW, "calls allowed");
	calls_text(&t, p, CALL_REFUSE, "calls refused");
	calls_text(&t, p, CALL_KILL, "calls that kill");
	text_add(&t, "other calls fail: %s\n", strerrordesc_np(p->calls_error));
	for (int i = 0; i < PLAN_SWITCH_TABLES; i++)
		for (const struct plan_switch *s = p->switches[i]; s && s->name; s++)
			text_add(&t, "switch %s %s\n", s->name, s->value);
	for (unsigned i = 0; i < p->limits_len; i++)
		text_add(&t, "limit %s %llu\n", limit_name(p->limits[i].resource),
			(unsigned long long)p->limits[i].value);
	if (p->group_memory)
		text_add(&t, "cgroup memory %llu\n", (unsigned long long)p->group_memory);
	if (p->group_pids)
		text_add(&t, "cgroup pids %llu\n", (unsigned long long)p->group_pids);
	if (p->disk)
		text_add(&t, "disk %llu bytes, %llu inodes\n", (unsigned long long)p->disk,
			(unsigned long long)p->inodes);
	if (p->seconds)
		text_add(&t, "command %u seconds, %llu bytes of output\n", p->seconds, (unsigned long long)p->output);
	if (p->watch)
		text_add(&t, "calls told: programs started, connections, ports, files removed and renamed\n");
	if (p->wire)
		text_add(&t, "network answered from here, nothing leaves\n");
	if (p->hostname)
		text_add(&t, "hostname %s\n", p->hostname);
	for (const char *const *v = p->env; v && *v; v++)
		text_add(&t, "environment %s\n", *v);
	if (p->boot.program)
		boot_text(&t, &p->boot);
	text_add(&t, "process no-new-privileges, not dumpable, dies with its parent\n");
	return text_take(&t);
}
