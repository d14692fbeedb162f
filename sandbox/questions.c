/* questions.c - what a live test root is asked: files, what changed, processes. Each answer comes from inside and is taken for hostile. */
#include "sandbox/launch_private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

void changes_done(struct changes *c)
{
	for (size_t i = 0; i < c->len; i++) {
		free(c->at[i].path);
		free(c->at[i].target);
	}
	LIST_DONE(c);
}

void processes_done(struct processes *p)
{
	for (size_t i = 0; i < p->len; i++) {
		free(p->at[i].name);
		free(p->at[i].command);
		free(p->at[i].unit);
	}
	LIST_DONE(p);
}

int sandbox_status(struct sandbox *s, const char *path, struct path_status *ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct pack p = { 0 };
	struct frame f;

	pack_str(&p, path);
	if (sandbox_ask(s, ASK_STATUS, &p, e) || sandbox_hear_type(s, SAY_STATUS, &f, e))
		return -1;
	struct unpack u = { f.at, f.len, false, &arena };
	struct path_status st = { .is_there = unpack_u8(&u) };
	st.mode = unpack_u32(&u);
	st.uid = unpack_u32(&u);
	st.gid = unpack_u32(&u);
	st.size = unpack_u64(&u);
	const char *target = unpack_str(&u);
	snprintf(st.target, sizeof st.target, "%s", target ? target : "");
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret = st;
	return 0;
}

int sandbox_read(struct sandbox *s, const char *path, uint64_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct pack p = { 0 };
	struct frame f;
	size_t len = 0;

	pack_str(&p, path);
	pack_u64(&p, limit);
	if (sandbox_ask(s, ASK_READ, &p, e) || sandbox_hear_type(s, SAY_BYTES, &f, e))
		return -1;
	struct unpack u = { f.at, f.len, false, &arena };
	bool found = unpack_u8(&u);
	(void)unpack_u8(&u);
	const char *bytes = unpack_bytes(&u, &len);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret_bytes = NULL;
	*ret_len = 0;
	if (!found)
		return 0;
	*ret_bytes = mem_alloc(len + 1);
	if (len)
		memcpy(*ret_bytes, bytes, len);
	*ret_len = len;
	return 0;
}

int sandbox_write(struct sandbox *s, const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	struct pack p = { 0 };
	struct frame f;

	if (len > MIB(64))
		return err_env(e, "%s: more than 64 MiB cannot be put into a test system", path);
	pack_str(&p, path);
	pack_u32(&p, mode);
	pack_bytes(&p, bytes, len);
	if (sandbox_ask(s, ASK_WRITE, &p, e) || sandbox_hear_type(s, SAY_END, &f, e))
		return -1;
	if (f.len != 1 || f.at[0]) {
		errno = f.len ? f.at[0] : EIO;
		return err_sys(e, "sandbox: cannot write %s", path);
	}
	return 0;
}

/* Nearly cap_to_text(3) of a raw security.capability attribute (revision 2 or 3, little endian): what is permitted or inheritable, in one list. */
static void capability_text(const unsigned char *at, size_t len, char *ret, size_t room)
{
	uint64_t permitted = 0, inheritable = 0;
	size_t used = 0;

	ret[0] = '\0';
	if (len < 20)
		return;
	for (int i = 0; i < 4; i++) {
		permitted |= (uint64_t)at[4 + i] << 8 * i | (uint64_t)at[12 + i] << (32 + 8 * i);
		inheritable |= (uint64_t)at[8 + i] << 8 * i | (uint64_t)at[16 + i] << (32 + 8 * i);
	}
	if (!permitted && !inheritable) /* "none", said by an attribute */
		return;
	for (int i = 0; i < 64 && used < room; i++)
		if ((permitted | inheritable) >> i & 1) {
			char *name = cap_to_name(i);

			used += (size_t)snprintf(ret + used, room - used, "%s%s", used ? "," : "", name ? name : "?");
			cap_free(name);
		}
	if (used < room)
		snprintf(ret + used, room - used, "=%s%s%s", at[0] & 1 ? "e" : "", inheritable ? "i" : "",
			permitted ? "p" : "");
}

static int one_change(const struct frame *f, void *to, struct err *e)
{
	struct changes *list = to;
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	struct change c = { .kind = (char)unpack_u8(&u) };
	size_t path_len = 0, capability_len = 0;
	const char *path = unpack_bytes(&u, &path_len);

	c.mode = unpack_u32(&u);
	c.uid = unpack_u32(&u);
	c.gid = unpack_u32(&u);
	c.size = unpack_u64(&u);
	const char *digest = unpack_str(&u), *target = unpack_str(&u);
	const char *capability = unpack_bytes(&u, &capability_len);
	const char *class = unpack_str(&u);
	bool is_rewritten = unpack_u8(&u);
	if (u.bad || !path || list->len >= CHANGES_MAX)
		return err_env(e, "sandbox: an answer that cannot be read");
	snprintf(c.sha256, sizeof c.sha256, "%s", digest ? digest : "");
	if (capability)
		capability_text((const unsigned char *)capability, capability_len, c.capability, sizeof c.capability);
	snprintf(c.class, sizeof c.class, "%s", class ? class : "");
	c.is_rewritten = is_rewritten;
	c.path = mem_strdup(path);
	c.target = mem_strdup(target ? target : "");
	*LIST_ADD(list) = c;
	return 0;
}

static int change_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->kind - y->kind;
}

int sandbox_changes(struct sandbox *s, struct changes *ret, struct err *e)
{
	struct changes list = { 0 };
	struct pack nothing = { 0 };

	if (sandbox_ask(s, ASK_CHANGES, &nothing, e) ||
		sandbox_hear_list(s, SAY_CHANGE, one_change, &list, &list.is_cut, e)) {
		changes_done(&list);
		return -1;
	}
	if (list.len)
		qsort(list.at, list.len, sizeof *list.at, change_order);
	*ret = list;
	return 0;
}

static int one_process(const struct frame *f, void *list, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	struct processes *all = list;
	struct process p = { .pid = (pid_t)unpack_u32(&u) };

	p.uid = unpack_u32(&u);
	const char *name = unpack_str(&u), *command = unpack_str(&u), *unit = unpack_str(&u);
	if (u.bad || !name || !command || !unit)
		return err_env(e, "sandbox: an answer that cannot be read");
	p.state = (char)unpack_u8(&u);
	p.ticks = unpack_u64(&u);
	p.ran = unpack_u64(&u);
	p.rests = unpack_u32(&u);
	if (u.bad)
		return err_env(e, "sandbox: an answer that cannot be read");
	p.name = mem_strdup(name);
	p.command = mem_strdup(command);
	p.unit = mem_strdup(unit);
	*LIST_ADD(all) = p;
	return 0;
}

int sandbox_processes(struct sandbox *s, struct processes *ret, struct err *e)
{
	struct processes list = { 0 };
	struct pack nothing = { 0 };
	bool cut;

	if (sandbox_ask(s, ASK_PROCESSES, &nothing, e) ||
		sandbox_hear_list(s, SAY_PROCESS, one_process, &list, &cut, e)) {
		processes_done(&list);
		return -1;
	}
	*ret = list;
	return 0;
}
