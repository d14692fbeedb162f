/* test_frame.c - messages between processes, and every way the other side can lie. */
#include "base/arena.h"
#include "base/frame.h"
#include "base/fs.h"
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void pair(int ret[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret), 0);
}

static void there(void **state)
{
	struct err e = { 0 };
	AUTO(framer) f = { 0 };
	struct frame frame;
	int fd[2];

	pair(fd);
	framer_init(&f, fd[0], 100);
	assert_int_equal(frame_write(fd[1], 7, "hello", 5, &e), 0);
	assert_int_equal(frame_write2(fd[1], 8, "ab", 2, "cd", 2, &e), 0);
	assert_int_equal(frame_write(fd[1], 9, NULL, 0, &e), 0);
	close(fd[1]);
	assert_int_equal(frame_read(&f, 1000, &frame, &e), 1);
	assert_int_equal(frame.type, 7);
	assert_int_equal(frame.len, 5);
	assert_memory_equal(frame.at, "hello", 5);
	assert_int_equal(frame_read(&f, -1, &frame, &e), 1);
	assert_memory_equal(frame.at, "abcd", 4);
	assert_int_equal(frame_read(&f, -1, &frame, &e), 1);
	assert_int_equal(frame.len, 0);
	assert_int_equal(frame_read(&f, -1, &frame, &e), 0);
	close(fd[0]);
}

static void *write_many(void *fd)
{
	struct err e = { 0 };
	AUTO_FREE char *bytes = mem_alloc(1 << 20);

	for (uint32_t i = 0; i < 20; i++) {
		memset(bytes, (int)i, 1 << 20);
		if (frame_write2(*(int *)fd, i, bytes, 10, bytes, (i + 1) * 50000, &e))
			break;
	}
	close(*(int *)fd);
	return NULL;
}

static void large_ones(void **state)
{
	struct err e = { 0 };
	AUTO(framer) f = { 0 };
	struct frame frame;
	pthread_t thread;
	int fd[2];

	pair(fd);
	framer_init(&f, fd[0], 2 << 20);
	assert_int_equal(pthread_create(&thread, NULL, write_many, &fd[1]), 0);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(frame_read(&f, 60000, &frame, &e), 1);
		assert_int_equal(frame.type, i);
		assert_int_equal(frame.len, (i + 1) * 50000 + 10);
		assert_int_equal(frame.at[frame.len - 1], i);
	}
	assert_int_equal(frame_read(&f, 60000, &frame, &e), 0);
	pthread_join(thread, NULL);
	close(fd[0]);
}

