/* calls_watch.c - which system calls are told, the filter that tells them, and how its listener reaches the watcher. */
#include "sandbox/calls_watch.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static const char *const kinds[CALL_KINDS] = { "exec", "connect", "bind", "unlink", "rename" };

const char *call_kind_name(enum call_kind k)
{
	return kinds[k];
}

#define NONE .dir = -1, .path = -1, .to_dir = -1, .to = -1, .argv = -1, .fd = -1, .sock = -1, .len = -1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif
const struct watched watched_calls[] = {
	{ "execve", CALL_EXEC, NONE, .path = 0, .argv = 1 },
	{ "execveat", CALL_EXEC, NONE, .dir = 0, .path = 1, .argv = 2 },
	{ "connect", CALL_CONNECT, NONE, .fd = 0, .sock = 1, .len = 2 },
	{ "bind", CALL_BIND, NONE, .fd = 0, .sock = 1, .len = 2 },
	{ "unlink", CALL_UNLINK, NONE, .path = 0 },
	{ "unlinkat", CALL_UNLINK, NONE, .dir = 0, .path = 1 },
	{ "rmdir", CALL_UNLINK, NONE, .path = 0 },
	{ "rename", CALL_RENAME, NONE, .path = 0, .to = 1 },
	{ "renameat", CALL_RENAME, NONE, .dir = 0, .path = 1, .to_dir = 2, .to = 3 },
	{ "renameat2", CALL_RENAME, NONE, .dir = 0, .path = 1, .to_dir = 2, .to = 3 },
};
#pragma GCC diagnostic pop
const unsigned watched_calls_len = COUNT(watched_calls);

const struct watched *watched_by_number(int number)
{
	static int numbers[COUNT(watched_calls)];

	for (size_t i = 0; i < COUNT(watched_calls); i++) {
		if (numbers[i] == 0)
			numbers[i] = 1 + seccomp_syscall_resolve_name(watched_calls[i].name);
		if (numbers[i] == 1 + number)
			return &watched_calls[i];
	}
	return NULL;
}

/* "Of this architecture and in the list: tell; else allow." Written out, because libseccomp of that age knows no flags for it. */
static unsigned write_filter(struct sock_filter *at)
{
	unsigned len = 0, known = 0;
	int numbers[COUNT(watched_calls)];

	for (size_t i = 0; i < COUNT(watched_calls); i++) {
		int n = seccomp_syscall_resolve_name(watched_calls[i].name);

		if (n >= 0) /* some machines have only the newer ones */
			numbers[known++] = n;
	}
	at[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	at[len++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, (uint8_t)(known + 1));
	at[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < known; i++)
		at[len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], (uint8_t)(known - i), 0);
	at[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	at[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	return len;
}

static int load(struct err *e)
{
	struct sock_filter at[COUNT(watched_calls) + 5];
	struct sock_fprog program = { (unsigned short)write_filter(at), at };
	int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);

	if (fd < 0 && errno == EINVAL) /* a kernel before 5.19 */
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return fd < 0 ? err_sys(e, "seccomp: calls cannot be watched") : fd;
}

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int calls_watch(int socket, unsigned number, struct err *e)
{
	union control control = { .room = "" };
	struct iovec part = { &number, sizeof number };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room
	};
	AUTO_FD int listener = load(e);

	if (listener < 0)
		return -1;
	control.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &listener, sizeof(int));
	if (sendmsg(socket, &m, MSG_NOSIGNAL) != (ssize_t)sizeof number)
		return err_sys(e, "the watcher is gone");
	return 0;
}

int calls_take_listener(int socket, unsigned *ret_number)
{
	union control control = { .room = "" };
	struct iovec part = { ret_number, sizeof *ret_number };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room
	};
	struct cmsghdr *head;
	int fd;

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != (ssize_t)sizeof *ret_number)
		return -1;
	head = CMSG_FIRSTHDR(&m);
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}
