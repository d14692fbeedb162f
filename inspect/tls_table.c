/* tls_table.c - the tables. Names are matched whole, or as a beginning where they end in '*'. */
#include "inspect/tls_table.h"
#include "base/text.h"
#include <string.h>

struct name {
	const char *name, *family;
	unsigned verify;
};

/* Functions without which nobody speaks TLS with that library. Starting it (SSL_library_init) or using its crypto is not enough. */
static const struct name entries[] = {
	{ "BIO_f_ssl", "OpenSSL", 0 },
	{ "BIO_new_buffer_ssl_connect", "OpenSSL", 0 },
	{ "BIO_new_ssl", "OpenSSL", 0 },
	{ "BIO_new_ssl_connect", "OpenSSL", 0 },
	{ "SSL_CTX_new", "OpenSSL", 0 },
	{ "SSL_CTX_new_ex", "OpenSSL", 0 },
	{ "SSL_ForceHandshake", "NSS", 0 },
	{ "SSL_ImportFD", "NSS", 0 },
	{ "SSL_ResetHandshake", "NSS", 0 },
	{ "SSL_accept", "OpenSSL", 0 },
	{ "SSL_connect", "OpenSSL", 0 },
	{ "SSL_do_handshake", "OpenSSL", 0 },
	{ "SSL_new", "OpenSSL", 0 },
	{ "SSL_read", "OpenSSL", 0 },
	{ "SSL_read_ex", "OpenSSL", 0 },
	{ "SSL_set_bio", "OpenSSL", 0 },
	{ "SSL_set_fd", "OpenSSL", 0 },
	{ "SSL_write", "OpenSSL", 0 },
	{ "SSL_write_ex", "OpenSSL", 0 },
	{ "br_ssl_client_init_full", "BearSSL", 0 },
	{ "br_ssl_client_reset", "BearSSL", 0 },
	{ "br_ssl_server_reset", "BearSSL", 0 },
	{ "g_socket_client_set_tls", "GLib TLS", 0 },
	{ "g_tls_client_connection_new", "GLib TLS", 0 },
	{ "g_tls_server_connection_new", "GLib TLS", 0 },
	{ "gnutls_handshake", "GnuTLS", 0 },
	{ "gnutls_init", "GnuTLS", 0 },
	{ "gnutls_record_recv", "GnuTLS", 0 },
	{ "gnutls_record_send", "GnuTLS", 0 },
	{ "mbedtls_ssl_handshake", "mbedTLS", 0 },
	{ "mbedtls_ssl_read", "mbedTLS", 0 },
	{ "mbedtls_ssl_setup", "mbedTLS", 0 },
	{ "mbedtls_ssl_write", "mbedTLS", 0 },
	{ "s2n_connection_new", "s2n", 0 },
	{ "s2n_negotiate", "s2n", 0 },
	{ "tls_accept_socket", "libtls", 0 },
	{ "tls_connect", "libtls", 0 },
	{ "tls_connect_fds", "libtls", 0 },
	{ "tls_connect_servername", "libtls", 0 },
	{ "tls_connect_socket", "libtls", 0 },
	{ "wolfSSL_CTX_new", "wolfSSL", 0 },
	{ "wolfSSL_accept", "wolfSSL", 0 },
	{ "wolfSSL_connect", "wolfSSL", 0 },
	{ "wolfSSL_new", "wolfSSL", 0 },
	{ "_ZN10QSslSocket*", "Qt", 0 },
};

