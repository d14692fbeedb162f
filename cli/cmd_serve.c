/* cmd_serve.c - `sluice serve`: channels over HTTP, from a store or from pulled folders. */
#include "base/fs.h"
#include "cli/cmd.h"
#include "web/serve.h"
#include <stdio.h>
#include <string.h>

enum { CONNECTIONS = 1000, CONNECTIONS_MAX = 100000, PEM_MAX = 1 << 20, GRACE = 30 };

static const struct option options[] = {
	{ "--listen", "ADDR:PORT", "where (127.0.0.1:8080; port 0: one that is free)", false },
	{ "--dir", "[NAME=]DIR", "a pulled folder under /NAME/, instead of a store's channels", true },
	{ "--tls-cert", "FILE", "HTTPS with this certificate and its chain (PEM)", false },
	{ "--tls-key", "FILE", "the certificate's key (PEM)", false },
	{ "--client-ca", "FILE", "answer only clients with a certificate by one of these authorities (PEM)", false },
	{ "--connections", "N", "at once (1000)", false },
	{ "--per-address", "N", "of these for one client address; 0: no limit of its own (0)", false },
	{ 0 },
};

static int number(
	const struct cli *c, const char *name, unsigned least, unsigned otherwise, unsigned *ret, struct err *e)
{
	const char *text = opt(c, name);
	unsigned long n = text ? strtoul(text, NULL, 10) : otherwise;

	if (text && (!*text || strspn(text, "0123456789") != strlen(text) || n < least || n > CONNECTIONS_MAX))
		return err_usage(e, "%s %s: a number from %u to %d is meant", name, text, least, CONNECTIONS_MAX);
	*ret = (unsigned)n;
	return 0;
}

static int folders(struct cli *c, struct served *ret, struct err *e)
{
	const char *dir;

	if (!opt(c, "--dir"))
		return config_store(c, e) ? -1 : served_store(ret, c->store, e);
	for (size_t i = 0; (dir = opt_each(c, "--dir", &i));)
		if (served_pulled(ret, dir, e))
			return -1;
	return 0;
}

static int pem(const struct cli *c, const char *name, char **ret, struct err *e)
{
	const char *file = opt(c, name);
	size_t len;

	if (!file)
		return 0;
	return fs_read_file(file, PEM_MAX, ret, &len, e) ? err_wrap(e, "%s", name) : 0;
}

static void ready(void *context, const char *url)
{
	struct cli *c = context;

	if (c->is_json)
		(void)print_json(json_pack("{s:s}", "url", url));
	else
		say("%s\n", url);
	(void)fflush(stdout);
}

static int run(struct cli *c, struct err *e)
{
	AUTO(served) served = { 0 };
	AUTO_FREE char *certificate = NULL, *key = NULL, *client_ca = NULL;
	struct serve s = { .listen = opt_or(c, "--listen", "127.0.0.1:8080"),
		.served = &served,
		.grace = GRACE,
		.events = &c->events,
		.ready = ready,
		.context = c };

	if (!opt(c, "--tls-cert") != !opt(c, "--tls-key"))
		return err_usage(e, "--tls-cert and --tls-key belong together");
	if (opt(c, "--client-ca") && !opt(c, "--tls-cert"))
		return err_usage(e, "--client-ca: without --tls-cert clients show no certificate");
	if (number(c, "--connections", 1, CONNECTIONS, &s.connections, e) ||
		number(c, "--per-address", 0, 0, &s.per_address, e) || folders(c, &served, e) ||
		pem(c, "--tls-cert", &certificate, e) || pem(c, "--tls-key", &key, e) ||
		pem(c, "--client-ca", &client_ca, e))
		return -1;
	s.client_ca = client_ca;
	s.certificate = certificate;
	s.key = key;
	return serve_run(&s, e);
}

const struct command cmd_serve = {
	.name = "serve",
	.run = run,
	.about = "serve channels over HTTP or HTTPS, read-only, until SIGTERM",
	.arguments = "[--listen ADDR:PORT]",
	.options = options,
	.more = "Each channel lies under /CHANNEL/. The first line on stdout is the URL, once requests are answered.",
};
