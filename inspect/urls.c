/* urls.c - finding addresses in any bytes. */
#include "inspect/urls.h"
#include "base/text.h"
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const struct scheme {
	const char *clear, *secure, *clear_port, *secure_port;
} schemes[] = {
	{ "http", "https", ":80", ":443" },
	{ "ws", "wss", ":80", ":443" },
	{ "ftp", "ftps", ":21", ":990" },
	{ "ldap", "ldaps", ":389", ":636" },
	{ "mqtt", "mqtts", ":1883", ":8883" },
	{ "amqp", "amqps", ":5672", ":5671" },
	{ "redis", "rediss", ":6379", ":6380" },
	{ "smtp", "smtps", ":25", ":465" },
	{ "imap", "imaps", ":143", ":993" },
	{ "pop3", "pop3s", ":110", ":995" },
	{ "stomp", "stomps", "", "" },
	{ "rsync", "rsyncs", ":873", ":874" },
	{ "coap", "coaps", ":5683", ":5684" },
	{ "hkp", "hkps", ":11371", ":443" },
	{ "telnet", "telnets", ":23", ":992" },
	{ "tcp", "ssl", "", "" },
	{ "tcp", "tls", "", "" },
};

/* The scheme that ends in front of "://". */
static bool scheme_of(const char *start, const char *colon, struct url *ret, const struct scheme **ret_scheme)
{
	const char *at = colon;

	while (at > start && isalnum((unsigned char)at[-1]) && colon - at < 8)
		at--;
	for (size_t i = 0; i < COUNT(schemes); i++)
		for (int side = 0; side < 2; side++) {
			const char *name = side ? schemes[i].secure : schemes[i].clear;

			if (strlen(name) != (size_t)(colon - at) || strncasecmp(name, at, (size_t)(colon - at)) != 0)
				continue;
			ret->is_clear = side == 0;
			ret->clear = schemes[i].clear;
			*ret_scheme = &schemes[i];
			return true;
		}
	return false;
}

static bool ends_url(char c)
{
	return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f || strchr("\"'<>()|\\^`,;", c) != NULL;
}

static size_t copy(char *ret, size_t room, const char *at, size_t len, bool lower)
{
	if (len >= room)
		len = room - 1;
	for (size_t i = 0; i < len; i++)
		ret[i] = lower ? (char)tolower((unsigned char)at[i]) : at[i];
	ret[len] = 0;
	return len;
}

bool url_next(const char **at, const char *end, struct url *ret)
{
	const char *start = *at;

	while (*at < end) {
		const char *colon = memmem(*at, (size_t)(end - *at), "://", 3), *host, *stop, *user;
		const struct scheme *scheme;
		const char *port;
		size_t len;

		if (colon == NULL)
			break;
		*at = colon + 3;
		if (!scheme_of(start, colon, ret, &scheme))
			continue;
		host = colon + 3;
		for (stop = host; stop < end && !ends_url(*stop) && !strchr("/?#", *stop); stop++)
			;
		user = memrchr(host, '@', (size_t)(stop - host));
		host = user ? user + 1 : host;
		len = copy(ret->host, sizeof ret->host, host, (size_t)(stop - host), true);
		port = ret->is_clear ? scheme->clear_port : scheme->secure_port;
		if (*port && text_ends(ret->host, port))
			ret->host[len - strlen(port)] = 0;
		for (host = stop; stop < end && !ends_url(*stop); stop++)
			;
		len = copy(ret->rest, sizeof ret->rest, host, (size_t)(stop - host), false);
		while (len > 0 && strchr("./:]}", ret->rest[len - 1]))
			ret->rest[--len] = 0;
		*at = stop;
		if (ret->host[0])
			return true;
	}
	*at = end;
	return false;
}

static bool is_host(const struct url *u, const char *const *hosts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (fnmatch(hosts[i], u->host, 0) == 0)
			return true;
	return false;
}

bool url_is_here(const struct url *u)
{
	static const char *const hosts[] = { "localhost*", "127.*", "*:1]*", "::1*", "0.0.0.0*", "*.localhost",
		"169.254.169.254*", "unix*", "metadata.google.internal" };

	return is_host(u, hosts, COUNT(hosts)) || strpbrk(u->host, "$%{}*[]@&=!") != NULL || u->host[0] == '.';
}

bool url_is_local(const struct url *u)
{
	static const char *const hosts[] = { "*.invalid", "*.local", "*.localdomain", "*yourdomain*", "*your-*",
		"*my.domain*", "*domain.tld*" };

	/* a template, or a single name that only a configuration of its own knows */
	return url_is_here(u) || is_host(u, hosts, COUNT(hosts)) || strchr(u->host, '.') == NULL ||
		u->host[strlen(u->host) - 1] == '.';
}

/* A vendor's server in .example is taken for one: nobody ships a place to fill in under that name. */
bool url_is_example(const struct url *u)
{
	static const char *const hosts[] = { "example.*", "*.example.*" };

	return is_host(u, hosts, COUNT(hosts));
}

bool url_is_name(const struct url *u)
{
	static const char *const hosts[] = { "*w3.org", "schemas.*", "purl.*", "xmlns.*", "java.sun.com", "*.gnu.org",
		"gnu.org", "www.apache.org", "apache.org", "*opensource.org", "*creativecommons.org", "*docbook.org",
		"*freedesktop.org", "*oasis-open.org", "*relaxng.org", "ns.adobe.com", "json-schema.org",
		"*.apache.org", "*springframework.org", "jakarta.ee", "*.ietf.org", "*rfc-editor.org", "*xml.org",
		"*openxmlformats.org", "*microsoft.com", "*.debian.org", "*bugs.launchpad.net", "*kernel.org",
		"*fsf.org", "*spdx.org", "*unicode.org", "*iana.org", "*wikipedia.org", "*dublincore.org",
		"*inkscape.org", "*sodipodi*", "*xmlsoap.org", "*schema.org", "*openssl.org", "*mozilla.org/MPL*" };
	static const char *const rests[] = { "*.dtd", "*.xsd", "*.rng", "*.xsl", "*/licenses/*", "*LICENSE*",
		"*/license*", "*/ns/*", "*/schema*" };

	for (size_t i = 0; i < COUNT(hosts); i++)
		if (fnmatch(hosts[i], u->host, 0) == 0)
			return true;
	for (size_t i = 0; i < COUNT(rests); i++)
		if (fnmatch(rests[i], u->rest, 0) == 0)
			return true;
	return false;
}
