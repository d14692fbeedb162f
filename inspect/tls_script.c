/* tls_script.c - the table of what to look for in each language, and a search that leaves lines out that are comments. */
#include "inspect/tls_script.h"
#include "base/text.h"
#include <string.h>

static const struct mark {
	const char *language;
	enum script_mark kind;
	const char *text;
} marks[] = {
	{ "python", SCRIPT_TLS, "import ssl" },
	{ "python", SCRIPT_TLS, ", ssl" },
	{ "python", SCRIPT_TLS, "from ssl import" },
	{ "python", SCRIPT_TLS, "ssl.SSLContext" },
	{ "python", SCRIPT_TLS, "ssl.create_default_context" },
	{ "python", SCRIPT_TLS, "import OpenSSL" },
	{ "python", SCRIPT_TLS, "from OpenSSL" },
	{ "python", SCRIPT_TLS, "HTTPSConnection" },
	{ "python", SCRIPT_TLS, "SMTP_SSL" },
	{ "python", SCRIPT_TLS, "IMAP4_SSL" },
	{ "python", SCRIPT_TLS, "FTP_TLS" },
	{ "python", SCRIPT_TLS, ".starttls(" },
	{ "python", SCRIPT_TLS, "twisted.internet.ssl" },
	{ "python", SCRIPT_TLS, "tls_set(" },
	{ "python", SCRIPT_TLS, "secure_channel(" },
	{ "python", SCRIPT_TLS, "connectSSL(" },
	{ "python", SCRIPT_CARRIER, "import requests" },
	{ "python", SCRIPT_CARRIER, "from requests" },
	{ "python", SCRIPT_CARRIER, "urllib" },
	{ "python", SCRIPT_CARRIER, "import httpx" },
	{ "python", SCRIPT_CARRIER, "import aiohttp" },
	{ "python", SCRIPT_CARRIER, "import pycurl" },
	{ "python", SCRIPT_CARRIER, "import grpc" },
	{ "python", SCRIPT_CARRIER, "import websocket" },
	{ "python", SCRIPT_CARRIER, "import psycopg" },
	{ "python", SCRIPT_CARRIER, "import boto3" },
	{ "python", SCRIPT_CARRIER, "import ldap" },
	{ "python", SCRIPT_CARRIER, "import tornado" },
	{ "python", SCRIPT_CARRIER, "import paho" },
	{ "python", SCRIPT_CARRIER, "import paramiko" },
	{ "python", SCRIPT_CARRIER, "from paramiko" },
	{ "python", SCRIPT_CARRIER, "import asyncssh" },
	{ "python", SCRIPT_CARRIER, "import httplib2" },
	{ "python", SCRIPT_CARRIER, "import elasticsearch" },
	{ "python", SCRIPT_CARRIER, "from elasticsearch" },
	{ "python", SCRIPT_CARRIER, "import redis" },
	{ "python", SCRIPT_CARRIER, "import pymongo" },
	{ "python", SCRIPT_CARRIER, "from pymongo" },
	{ "python", SCRIPT_CARRIER, "import kafka" },
	{ "python", SCRIPT_CARRIER, "from kafka" },
	{ "python", SCRIPT_CARRIER, "import pymysql" },
	{ "python", SCRIPT_CARRIER, "import ldap3" },
	{ "python", SCRIPT_CARRIER, "from ldap3" },
	{ "python", SCRIPT_CARRIER, "import kubernetes" },
	{ "python", SCRIPT_CARRIER, "from kubernetes" },
	{ "python", SCRIPT_NETWORK, "import socket" },
	{ "python", SCRIPT_NETWORK, "http.client" },
	{ "python", SCRIPT_NETWORK, "asyncio.open_connection" },
	{ "python", SCRIPT_NETWORK, "telnetlib" },
	{ "python", SCRIPT_NETWORK, "smtplib" },
	{ "python", SCRIPT_NETWORK, "imaplib" },
	{ "python", SCRIPT_NETWORK, "ftplib" },
	{ "python", SCRIPT_INSECURE, "verify=False" },
	{ "python", SCRIPT_INSECURE, "verify'=False" },
	{ "python", SCRIPT_INSECURE, "verify':False" },
	{ "python", SCRIPT_INSECURE, "CERT_NONE" },
	{ "python", SCRIPT_INSECURE, "VERIFY_NONE" },
	{ "python", SCRIPT_INSECURE, "check_hostname=False" },
	{ "python", SCRIPT_INSECURE, "check_hostname=0" },
	{ "python", SCRIPT_INSECURE, "assert_hostname=False" },
	{ "python", SCRIPT_INSECURE, "ssl=False" },
	{ "python", SCRIPT_INSECURE, "use_ssl=False" },
	{ "python", SCRIPT_INSECURE, "verify_certs=False" },
	{ "python", SCRIPT_INSECURE, "validate_certs=False" },
	{ "python", SCRIPT_INSECURE, "InsecureRequestWarning" },
	{ "python", SCRIPT_INSECURE, "CURL_CA_BUNDLE']=''" },
	{ "python", SCRIPT_INSECURE, "REQUESTS_CA_BUNDLE']=''" },
	{ "python", SCRIPT_INSECURE, "SSL_VERIFYHOST,0" },
	{ "python", SCRIPT_INSECURE, "SSL_VERIFYHOST,False" },
	{ "python", SCRIPT_INSECURE, "AutoAddPolicy" },
	{ "python", SCRIPT_INSECURE, "known_hosts=None" },
	{ "python", SCRIPT_INSECURE, "OPT_X_TLS_NEVER" },
	{ "python", SCRIPT_INSECURE, "OPT_X_TLS_ALLOW" },
	{ "python", SCRIPT_OFF, "_create_unverified_context" },
	{ "python", SCRIPT_OFF, "_create_stdlib_context" },
	{ "python", SCRIPT_OFF, "disable_ssl_certificate_validation=True" },
	{ "python", SCRIPT_OFF, "PYTHONHTTPSVERIFY']='0" },
	{ "python", SCRIPT_OFF, "PYTHONHTTPSVERIFY','0" },
	{ "python", SCRIPT_OFF, "sslmode':'disable" },
	{ "python", SCRIPT_INSECURE, "verify_ssl=False" },
	{ "python", SCRIPT_INSECURE, "tls_insecure_set(True" },
	{ "python", SCRIPT_INSECURE, "insecure_channel(" },
	{ "python", SCRIPT_INSECURE, "add_insecure_port(" },
	{ "python", SCRIPT_INSECURE, "SSL_VERIFYPEER,0" },
	{ "python", SCRIPT_INSECURE, "SSL_VERIFYPEER,False" },
	{ "python", SCRIPT_INSECURE, "sslmode=disable" },
	{ "python", SCRIPT_INSECURE, "sslmode='disable'" },
	{ "node", SCRIPT_TLS, "require('tls')" },
	{ "node", SCRIPT_TLS, "require('https')" },
	{ "node", SCRIPT_TLS, "require('http2')" },
	{ "node", SCRIPT_TLS, "from 'tls'" },
	{ "node", SCRIPT_TLS, "from 'https'" },
	{ "node", SCRIPT_TLS, "node:tls" },
	{ "node", SCRIPT_TLS, "node:https" },
	{ "node", SCRIPT_TLS, "node:http2" },
	{ "node", SCRIPT_CARRIER, "axios" },
	{ "node", SCRIPT_CARRIER, "node-fetch" },
	{ "node", SCRIPT_CARRIER, "undici" },
	{ "node", SCRIPT_CARRIER, "fetch(" },
	{ "node", SCRIPT_CARRIER, "require('got')" },
	{ "node", SCRIPT_CARRIER, "require('request')" },
	{ "node", SCRIPT_CARRIER, "require('ws')" },
	{ "node", SCRIPT_CARRIER, "grpc" },
	{ "node", SCRIPT_CARRIER, "require('pg')" },
	{ "node", SCRIPT_CARRIER, "require('mysql2')" },
	{ "node", SCRIPT_NETWORK, "require('net')" },
	{ "node", SCRIPT_NETWORK, "require('http')" },
	{ "node", SCRIPT_NETWORK, "node:net" },
	{ "node", SCRIPT_NETWORK, "node:http" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized:false" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized:!1" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized=false" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized=!1" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized':false" },
	{ "node", SCRIPT_INSECURE, "strictSSL:false" },
	{ "node", SCRIPT_INSECURE, "strictSSL:!1" },
	{ "node", SCRIPT_INSECURE, "checkServerIdentity:()=>" },
	{ "node", SCRIPT_INSECURE, "checkServerIdentity:function()" },
	{ "node", SCRIPT_INSECURE, "checkServerIdentity(){" },
	{ "node", SCRIPT_INSECURE, "rejectUnauthorized:0" },
	{ "node", SCRIPT_INSECURE, "tlsAllowInvalidCertificates:true" },
	{ "node", SCRIPT_INSECURE, "tlsInsecure:true" },
	{ "node", SCRIPT_OFF, "NODE_TLS_REJECT_UNAUTHORIZED" },
	{ "node", SCRIPT_INSECURE, "createInsecure(" },
	{ "node", SCRIPT_INSECURE, "ssl:false" },
	{ "node", SCRIPT_INSECURE, "sslmode=disable" },
	{ "perl", SCRIPT_TLS, "IO::Socket::SSL" },
	{ "perl", SCRIPT_TLS, "Net::SSLeay" },
	{ "perl", SCRIPT_TLS, "Net::SSL" },
	{ "perl", SCRIPT_TLS, "Crypt::SSLeay" },
	{ "perl", SCRIPT_CARRIER, "LWP::" },
	{ "perl", SCRIPT_CARRIER, "HTTP::Tiny" },
	{ "perl", SCRIPT_CARRIER, "Mojo::UserAgent" },
	{ "perl", SCRIPT_CARRIER, "WWW::" },
	{ "perl", SCRIPT_CARRIER, "Net::LDAP" },
	{ "perl", SCRIPT_NETWORK, "IO::Socket" },
	{ "perl", SCRIPT_INSECURE, "SSL_VERIFY_NONE" },
	{ "perl", SCRIPT_INSECURE, "verify_hostname=>0" },
	{ "perl", SCRIPT_INSECURE, "SSL_verify_mode=>0" },
	{ "perl", SCRIPT_INSECURE, "SSL_verify_mode=>0x00" },
	{ "perl", SCRIPT_INSECURE, "->insecure(1" },
	{ "perl", SCRIPT_INSECURE, "verify=>'none'" },
	{ "perl", SCRIPT_INSECURE, "verify_SSL=>0" },
	{ "perl", SCRIPT_OFF, "PERL_LWP_SSL_VERIFY_HOSTNAME" },
	{ "perl", SCRIPT_INSECURE, "sslmode=disable" },
	{ "ruby", SCRIPT_TLS, "require 'openssl'" },
	{ "ruby", SCRIPT_TLS, "OpenSSL::SSL" },
	{ "ruby", SCRIPT_TLS, "use_ssl" },
	{ "ruby", SCRIPT_CARRIER, "net/http" },
	{ "ruby", SCRIPT_CARRIER, "net/https" },
	{ "ruby", SCRIPT_CARRIER, "open-uri" },
	{ "ruby", SCRIPT_CARRIER, "faraday" },
	{ "ruby", SCRIPT_CARRIER, "httparty" },
	{ "ruby", SCRIPT_CARRIER, "rest-client" },
	{ "ruby", SCRIPT_NETWORK, "require 'socket'" },
	{ "ruby", SCRIPT_INSECURE, "VERIFY_NONE" },
	{ "ruby", SCRIPT_INSECURE, "use_ssl=false" },
	{ "ruby", SCRIPT_INSECURE, "ssl_verify_mode:0" },
	{ "ruby", SCRIPT_INSECURE, "ssl_verify_mode=>0" },
	{ "ruby", SCRIPT_INSECURE, "verify_hostname=false" },
	{ "ruby", SCRIPT_INSECURE, "verify:false" },
	{ "ruby", SCRIPT_INSECURE, "verify_ssl:false" },
	{ "ruby", SCRIPT_INSECURE, "verify_ssl=>false" },
	{ "php", SCRIPT_TLS, "ssl://" },
	{ "php", SCRIPT_TLS, "tls://" },
	{ "php", SCRIPT_TLS, "stream_socket_enable_crypto" },
	{ "php", SCRIPT_CARRIER, "curl_init" },
	{ "php", SCRIPT_CARRIER, "GuzzleHttp" },
	{ "php", SCRIPT_CARRIER, "https://" },
	{ "php", SCRIPT_CARRIER, "wp_remote_" },
	{ "php", SCRIPT_CARRIER, "SoapClient" },
	{ "php", SCRIPT_NETWORK, "fsockopen" },
	{ "php", SCRIPT_NETWORK, "stream_socket_client" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER,false" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER,0" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER=>false" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER=>0" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYHOST,0" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYHOST,false" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYHOST=>0" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYHOST=>false" },
	{ "php", SCRIPT_INSECURE, "verify_peer'=>false" },
	{ "php", SCRIPT_INSECURE, "verify_peer_name'=>false" },
	{ "php", SCRIPT_INSECURE, "allow_self_signed'=>true" },
	{ "php", SCRIPT_INSECURE, "sslverify'=>false" },
	{ "php", SCRIPT_INSECURE, "verify_peer'=>FALSE" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER,FALSE" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYHOST,FALSE" },
	{ "php", SCRIPT_INSECURE, "CURLOPT_SSL_VERIFYPEER=>FALSE" },
	{ "php", SCRIPT_INSECURE, "MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT" },
	{ "php", SCRIPT_INSECURE, "verify'=>false" },
	{ "php", SCRIPT_INSECURE, "sslmode=disable" },
	{ "shell", SCRIPT_TLS, "openssl s_client" },
	{ "shell", SCRIPT_TLS, "gnutls-cli" },
	{ "shell", SCRIPT_TLS, "ncat --ssl" },
	{ "shell", SCRIPT_TLS, "OPENSSL:" },
	{ "shell", SCRIPT_CARRIER, "curl " },
	{ "shell", SCRIPT_CARRIER, "wget " },
	{ "shell", SCRIPT_CARRIER, "git " },
	{ "shell", SCRIPT_CARRIER, "ssh " },
	{ "shell", SCRIPT_CARRIER, "scp " },
	{ "shell", SCRIPT_CARRIER, "rsync " },
	{ "shell", SCRIPT_CARRIER, "psql" },
	{ "shell", SCRIPT_CARRIER, "mysql" },
	{ "shell", SCRIPT_NETWORK, "/dev/tcp/" },
	{ "shell", SCRIPT_NETWORK, "telnet " },
	{ "shell", SCRIPT_NETWORK, "nc " },
	{ "shell", SCRIPT_NETWORK, "rcp " },
	{ "shell", SCRIPT_NETWORK, "rsh " },
	{ "shell", SCRIPT_OFF, " --insecure" },
	{ "shell", SCRIPT_OFF, "--no-check-certificate" },
	{ "shell", SCRIPT_OFF, "GIT_SSL_NO_VERIFY" },
	{ "shell", SCRIPT_OFF, "sslVerify=false" },
	{ "shell", SCRIPT_OFF, "StrictHostKeyChecking=no" },
	{ "shell", SCRIPT_OFF, "sslmode=disable" },
	{ "shell", SCRIPT_OFF, "SSLMODE=disable" },
	{ "shell", SCRIPT_OFF, "ssl-mode=DISABLED" },
	{ "shell", SCRIPT_OFF, "--skip-ssl" },
	{ "shell", SCRIPT_OFF, "NODE_TLS_REJECT_UNAUTHORIZED=0" },
	{ "shell", SCRIPT_OFF, "PYTHONHTTPSVERIFY=0" },
	{ "shell", SCRIPT_OFF, "PERL_LWP_SSL_VERIFY_HOSTNAME=0" },
	{ "shell", SCRIPT_OFF, "LDAPTLS_REQCERT=never" },
	{ "shell", SCRIPT_OFF, "UserKnownHostsFile=/dev/null" },
	{ "lua", SCRIPT_TLS, "require('ssl" },
	{ "lua", SCRIPT_TLS, "require 'ssl" },
	{ "lua", SCRIPT_NETWORK, "socket" },
	{ "lua", SCRIPT_CARRIER, "resty.http" },
	{ "lua", SCRIPT_CARRIER, "http.request" },
	{ "lua", SCRIPT_INSECURE, "verify='none'" },
	{ "lua", SCRIPT_INSECURE, "ssl_verify=false" },
	{ "lua", SCRIPT_INSECURE, "ssl_verify=>false" },
	{ "tcl", SCRIPT_TLS, "package require tls" },
	{ "tcl", SCRIPT_NETWORK, "socket " },
	{ "tcl", SCRIPT_INSECURE, "-require 0" },
};

static const struct {
	const char *language, *interpreter, *comment;
	const char *endings[4];
} languages[] = {
	{ "python", "python", "#", { ".py", ".pyw" } },
	{ "node", "node", "//", { ".js", ".mjs", ".cjs" } },
	{ "perl", "perl", "#", { ".pl", ".pm" } },
	{ "ruby", "ruby", "#", { ".rb" } },
	{ "php", "php", "//", { ".php" } },
	{ "shell", "sh", "#", { ".sh" } },
	{ "lua", "lua", "--", { ".lua" } },
	{ "tcl", "tclsh", "#", { ".tcl" } },
};

static bool is_aside(const char *path)
{
	static const char *const parts[] = { "/doc/", "/docs/", "/examples/", "/example/", "/tests/", "/test/",
		"/testing/", "/test_", "/man/" };

	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(path, parts[i]))
			return true;
	return false;
}