/* One group whatever the library and its version: a program that moves from one function of a group to another still does the same. */
static const struct name verifiers[] = {
	{ "CERT_PKIXVerifyCert", NULL, TLS_VERIFY_PEER },
	{ "CERT_VerifyCert*", NULL, TLS_VERIFY_PEER },
	{ "CERT_VerifyCertName", NULL, TLS_VERIFY_NAME },
	{ "GENERAL_NAME*", NULL, TLS_VERIFY_NAME },
	{ "SSL_AuthCertificate*", NULL, TLS_VERIFY_PEER },
	{ "SSL_BadCertHook", NULL, TLS_VERIFY_PEER },
	{ "SSL_CTX_set_cert_verify_callback", NULL, TLS_VERIFY_PEER },
	{ "SSL_CTX_set_custom_verify", NULL, TLS_VERIFY_PEER },
	{ "SSL_CTX_set_verify", NULL, TLS_VERIFY_PEER },
	{ "SSL_SetURL", NULL, TLS_VERIFY_NAME },
	{ "SSL_add1_host", NULL, TLS_VERIFY_NAME },
	{ "SSL_get0_peername", NULL, TLS_VERIFY_NAME },
	{ "SSL_get_verify_result", NULL, TLS_VERIFY_PEER },
	{ "SSL_set1_host", NULL, TLS_VERIFY_NAME },
	{ "SSL_set_custom_verify", NULL, TLS_VERIFY_PEER },
	{ "SSL_set_hostflags", NULL, TLS_VERIFY_NAME },
	{ "SSL_set_verify", NULL, TLS_VERIFY_PEER },
	{ "X509_NAME_get_text_by_NID", NULL, TLS_VERIFY_NAME },
	{ "X509_NAME_oneline", NULL, TLS_VERIFY_NAME },
	{ "X509_VERIFY_PARAM_add1_host", NULL, TLS_VERIFY_NAME },
	{ "X509_VERIFY_PARAM_set1_email", NULL, TLS_VERIFY_NAME },
	{ "X509_VERIFY_PARAM_set1_host", NULL, TLS_VERIFY_NAME },
	{ "X509_VERIFY_PARAM_set1_ip*", NULL, TLS_VERIFY_NAME },
	{ "X509_check_email", NULL, TLS_VERIFY_NAME },
	{ "X509_check_host", NULL, TLS_VERIFY_NAME },
	{ "X509_check_ip*", NULL, TLS_VERIFY_NAME },
	{ "X509_get_ext_d2i", NULL, TLS_VERIFY_NAME },
	{ "X509_get_subject_name", NULL, TLS_VERIFY_NAME },
	{ "X509_verify_cert", NULL, TLS_VERIFY_PEER },
	{ "_ZN10QSslSocket*VerifyMode*", NULL, TLS_VERIFY_PEER },
	{ "dane_verify_*", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "g_tls_certificate_verify", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "g_tls_client_connection_new", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "g_socket_client_set_tls", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "gnutls_certificate_set_verify_function", NULL, TLS_VERIFY_PEER },
	{ "gnutls_certificate_verify_peers", NULL, TLS_VERIFY_PEER },
	{ "gnutls_certificate_verify_peers2", NULL, TLS_VERIFY_PEER },
	{ "gnutls_certificate_verify_peers3", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "gnutls_session_get_verify_cert_status", NULL, TLS_VERIFY_PEER },
	{ "gnutls_session_set_verify_cert*", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "gnutls_session_set_verify_function", NULL, TLS_VERIFY_PEER },
	{ "gnutls_verify_stored_pubkey", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "gnutls_x509_crt_check_hostname*", NULL, TLS_VERIFY_NAME },
	{ "gnutls_x509_crt_get_dn*", NULL, TLS_VERIFY_NAME },
	{ "gnutls_x509_crt_list_verify", NULL, TLS_VERIFY_PEER },
	{ "gnutls_x509_crt_verify", NULL, TLS_VERIFY_PEER },
	{ "gnutls_x509_trust_list_verify_crt*", NULL, TLS_VERIFY_PEER },
	{ "gnutls_x509_trust_list_verify_named_crt", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME },
	{ "mbedtls_ssl_conf_authmode", NULL, TLS_VERIFY_PEER },
	{ "mbedtls_ssl_conf_verify", NULL, TLS_VERIFY_PEER },
	{ "mbedtls_ssl_get_verify_result", NULL, TLS_VERIFY_PEER },
	{ "mbedtls_ssl_set_hostname", NULL, TLS_VERIFY_NAME },
	{ "mbedtls_x509_crt_verify*", NULL, TLS_VERIFY_PEER },
	{ "s2n_connection_set_verify_host_callback", NULL, TLS_VERIFY_NAME },
	{ "s2n_config_disable_x509_verification", NULL, TLS_VERIFY_OFF },
	{ "tls_client", NULL, TLS_VERIFY_PEER | TLS_VERIFY_NAME }, /* libtls verifies unless it is told not to */
	{ "tls_config_insecure_noverifycert", NULL, TLS_VERIFY_OFF },
	{ "tls_config_insecure_noverifyname", NULL, TLS_VERIFY_OFF },
	{ "wolfSSL_CTX_set_verify", NULL, TLS_VERIFY_PEER },
	{ "wolfSSL_check_domain_name", NULL, TLS_VERIFY_NAME },
	{ "wolfSSL_get_verify_result", NULL, TLS_VERIFY_PEER },
	{ "wolfSSL_set_verify", NULL, TLS_VERIFY_PEER },
};

