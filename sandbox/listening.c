/* listening.c - which ports listen inside, and where: the first process asks the kernel, the supervisor gets a list.
 *
 * For TCP over netlink: reading /proc/net/tcp walks the machine's whole table of connections, five milliseconds and more each time. */
#include "sandbox/launch_private.h"
#include "sandbox/ports.h"
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENERS_MAX = 5000, ANSWER_ROOM = 32768, LINE_MAX_ = 512, UDP_OPEN = 7 };

/* ---- inside */
struct answering {
	const struct inside *in;
	unsigned told;
};

static int say_listener(struct answering *a, const struct open_port *l, struct err *e)
{
	struct pack p = { 0 };
	int rc;

	if (a->told >= LISTENERS_MAX)
		return 0;
	a->told++;
	pack_u8(&p, l->is_udp);
	pack_u8(&p, l->is_v6);
	pack_bytes(&p, l->address, sizeof l->address);
	pack_u32(&p, l->port);
	rc = frame_write(a->in->socket, SAY_LISTENER, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

/* 1: the last one was among them; 2: this kernel cannot. */
static int hear_kernel(struct answering *a, const char *bytes, ssize_t len, struct err *e)
{
	for (const struct nlmsghdr *h = (const void *)bytes; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const struct inet_diag_msg *m = NLMSG_DATA(h);
		struct open_port l = { 0 };

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return 2;
		if (h->nlmsg_len < NLMSG_LENGTH(sizeof *m))
			continue;
		l.is_v6 = m->idiag_family == AF_INET6;
		l.port = ntohs(m->id.idiag_sport);
		memcpy(l.address, m->id.idiag_src, l.is_v6 ? 16 : 4);
		if (say_listener(a, &l, e))
			return -1;
	}
	return 0;
}

/* *ret_asked false: the kernel does not answer that; nothing was told. */
static int ask_kernel(struct answering *a, bool is_v6, bool *ret_asked, struct err *e)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = {
		.head = { .nlmsg_len = sizeof ask,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = is_v6 ? AF_INET6 : AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = 1u << TCP_LISTEN },
	};
	_Alignas(struct nlmsghdr) char bytes[ANSWER_ROOM];
	AUTO_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int rc = 0;

	*ret_asked = false;
	if (fd < 0 || send(fd, &ask, sizeof ask, 0) != sizeof ask)
		return 0;
	while (rc == 0) {
		ssize_t len = recv(fd, bytes, sizeof bytes, 0);

		if (len <= 0)
			return len < 0 && errno == EINTR ? 0 : err_sys(e, "cannot ask for ports that listen");
		rc = hear_kernel(a, bytes, len, e);
	}
	*ret_asked = rc == 1;
	return rc < 0 ? -1 : 0;
}

/* A line of /proc/net/tcp, udp, ...: "sl local_address rem_address st". */
static bool parse_line(const char *line, bool is_udp, bool is_v6, struct open_port *ret)
{
	struct open_port l = { .is_udp = is_udp, .is_v6 = is_v6 };
	unsigned state = 0;
	char hex[33];

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", hex, &l.port, &state) != 3 ||
		state != (is_udp ? UDP_OPEN : TCP_LISTEN) || l.port == 0 || strlen(hex) != (is_v6 ? 32 : 8) ||
		!port_address(hex, is_v6, l.address))
		return false;
	*ret = l;
	return true;
}

static int read_table(struct answering *a, bool is_udp, bool is_v6, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/proc/net/%s%s", is_udp ? "udp" : "tcp", is_v6 ? "6" : "");
	char line[LINE_MAX_];
	FILE *f = fopen(path, "re");
	int rc = 0;

	while (f && rc == 0 && fgets(line, sizeof line, f)) {
		struct open_port l;

		if (parse_line(line, is_udp, is_v6, &l))
			rc = say_listener(a, &l, e);
	}
	if (f)
		fclose(f);
	return rc;
}

int answer_listening(const struct inside *in, struct err *e)
{
	struct answering a = { in, 0 };

	for (int v6 = 0; v6 < 2; v6++) {
		bool asked = false;

		if (ask_kernel(&a, v6, &asked, e) || (!asked && read_table(&a, false, v6, e)))
			return -1;
	}
	for (int v6 = 0; v6 < 2; v6++)
		if (read_table(&a, true, v6, e))
			return -1;
	uint8_t cut = a.told >= LISTENERS_MAX;
	return frame_write(in->socket, SAY_END, &cut, 1, e);
}

/* ---- the supervisor */
static int one_listener(const struct frame *f, void *list, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	struct open_port l = { .is_udp = unpack_u8(&u) };
	struct open_ports *all = list;
	size_t len = 0;

	l.is_v6 = unpack_u8(&u);
	const char *address = unpack_bytes(&u, &len);
	l.port = unpack_u32(&u);
	if (u.bad || !address || len != sizeof l.address)
		return err_env(e, "sandbox: an answer that cannot be read");
	memcpy(l.address, address, len);
	*LIST_ADD(all) = l;
	return 0;
}

int sandbox_listening(struct sandbox *s, struct open_ports *ret, struct err *e)
{
	struct open_ports list = { 0 };
	struct pack nothing = { 0 };
	bool cut;

	if (sandbox_ask(s, ASK_LISTENING, &nothing, e) ||
		sandbox_hear_list(s, SAY_LISTENER, one_listener, &list, &cut, e)) {
		LIST_DONE(&list);
		return -1;
	}
	*ret = list;
	return 0;
}