/* "#!/usr/bin/env python3" says nothing of python in the interpreter's name: the line does. */
static bool runs_with(const struct looked *file, const char *interpreter)
{
	const char *end = memchr(file->bytes, '\n', file->len), *begin = (const char *)file->bytes;
	size_t len = end ? (size_t)(end - begin) : file->len;

	return strcmp(file->content.kind, "script") == 0 && memmem(begin, len, interpreter, strlen(interpreter));
}

static size_t language_of(const struct looked *file)
{
	const char *path = file->entry->path;

	for (size_t i = 0; i < COUNT(languages); i++)
		for (size_t k = 0; k < COUNT(languages[i].endings) && languages[i].endings[k]; k++)
			if (text_ends(path, languages[i].endings[k]))
				return i;
	for (size_t i = 0; i < COUNT(languages); i++)
		if (runs_with(file, languages[i].interpreter))
			return i;
	return COUNT(languages);
}

const char *script_language(const struct looked *file)
{
	size_t i;

	if ((strcmp(file->content.kind, "script") != 0 && strcmp(file->content.kind, "text") != 0) ||
		is_aside(file->entry->path))
		return NULL;
	i = language_of(file);
	return i < COUNT(languages) ? languages[i].language : NULL;
}

static bool is_comment(const char *line, const char *end, const char *comment)
{
	size_t len = strlen(comment);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return (size_t)(end - line) >= len && memcmp(line, comment, len) == 0;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

static const char *past_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Where the mark ends that begins here, or NULL: blanks around signs are as everybody likes them, and so are quotes. */
static const char *fit(const char *at, const char *end, const char *mark)
{
	const char *begin = at;

	for (; *mark; mark++) {
		bool is_sign = !is_word(*mark) && *mark != ' ';

		if (*mark == ' ' && at > begin && is_blank(at[-1]))
			continue;
		if (is_sign && at > begin)
			at = past_blanks(at, end);
		if (at >= end || (*at != *mark && !(is_quote(*at) && is_quote(*mark))))
			return NULL;
		at++;
		if (!is_word(*mark) && mark[1])
			at = past_blanks(at, end);
	}
	return at;
}

/* As a word of its own; something that does TLS for others may go on: "import psycopg2", and so may letters of options: "curl -kfsS". */
static bool is_in(const struct looked *file, const struct mark *mark, const char *comment)
{
	const char *text = mark->text, *all = (const char *)file->bytes, *at = all;
	const char *end = all + file->len, *line = all, *seen = all, *stop;
	size_t first = 0;
	bool may_go_on = mark->kind == SCRIPT_CARRIER || strstr(text, " -");

	while (is_word(text[first]))
		first++;
	first = first ? first : 1;
	for (; (at = memmem(at, (size_t)(end - at), text, first)) != NULL; at++) {
		bool is_inside = is_word(text[0]) && at > all && is_word(at[-1]);

		if (is_inside || (stop = fit(at, end, text)) == NULL)
			continue;
		if (!may_go_on && is_word(stop[-1]) && stop < end && is_word(*stop))
			continue;
		const char *begin = memrchr(seen, '\n', (size_t)(at - seen)); /* each byte is searched once */

		line = begin ? begin + 1 : line;
		seen = at;
		if (!is_comment(line, at, comment))
			return true;
	}
	return false;
}

json_t *script_marks(const struct looked *file, const char *language, enum script_mark kind)
{
	json_t *ret = json_array();
	const char *comment = "#";

	for (size_t i = 0; i < COUNT(languages); i++)
		if (strcmp(languages[i].language, language) == 0)
			comment = languages[i].comment;
	for (size_t i = 0; i < COUNT(marks); i++)
		if (marks[i].kind == kind && strcmp(marks[i].language, language) == 0 &&
			is_in(file, &marks[i], comment))
			json_array_append_new(ret, json_string(marks[i].text));
	return ret;
}
