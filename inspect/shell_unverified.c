/* shell_unverified.c - the table of options and variables that switch off the checks of certificates, host keys and signatures. */
#include "inspect/shell_unverified.h"
#include <fnmatch.h>
#include <string.h>

/* Each pattern must fit one of the program's words, in any order and case; "|" parts choices. */
static const struct unverified {
	const char *programs, *args[2], *mark;
} rules[] = {
	{ "curl", { "--insecure|--proxy-insecure|--doh-insecure" }, " --insecure" },
	{ "wget|wget2", { "--no-check-certificate|--check-certificate=no|--check-certificate=quiet" },
		"--no-check-certificate" },
	{ "http|https|xh", { "--verify=no|--verify=false" }, "--verify=no" },
	{ "gnutls-cli|kubectl|helm|oc|argocd|lftp|ldapsearch",
		{ "--insecure|--no-ca-verification|--insecure-skip-tls-verify|--insecure-skip-tls-verify=true|"
		  "*ssl:verify-certificate*no*|*ssl:verify-certificate*false*" },
		" --insecure" },
	{ "docker|podman|skopeo|buildah|crictl|nerdctl|oras",
		{ "--tls-verify=false|--src-tls-verify=false|--dest-tls-verify=false|--disable-content-trust|"
		  "--disable-content-trust=true|--insecure-registry|--insecure-policy" },
		"--tls-verify=false" },
	{ "git", { "http*.sslverify=false|http*.sslverify=0|http*.sslverify=no" }, "sslVerify=false" },
	{ "git", { "http*.sslverify", "false|0|no|off" }, "sslVerify=false" },
	{ "npm|yarn|pnpm|bower", { "--strict-ssl=false|--no-strict-ssl|strict-ssl=false" }, "strict-ssl=false" },
	{ "npm|yarn|pnpm", { "strict-ssl", "false|0" }, "strict-ssl=false" },
	{ "pip|pip2|pip3|pip3.*|python|python3|pipx|uv", { "--trusted-host|--trusted-host=*|--allow-insecure-host*" },
		"--trusted-host" },
	{ "ssh|scp|sftp|rsync|autossh|git|sshfs|ssh-copy-id|export",
		{ "*stricthostkeychecking=no*|*stricthostkeychecking no*|*stricthostkeychecking=off*" },
		"StrictHostKeyChecking=no" },
	{ "ssh|scp|sftp|rsync|autossh|git|sshfs|ssh-copy-id|export",
		{ "*userknownhostsfile=/dev/null*|*userknownhostsfile /dev/null*" }, "UserKnownHostsFile=/dev/null" },
	{ "psql|pg_dump|pg_basebackup|pg_restore", { "*sslmode=disable*" }, "sslmode=disable" },
	{ "mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mariadb-admin",
		{ "--ssl-mode=disabled|--skip-ssl|--ssl=0|--ssl=off|--ssl-verify-server-cert=0|"
		  "--disable-ssl-verify-server-cert|--skip-ssl-verify-server-cert" },
		"ssl-mode=DISABLED" },
	{ "apt|apt-get|aptitude",
		{ "--allow-unauthenticated|--allow-insecure-repositories|--force-yes|*allowunauthenticated=true*|"
		  "*allowunauthenticated=1*|*verify-peer=false*|*allowinsecurerepositories=*" },
		"--allow-unauthenticated" },
	{ "yum|dnf|dnf5|microdnf|zypper",
		{ "--nogpgcheck|--no-gpgcheck|--no-gpg-checks|--setopt=*sslverify=0|--setopt=*sslverify=false|"
		  "--setopt=*gpgcheck=0|--setopt=*gpgcheck=false" },
		"--nogpgcheck" },
	{ "rpm|rpmkeys", { "--nosignature" }, "--nosignature" },
	{ "flatpak|ostree", { "--no-gpg-verify|--set=gpg-verify=false" }, "--no-gpg-verify" },
	{ "apk", { "--allow-untrusted" }, "--allow-untrusted" },
	{ "gpg|gpg2", { "--always-trust|--trust-model=always" }, "--trust-model always" },
	{ "gpg|gpg2", { "--trust-model", "always" }, "--trust-model always" },
	{ "export|env|declare|typeset",
		{ "git_ssl_no_verify=1|git_ssl_no_verify=true|git_ssl_no_verify=yes|node_tls_reject_unauthorized=0|"
		  "pythonhttpsverify=0|perl_lwp_ssl_verify_hostname=0|ldaptls_reqcert=never|ldaptls_reqcert=allow|"
		  "pgsslmode=disable|npm_config_strict_ssl=false|kube_insecure*=true" },
		"a variable that switches checks off" },
};

/* "-k", "-fsSk", but not "-ok": behind an option that takes a value, the rest is the value. */
static bool has_k(const struct shell_command *c, size_t program)
{
	static const char with_value[] = "oHdXuAebcFTwmxEKYyzCDPQrtUh";

	for (size_t i = program + 1; i < c->len; i++) {
		const char *word = c->words[i];
		size_t options = word[0] == '-' && word[1] != '-' ? 1 + strcspn(word + 1, with_value) : 0;

		if (options > 0 && memchr(word, 'k', options))
			return true;
		if (options > 0 && options + 1 == strlen(word))
			i++; /* its value is the next word */
	}
	return false;
}

const char *shell_unverified(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	if (strcmp(program, "curl") == 0 && has_k(c, at))
		return "curl -k";
	for (size_t i = 0; i < COUNT(rules); i++) {
		bool is_it = shell_fits(rules[i].programs, program, FNM_CASEFOLD);

		for (size_t k = 0; k < COUNT(rules[i].args) && rules[i].args[k] && is_it; k++)
			is_it = shell_has_arg(c, at, rules[i].args[k], FNM_CASEFOLD);
		if (is_it)
			return rules[i].mark;
	}
	return NULL;
}