/* Small ones wait for each other, a large one comes behind those before it, and nothing is lost or doubled. */
static void many_at_once(void **state)
{
	enum { LARGE = 50000, SMALL = 3000 };
	struct err e = { 0 };
	AUTO(framer) f = { 0 };
	AUTO(frames) out = { 0 };
	AUTO_FREE char *bytes = mem_alloc(LARGE);
	struct frame frame;
	int fd[2], count = 0;

	pair(fd);
	framer_init(&f, fd[0], LARGE);
	out.fd = fd[1];
	memset(bytes, 'x', LARGE);
	assert_int_equal(frames_add(&out, 1, "a", 1, &e), 0);
	assert_int_equal(frames_add(&out, 2, NULL, 0, &e), 0);
	assert_int_equal(recv(fd[0], bytes, 1, MSG_DONTWAIT), -1); /* not yet */
	assert_int_equal(frames_add(&out, 3, bytes, LARGE, &e), 0);
	for (uint32_t type = 1; type <= 3; type++) {
		static const uint32_t lengths[] = { 0, 1, 0, LARGE };

		assert_int_equal(frame_read(&f, 60000, &frame, &e), 1);
		assert_int_equal(frame.type, type);
		assert_int_equal(frame.len, lengths[type]);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(frames_add(&out, 4, bytes, SMALL, &e), 0);
	assert_int_equal(frames_send(&out, &e), 0);
	assert_int_equal(frames_send(&out, &e), 0); /* nothing waits any more */
	close(fd[1]);
	while (frame_read(&f, 60000, &frame, &e) == 1)
		count += frame.type == 4 && frame.len == SMALL && frame.at[SMALL - 1] == 'x';
	assert_int_equal(count, 20);
	close(fd[0]);
}

static void lies(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *code;
	} table[] = {
		{ "\1\0\0\0\145\0\0\0", 8, "E_STRUCTURE" }, /* 101 of 100 bytes */
		{ "\1\0\0\0\377\377\377\377", 8, "E_STRUCTURE" },
		{ "\1\0\0\0\5\0\0\0abc", 11, "E_TRUNCATED" },
		{ "\1\0\0", 3, "E_TRUNCATED" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		AUTO(framer) f = { 0 };
		struct frame frame;
		int fd[2];

		pair(fd);
		framer_init(&f, fd[0], 100);
		assert_int_equal(fd_write(fd[1], table[i].bytes, table[i].len, &e), 0);
		close(fd[1]);
		assert_int_equal(frame_read(&f, 1000, &frame, &e), -1);
		assert_string_equal(e.code, table[i].code);
		close(fd[0]);
	}
}

static void silence_and_death(void **state)
{
	struct err e = { 0 };
	AUTO(framer) f = { 0 };
	struct frame frame;
	int fd[2];

	pair(fd);
	framer_init(&f, fd[0], 100);
	assert_int_equal(frame_read(&f, 1, &frame, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_TIME");
	assert_int_equal(fd_write(fd[1], "\1\0\0\0\5\0\0\0a", 9, &e), 0);
	assert_int_equal(frame_read(&f, 1, &frame, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_TIME");
	close(fd[0]);
	assert_int_equal(frame_write(fd[1], 1, "x", 1, &e), -1); /* and no SIGPIPE */
	assert_int_equal(e.class, ERR_ENV);
	close(fd[1]);
}

static void packing(void **state)
{
	AUTO(pack) p = { 0 };
	AUTO(arena) a = { 0 };
	struct unpack u;
	size_t len = 1;

	pack_u8(&p, 200);
	pack_u32(&p, 0xfffffffe);
	pack_u64(&p, 0x0102030405060708);
	pack_str(&p, "text");
	pack_str(&p, NULL);
	pack_bytes(&p, "", 0);
	pack_bytes(&p, "a\0b", 3);
	u = (struct unpack){ p.at, p.len, .arena = &a };
	assert_int_equal(unpack_u8(&u), 200);
	assert_int_equal(unpack_u32(&u), 0xfffffffe);
	assert_int_equal(unpack_u64(&u), 0x0102030405060708);
	assert_string_equal(unpack_str(&u), "text");
	assert_null(unpack_str(&u));
	assert_string_equal(unpack_bytes(&u, &len), "");
	assert_int_equal(len, 0);
	assert_false(u.bad);
	assert_null(unpack_str(&u)); /* a NUL inside */
	assert_true(u.bad);
	assert_int_equal(unpack_u8(&u), 0);
}

static void unpacking_lies(void **state)
{
	AUTO(arena) a = { 0 };
	struct unpack u = { (const unsigned char *)"\x10\0\0\0abc", 7, .arena = &a };
	size_t len = 1;

	assert_null(unpack_bytes(&u, &len));
	assert_true(u.bad);
	assert_int_equal(len, 0);
	u = (struct unpack){ (const unsigned char *)"ab", 2, .arena = &a };
	assert_int_equal(unpack_u64(&u), 0);
	assert_true(u.bad);
	assert_int_equal(unpack_u8(&u), 0); /* though a byte is left */
	arena_done(&a);
	arena_init(&a, 8);
	u = (struct unpack){ (const unsigned char *)"\x08\0\0\0abcdefgh", 12, .arena = &a };
	assert_null(unpack_str(&u)); /* the arena is full */
	assert_true(u.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there),
		cmocka_unit_test(large_ones),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(lies),
		cmocka_unit_test(silence_and_death),
		cmocka_unit_test(packing),
		cmocka_unit_test(unpacking_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
