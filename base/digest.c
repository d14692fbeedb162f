/* digest.c - message digests through libcrypto's EVP (which uses the processor's SHA instructions). */
#include "base/digest.h"
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
	[DIGEST_SHA256] = { "SHA256", 32 },
	[DIGEST_SHA512] = { "SHA512", 64 },
	[DIGEST_SHA1] = { "SHA1", 20 },
	[DIGEST_MD5] = { "MD5", 16 },
	[DIGEST_SHA384] = { "SHA384", 48 },
	[DIGEST_SHA224] = { "SHA224", 28 },
	[DIGEST_SHA3_256] = { "SHA3-256", 32 },
};

/* Fetched once: looking an algorithm up costs more than hashing a small file. */
static EVP_MD *algorithms[COUNT(kinds)];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		algorithms[i] = EVP_MD_fetch(NULL, kinds[i].name, NULL);
}

/* libcrypto fails here only without memory or with an algorithm switched off by the machine's owner: both end the program. */
static void must(int good)
{
	if (good != 1)
		abort();
}

static void start(struct digest *d)
{
	must(algorithms[d->kind] != NULL);
	must(EVP_DigestInit_ex2(d->state, algorithms[d->kind], NULL));
	d->count = 0;
}

void digest_init(struct digest *d, enum digest_kind kind)
{
	pthread_once(&fetched, fetch);
	*d = (struct digest){ .kind = kind, .state = EVP_MD_CTX_new() };
	must(d->state != NULL);
	start(d);
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	static const unsigned char zeros[64 << 10];

	d->count += len;
	while (bytes == NULL && len > 0) {
		size_t part = len < sizeof zeros ? len : sizeof zeros;

		must(EVP_DigestUpdate(d->state, zeros, part));
		len -= part;
	}
	if (len > 0)
		must(EVP_DigestUpdate(d->state, bytes, len));
}

size_t digest_end(struct digest *d, unsigned char ret[DIGEST_MAX])
{
	unsigned len = 0;

	must(EVP_DigestFinal_ex(d->state, ret, &len));
	start(d);
	return len;
}

void digest_end_hex(struct digest *d, char ret[DIGEST_HEX])
{
	unsigned char raw[DIGEST_MAX];

	hex_of(raw, digest_end(d, raw), ret);
}

void digest_done(struct digest *d)
{
	EVP_MD_CTX_free(d->state);
	d->state = NULL;
}

size_t digest_size(enum digest_kind kind)
{
	return kinds[kind].size;
}

void sha256_hex(const void *bytes, size_t len, char ret[SHA256_HEX])
{
	unsigned char raw[DIGEST_MAX];
	AUTO(digest) d;

	digest_init(&d, DIGEST_SHA256);
	if (len)
		digest_add(&d, bytes, len);
	hex_of(raw, digest_end(&d, raw), ret);
}

/* What of the len bytes at `at` of the file belongs to the part. */
static void add_part(
	struct digest *d, const struct digest_part *part, uint64_t at, const unsigned char *bytes, size_t len)
{
	uint64_t from = at < part->at ? part->at : at, end = at + len;

	if (end > part->at + part->len)
		end = part->at + part->len;
	if (from < end)
		digest_add(d, bytes + (from - at), (size_t)(end - from));
}

static int hash_all(int fd, const struct digest_part *part, struct digest *whole, struct digest *some, struct err *e)
{
	enum { BUF = 256 << 10 };
	AUTO_FREE unsigned char *buf = mem_alloc(BUF);
	ssize_t got;

	while ((got = pread(fd, buf, BUF, (off_t)whole->count)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read");
		if (part)
			add_part(some, part, whole->count, buf, (size_t)got);
		digest_add(whole, buf, (size_t)got);
	}
	if (part && some->count != part->len)
		return err_input(
			e, "E_TRUNCATED", "ends before %llu bytes", (unsigned long long)(part->at + part->len));
	return 0;
}

int sha256_fd_part(int fd, struct digest_part *part, char ret[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	unsigned char raw[DIGEST_MAX];
	AUTO(digest) whole;
	AUTO(digest) some;

	digest_init(&whole, DIGEST_SHA256);
	digest_init(&some, DIGEST_SHA256);
	if (hash_all(fd, part, &whole, &some, e))
		return -1;
	if (ret_size)
		*ret_size = whole.count;
	hex_of(raw, digest_end(&whole, raw), ret);
	if (part)
		hex_of(raw, digest_end(&some, raw), part->sha256);
	return 0;
}

int sha256_fd(int fd, char ret[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	return sha256_fd_part(fd, NULL, ret, ret_size, e);
}

void hex_of(const void *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[b[i] >> 4];
		ret[2 * i + 1] = digits[b[i] & 15];
	}
	ret[2 * len] = 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_parse(const char *hex, size_t len, void *ret)
{
	unsigned char *to = ret;

	if (len % 2)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (digit(hex[i]) < 0)
			return -1;
	for (size_t i = 0; i < len; i += 2)
		to[i / 2] = (unsigned char)(digit(hex[i]) << 4 | digit(hex[i + 1]));
	return 0;
}

void random_bytes(void *ret, size_t len)
{
	unsigned char *to = ret;

	while (len > 0) {
		ssize_t got = getrandom(to, len, 0);

		if (got < 0) {
			must(errno == EINTR);
			continue;
		}
		to += got;
		len -= (size_t)got;
	}
}