/* Libraries that speak TLS for their callers, by the beginning of their sonames. */
static const char *const carriers[] = { "libcurl", "libpq.so", "libpqxx", "libecpg", "libmariadb", "libmysqlclient",
	"libperconaserverclient", "libldap", "libneon", "libserf", "libsoup-", "libgio-2.0", "libQt4Network",
	"libQt5Network", "libQt6Network", "libqca", "librdkafka", "libmosquitto", "libpaho-mqtt3cs", "libpaho-mqtt3as",
	"libpaho-mqttpp", "libwebsockets", "libevent_openssl", "libevent_mbedtls", "libPocoNetSSL", "libgrpc",
	"librabbitmq", "libmongoc", "libhiredis_ssl", "libxmlrpc", "libnm.so", "libgit2", "libaws-c-io", "libaws-cpp",
	"libetpan", "libesmtp", "libunbound", "libgetdns", "libcups.so", "libmicrohttpd", "libqpid-proton",
	"libstrophe", "libloudmouth", "libct.so", "libsybdb", "libclntsh", "libcassandra", "libwebkit", "libfreerdp",
	"libwinpr", "libvncclient", "libvncserver", "libspice-", "libcpprest", "libproton", "libngtcp2_crypto",
	"libmsquic", "libquiche", "libisc-", "libisc.so", "libns-", "libdns-", "libpostfix-tls", "libopenconnect",
	"libopenvpn", "libfetch", "libmailutils", "libvmime", "libtorrent-rasterbar", "libiksemel", "libgloox",
	"libnng", "libh2o", "libavformat", "libwget", "libfbclient", "libimobiledevice", "libactivemq", "libtibems",
	"libmqic", "libmqm" };

/* Libraries that speak no TLS for those who only link them: libcrypto without libssl is not TLS, and the TLS libraries show by the functions that are
 * called. */
static const char *const plain[] = { "libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libresolv.so",
	"libutil.so", "libnsl.so", "ld-linux", "ld64.so", "libgcc_s.so", "libstdc++.so", "libc++", "libatomic.so",
	"libcrypto.so", "libz.so", "libzstd.so", "liblzma.so", "libbz2.so", "liblz4.so", "libcrypt.so", "libselinux.so",
	"libcap.so", "libcap-ng.so", "libseccomp.so", "libaudit.so", "libpam", "libacl.so", "libattr.so", "libpcre",
	"libncurses", "libtinfo", "libreadline", "libedit.so", "libexpat.so", "libxml2.so", "libsqlite3.so",
	"libjansson.so", "libjson-c.so", "libyaml-", "libglib-2.0", "libgobject-2.0", "libgmodule-2.0",
	"libgthread-2.0", "libffi.so", "libuuid.so", "libblkid.so", "libmount.so", "libsystemd.so", "libudev.so",
	"libdbus-1.so", "libgmp.so", "libnettle.so", "libhogweed.so", "libgcrypt.so", "libgpg-error.so", "libgomp.so",
	"libquadmath.so", "libmvec.so", "libanl.so", "libboost_", "libX11", "libXext", "libxcb", "libgtk-", "libgdk",
	"libQt5Core", "libQt5Gui", "libQt5Widgets", "libQt6Core", "libnuma.so", "libcares.so", "libuv.so", "libev.so",
	"libevent-2", "libevent_core", "libevent_pthreads", "libbsd.so", "libmd.so", "libwrap.so", "libtirpc.so",
	"libidn", "libssl.so", "libssl3.so", "libgnutls", "libmbedtls", "libwolfssl", "libtls.so", "libs2n",
	"libbearssl", "libssl-", "libpolarssl", "libnss", "libnspr4", "libplc4", "libplds4", "liblua5", "libpython",
	"libperl.so", "libruby", "libjvm.so", "libsasl2.so" };

