/* gpg.c - GPGME contexts and data. */
#include "sign/gpg.h"
#include "base/fs.h"
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void start(void)
{
	/* gpg is all that is used here: its name is looked for in PATH, as gpgconf's would be, and gpgconf, gpgsm need not be started to ask. */
	gpgme_set_global_flag("disable-gpgconf", "1");
	gpgme_set_global_flag("gpg-name", "gpg");
	gpgme_check_version(NULL); /* also sees to SIGPIPE */
}

int gpg_context(const char *home, gpgme_ctx_t *ret, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	gpgme_ctx_t ctx = NULL;
	gpgme_error_t error;

	pthread_once(&once, start);
	error = gpgme_new(&ctx);
	if (error == 0)
		error = gpgme_set_protocol(ctx, GPGME_PROTOCOL_OpenPGP);
	if (error == 0 && home)
		error = gpgme_ctx_set_engine_info(ctx, GPGME_PROTOCOL_OpenPGP, NULL, home);
	if (error) {
		gpgme_release(ctx);
		return gpg_failed(e, error, "cannot use gpg (package gnupg)");
	}
	gpgme_set_offline(ctx, 1);
	*ret = ctx;
	return 0;
}

void gpg_context_done(gpgme_ctx_t *ctx)
{
	gpgme_release(*ctx);
	*ctx = NULL;
}

void gpg_data_done(gpgme_data_t *data)
{
	gpgme_data_release(*data);
	*data = NULL;
}

int gpg_failed(struct err *e, gpgme_error_t error, const char *what)
{
	char text[256];

	gpgme_strerror_r(error, text, sizeof text);
	return err_env(e, "%s: %s", what, text);
}

int gpg_data_mem(const void *bytes, size_t len, gpgme_data_t *ret, struct err *e)
{
	gpgme_error_t error = gpgme_data_new_from_mem(ret, len ? bytes : "", len, 0);

	return error ? gpg_failed(e, error, "cannot hold the data") : 0;
}

char *gpg_data_take(gpgme_data_t *data, size_t *ret_len)
{
	size_t len = 0;
	char *held = gpgme_data_release_and_get_mem(*data, &len), *bytes = mem_alloc(len + 1);

	*data = NULL;
	if (len)
		memcpy(bytes, held, len);
	gpgme_free(held);
	*ret_len = len;
	return bytes;
}

static long read_bytes(struct range_reader *r, void *buf, size_t size)
{
	size_t left = r->data->len - (size_t)r->at;

	size = size < left ? size : left;
	if (size)
		memcpy(buf, (const char *)r->data->bytes + r->at, size);
	r->at += size;
	return (long)size;
}

long range_read(struct range_reader *r, void *buf, size_t size)
{
	if (r->data->bytes)
		return read_bytes(r, buf, size);
	while (r->index < r->data->ranges_len) {
		const struct sig_range *range = &r->data->ranges[r->index];
		uint64_t left = range->len - r->at;

		if (left == 0) {
			r->index++;
			r->at = 0;
			continue;
		}
		size = left < size ? (size_t)left : size;
		ssize_t got = pread(r->data->fd, buf, size, (off_t)(range->at + r->at));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			r->failed = true;
			if (got < 0)
				err_sys(&r->err, "cannot read the signed bytes");
			else
				err_input(&r->err, "E_TRUNCATED", "the file ends before the bytes that are signed");
			errno = EIO;
			return -1;
		}
		r->at += (uint64_t)got;
		return got;
	}
	return 0;
}

static ssize_t range_callback(void *handle, void *buf, size_t size)
{
	return range_read(handle, buf, size);
}

int gpg_data_ranges(struct range_reader *r, gpgme_data_t *ret, struct err *e)
{
	static struct gpgme_data_cbs callbacks = { .read = range_callback };
	gpgme_error_t error = gpgme_data_new_from_cbs(ret, &callbacks, r);

	return error ? gpg_failed(e, error, "cannot hold the data") : 0;
}

struct name {
	int id;
	const char *text;
};

static const char *name_of(const struct name *names, size_t len, int id)
{
	for (size_t i = 0; i < len; i++)
		if (names[i].id == id)
			return names[i].text;
	return "unknown";
}

const char *gpg_hash_name(int hash)
{
	static const struct name names[] = { { GPGME_MD_MD5, "MD5" }, { GPGME_MD_SHA1, "SHA1" },
		{ GPGME_MD_RMD160, "RIPEMD160" }, { GPGME_MD_SHA256, "SHA256" }, { GPGME_MD_SHA384, "SHA384" },
		{ GPGME_MD_SHA512, "SHA512" }, { GPGME_MD_SHA224, "SHA224" } };

	return name_of(names, COUNT(names), hash);
}

const char *gpg_pubkey_name(int algo)
{
	static const struct name names[] = { { GPGME_PK_RSA, "RSA" }, { GPGME_PK_RSA_S, "RSA" },
		{ GPGME_PK_DSA, "DSA" }, { GPGME_PK_ECDSA, "ECDSA" }, { GPGME_PK_EDDSA, "EdDSA" } };

	return name_of(names, COUNT(names), algo);
}
