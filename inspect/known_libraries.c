/* known_libraries.c - the table, and the order of such libraries' versions. */
#include "inspect/known_libraries.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static const struct known_library table[] = {
	{ "libssl.so", "openssl", "ssl" },
	{ "libcrypto.so", "openssl", "ssl" },
	{ "libgnutls", "gnutls", "gnutls" },
	{ "libnss3.so", "nss", "nss" },
	{ "libmbedtls", "mbedtls", "mbedtls" },
	{ "libwolfssl", "wolfssl", "wolfssl" },
	{ "libgcrypt.so", "libgcrypt", "gcrypt" },
	{ "libz.so", "zlib", "zlib" },
	{ "libzstd.so", "zstd", "zstd" },
	{ "liblzma.so", "xz", "lzma" },
	{ "libbz2.so", "bzip2", "bz" },
	{ "liblz4.so", "lz4", "lz4" },
	{ "libexpat.so", "expat", "expat" },
	{ "libxml2.so", "libxml2", "xml2" },
	{ "libxslt.so", "libxslt", "xslt" },
	{ "libsqlite3.so", "sqlite", "sqlite" },
	{ "libcurl", "curl", "curl" },
	{ "libpcre.so", "pcre", "pcre" },
	{ "libpcre2-", "pcre2", "pcre2" },
	{ "libpng", "libpng", "png" },
	{ "libjpeg.so", "libjpeg-turbo", "jpeg" },
	{ "libturbojpeg.so", "libjpeg-turbo", "jpeg" },
	{ "libtiff.so", "libtiff", "tiff" },
	{ "libwebp.so", "libwebp", "webp" },
	{ "libfreetype.so", "freetype", "freetype" },
	{ "libarchive.so", "libarchive", "archive" },
	{ "libssh.so", "libssh", "ssh" },
	{ "libssh2.so", "libssh2", "ssh2" },
	{ "libnghttp2.so", "nghttp2", "nghttp2" },
	{ "libcares.so", "c-ares", "ares" },
	{ "libuv.so", "libuv", "uv" },
	{ "libevent", "libevent", "event" },
	{ "libicuuc.so", "icu", "icu" },
	{ "libprotobuf.so", "protobuf", "protobuf" },
	{ "libgrpc.so", "grpc", "grpc" },
	{ "libboost_", "boost", "boost" },
	{ "libyaml-", "libyaml", "yaml" },
	{ "libkrb5.so", "krb5", "krb5" },
	{ "libldap", "openldap", "ldap" },
	{ "libpq.so", "postgresql", "pq" },
	{ "libmariadb.so", "mariadb", "mariadb" },
	{ "libpython", "python", "python" },
	{ "liblua5", "lua", "lua" },
	{ "libstdc++.so", "gcc runtime", "stdc" },
	{ "libQt5Core.so", "qt", "qt" },
	{ "libQt6Core.so", "qt", "qt" },
	{ "org.apache.logging.log4j:", "log4j", "log4j" },
	{ "log4j:log4j", "log4j", "log4j" },
	{ "com.fasterxml.jackson.core:", "jackson", "jackson" },
	{ "org.springframework:", "spring", "spring" },
	{ "org.springframework.boot:", "spring-boot", "spring" },
	{ "io.netty:", "netty", "netty" },
	{ "org.bouncycastle:", "bouncycastle", "bouncycastle" },
	{ "org.yaml:snakeyaml", "snakeyaml", "snakeyaml" },
	{ "com.thoughtworks.xstream:", "xstream", "xstream" },
	{ "com.alibaba:fastjson", "fastjson", "fastjson" },
	{ "commons-collections:", "commons-collections", "commons" },
	{ "commons-fileupload:", "commons-fileupload", "commons" },
	{ "org.apache.commons:commons-text", "commons-text", "commons" },
	{ "org.apache.struts:", "struts", "struts" },
	{ "org.apache.tomcat.embed:", "tomcat", "tomcat" },
	{ "org.eclipse.jetty:", "jetty", "jetty" },
	{ "org.apache.shiro:", "shiro", "shiro" },
	{ "com.h2database:", "h2", "h2" },
};

const struct known_library *known_library(const char *soname)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (text_starts(soname, table[i].soname))
			return &table[i];
	return NULL;
}

const struct known_library *known_library_named(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *known_version(const char *file_name)
{
	const char *at = strstr(file_name, ".so.");

	return at && at[4] >= '0' && at[4] <= '9' ? at + 4 : "";
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int known_version_order(const char *a, const char *b)
{
	while (*a && *b) {
		if (is_digit(*a) && is_digit(*b)) {
			char *a_end, *b_end;
			unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);

			if (x != y)
				return x < y ? -1 : 1;
			a = a_end;
			b = b_end;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}