static const char *const network[] = { "accept", "accept4", "bind", "connect", "getaddrinfo", "gethostbyname",
	"gethostbyname_r", "recvfrom", "recvmsg", "sendmsg", "sendto", "socket", "BIO_new_accept", "BIO_new_connect" };

static bool is_name(const char *pattern, const char *text)
{
	const char *star = strchr(pattern, '*');

	if (star == NULL)
		return strcmp(pattern, text) == 0;
	if (strncmp(pattern, text, (size_t)(star - pattern)) != 0)
		return false;
	AUTO_FREE char *middle = mem_strdup(star + 1);
	middle[strcspn(middle, "*")] = 0;
	return strstr(text + (star - pattern), middle) != NULL;
}

const char *tls_entry(const char *function)
{
	for (size_t i = 0; i < COUNT(entries); i++)
		if (entries[i].name[0] == function[0] && is_name(entries[i].name, function))
			return entries[i].family;
	return NULL;
}

static bool begins_with_any(const char *text, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_starts(text, list[i]))
			return true;
	return false;
}

bool tls_is_carrier(const char *soname)
{
	return begins_with_any(soname, carriers, COUNT(carriers));
}

bool tls_is_plain(const char *soname)
{
	return begins_with_any(soname, plain, COUNT(plain));
}

bool tls_is_network(const char *function)
{
	for (size_t i = 0; i < COUNT(network); i++)
		if (network[i][0] == function[0] && strcmp(network[i], function) == 0)
			return true;
	return false;
}

static void add_family(json_t *families, const char *family)
{
	if (family)
		json_add_once(families, family);
}

json_t *tls_families(const struct elf *elf)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < elf->imports_len; i++)
		add_family(ret, tls_entry(elf->imports[i].name));
	for (size_t i = 0; i < elf->exports_len; i++)
		add_family(ret, tls_entry(elf->exports[i].name));
	for (size_t i = 0; i < elf->defined_len; i++)
		add_family(ret, tls_entry(elf->defined[i]));
	for (size_t i = 0; i < traces_len; i++)
		if ((traces[i].kind == TRACE_TLS || traces[i].kind == TRACE_LOADS) && elf->found[i])
			add_family(ret, traces[i].name);
	return ret;
}

bool tls_imports(const struct elf *elf)
{
	for (size_t i = 0; i < elf->imports_len; i++)
		if (tls_entry(elf->imports[i].name))
			return true;
	return false;
}

static unsigned verifier(const char *function)
{
	unsigned ret = 0;

	for (size_t i = 0; i < COUNT(verifiers); i++)
		if (verifiers[i].name[0] == function[0] && is_name(verifiers[i].name, function))
			ret |= verifiers[i].verify;
	return ret;
}

unsigned tls_verifies(const struct elf *elf)
{
	unsigned ret = 0;

	for (size_t i = 0; i < elf->imports_len; i++)
		ret |= verifier(elf->imports[i].name);
	for (size_t i = 0; i < elf->defined_len; i++)
		ret |= verifier(elf->defined[i]);
	return ret;
}
