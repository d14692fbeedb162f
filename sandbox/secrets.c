/* secrets.c - shadow files without hashes, password files without passwords, and secrets that have no fixed name. */
#include "sandbox/secrets.h"
#include "base/fs.h"
#include "sandbox/root.h"
#include <dirent.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

char *secrets_without_hashes(const char *text)
{
	AUTO_FREE char *copy = mem_strdup(text);
	struct text out = { 0 };

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *name = strsep(&line, ":"), *hash = line ? strsep(&line, ":") : NULL;

		if (hash)
			text_add(&out, "%s:*:%s\n", name, line ? line : "");
	}
	return text_take(&out);
}

static int replace_shadow(struct sandbox *s, const char *file, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *clean = NULL;
	size_t len = 0;

	if (sandbox_read(s, file, MIB(4), &bytes, &len, e))
		return -1;
	if (!bytes)
		return 0;
	clean = secrets_without_hashes(bytes);
	return sandbox_write(s, file, clean, strlen(clean), 0640, e);
}

/* A cover would be in the way of those who write them anew by rename (debconf does). */
static int empty_file(struct sandbox *s, const char *file, struct err *e)
{
	struct path_status st;

	if (sandbox_status(s, file, &st, e))
		return -1;
	return st.is_there && S_ISREG(st.mode) ? sandbox_write(s, file, "", 0, 0600, e) : 0;
}

int secrets_replace(struct sandbox *s, struct err *e)
{
	static const char *const shadows[] = { "/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-" };
	static const char *const passwords[] = { "/var/cache/debconf/passwords.dat",
		"/var/cache/debconf/passwords.dat-old", "/etc/security/opasswd", "/etc/mysql/debian.cnf",
		"/etc/postfix/sasl_passwd", "/etc/postfix/sasl_passwd.db", "/etc/exim4/passwd.client", "/etc/msmtprc",
		"/etc/ppp/chap-secrets", "/etc/ppp/pap-secrets", "/etc/wpa_supplicant/wpa_supplicant.conf",
		"/etc/samba/smbpasswd", "/etc/rndc.key", "/etc/bind/rndc.key", "/etc/munge/munge.key", "/etc/netrc",
		"/etc/cifs-credentials", "/etc/davfs2/secrets", "/etc/cups/passwd.md5" };

	for (size_t i = 0; i < COUNT(shadows); i++)
		if (replace_shadow(s, shadows[i], e))
			return -1;
	for (size_t i = 0; i < COUNT(passwords); i++)
		if (empty_file(s, passwords[i], e))
			return -1;
	return 0;
}

/* ---- places without a fixed name */
static bool is_standard(const char *name)
{
	static const char *const names[] = { ".", "..", "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32",
		"lost+found", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
		"home" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void each_stranger(void (*hide)(void *context, const char *path), void *context)
{
	DIR *d = opendir("/");

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *path = mem_printf("/%s", entry->d_name);

		if (!is_standard(entry->d_name))
			hide(context, path);
	}
	if (d)
		closedir(d);
}

void secrets_each(void (*hide)(void *context, const char *path), void *context)
{
	static const char *const patterns[] = { "/etc/ssh/ssh_host_*key", "/etc/ceph/*.keyring", "/etc/salt/*/pki",
		"/etc/dovecot/private", "/var/lib/lxd*", "/swap*" };
	AUTO_FREE char *roots = root_dir();

	each_stranger(hide, context);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		glob_t found = { 0 };

		if (glob(patterns[i], GLOB_NOSORT, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++)
				hide(context, found.gl_pathv[k]);
		globfree(&found);
	}
	hide(context, getenv("HOME"));
	hide(context, roots);
}

/* What does not exist needs no hiding; the whole machine cannot be hidden. */
static void hide_one(void *context, const char *path)
{
	char *real = path && *path ? realpath(path, NULL) : NULL;

	if (real && strcmp(real, "/") != 0)
		*LIST_ADD((struct hidden *)context) = real;
	else
		free(real);
}

void hidden_find(const char *const *named, size_t len, struct hidden *ret)
{
	const char *home = getenv("HOME");
	AUTO_FREE char *keys = home ? fs_join(home, ".gnupg") : NULL;

	*ret = (struct hidden){ 0 };
	for (size_t i = 0; i < len; i++)
		hide_one(ret, named[i]);
	hide_one(ret, keys);
	hide_one(ret, getenv("GNUPGHOME"));
	secrets_each(hide_one, ret);
}

void hidden_done(struct hidden *h)
{
	for (size_t i = 0; i < h->len; i++)
		free((char *)h->at[i]);
	LIST_DONE(h);
}
