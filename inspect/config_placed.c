/* config_placed.c - the table of keys whose names mean something in certain files only. */
#include "inspect/config_placed.h"
#include <string.h>

#define FORWARDED "nobody reaches further through a login than it was given for"
#define FOLDERS "programs and libraries are only taken from folders that administrators fill"
#define ENVIRONMENT                                                                                                    \
	"/etc/environment|/etc/profile|/etc/bash|/etc/default/|/etc/login.defs|/systemd/|/etc/init.d/|/etc/cron"

/* What these names mean holds in certain files only. */
static const struct config_rule placed[] = {
	{ "umask", KEY_UMASK, UNSET_UNKNOWN, "new files are not open to others",
		.place = "/login.defs|/etc/profile|/etc/bash" },
	{ "passmaxdays", KEY_AT_MOST, UNSET_WEAK, "old passwords do not last", .place = "/login.defs" },
	{ "passminlen", KEY_AT_LEAST, UNSET_WEAK, PASSWORDS, .place = "/login.defs" },
	{ "minlen", KEY_AT_LEAST, UNSET_WEAK, PASSWORDS, .place = "/pwquality" },
	{ "minclass", KEY_AT_LEAST, UNSET_WEAK, PASSWORDS, .place = "/pwquality" },
	{ "enforcing", KEY_LEVEL, UNSET_STRONG, PASSWORDS, .place = "/pwquality" },
	{ "dictcheck", KEY_LEVEL, UNSET_STRONG, PASSWORDS, .place = "/pwquality" },
	{ "deny", KEY_AT_MOST, UNSET_UNKNOWN, "passwords cannot be tried without end", .place = "/faillock.conf" },
	{ "shacryptm*rounds", KEY_AT_LEAST, UNSET_UNKNOWN, "stored passwords are hard to guess",
		.place = "/login.defs" },
	{ "path", KEY_FOLDERS, UNSET_STRONG, FOLDERS, .place = ENVIRONMENT },
	{ "env*path", KEY_FOLDERS, UNSET_STRONG, FOLDERS, .place = "/login.defs" },
	{ "ldlibrarypath", KEY_FOLDERS, UNSET_STRONG, FOLDERS, .place = ENVIRONMENT },
	{ "pythonpath", KEY_FOLDERS, UNSET_STRONG, FOLDERS, .place = ENVIRONMENT },
	{ "trustmodel", KEY_WORDS, UNSET_STRONG, SIGNED, "always|*", "/gpg.conf|/gnupg/" },
	{ "cryptopolicy", KEY_WORDS, UNSET_STRONG, VERSIONS,
		"LEGACY,DEFAULT:SHA1,LEGACY:AD-SUPPORT|DEFAULT|DEFAULT:NO-SHA1,NEXT|FIPS,FUTURE", "/crypto-policies/" },
	{ "allowtcpforwarding", KEY_INVERTED, UNSET_WEAK, FORWARDED, .place = "/ssh" },
	{ "x11forwarding", KEY_INVERTED, UNSET_UNKNOWN, FORWARDED, .place = "/ssh" },
	{ "permittunnel", KEY_INVERTED, UNSET_STRONG, FORWARDED, .place = "/ssh" },
	{ "forwardagent", KEY_INVERTED, UNSET_STRONG, FORWARDED, .place = "/ssh" },
	{ "*knownhostsfile", KEY_WORDS, UNSET_STRONG, VERIFIES, "/dev/null,none|*", "/ssh" },
	{ "verifyhostkeydns", KEY_WORDS, UNSET_STRONG, VERIFIES, "yes|*", "/ssh" },
	{ "disallow", KEY_PRESENT, UNSET_WEAK, LOGIN, .place = "/slapd" },
	{ "hosts", KEY_BIND, UNSET_UNKNOWN, REACHED, .place = "/docker/daemon.json" },
	{ "usernsremap", KEY_PRESENT, UNSET_WEAK, CONFINED, .place = "/docker/daemon.json" },
	{ "icc", KEY_INVERTED, UNSET_WEAK, CONFINED, .place = "/docker/daemon.json" },
	{ "k", KEY_INVERTED, UNSET_STRONG, VERIFIES, .place = "curlrc" },
	{ "gitsslnoverify", KEY_INVERTED, UNSET_STRONG, VERIFIES, .place = "/" },
	{ "debug", KEY_INVERTED, UNSET_STRONG, "visitors are not shown the inside of the program",
		.place = "settings" },
	{ "allowedhosts", KEY_FROM, UNSET_UNKNOWN, REACHED, .place = "settings" },
	{ "*sslredirect", KEY_LEVEL, UNSET_WEAK, ENCRYPTS, .place = "settings" },
	{ "*hstsseconds", KEY_AT_LEAST, UNSET_WEAK, ENCRYPTS, .place = "settings" },
	{ "*cookiesecure", KEY_LEVEL, UNSET_WEAK, ENCRYPTS, .place = "settings" },
	{ "enabled", KEY_LEVEL, UNSET_UNKNOWN, "passwords cannot be tried without end", .place = "/fail2ban/" },
	{ "maxretry", KEY_AT_MOST, UNSET_UNKNOWN, "passwords cannot be tried without end", .place = "/fail2ban/" },
	{ "writelogs", KEY_LEVEL, UNSET_STRONG, RECORDED, .place = "/audit/" },
	{ "localevents", KEY_LEVEL, UNSET_STRONG, RECORDED, .place = "/audit/" },
	{ "storage", KEY_WORDS, UNSET_UNKNOWN, RECORDED, "none|volatile|auto|persistent", "/journald" },
	{ "seal", KEY_LEVEL, UNSET_STRONG, "nobody changes the log unseen", .place = "/journald" },
	{ "loglevel", KEY_WORDS, UNSET_STRONG, RECORDED, "quiet,fatal|error|*", "/ssh" },
	{ "maxauthtries", KEY_AT_MOST, UNSET_STRONG, "passwords cannot be tried without end", .place = "/ssh" },
	{ "authenticationmethods", KEY_WORDS, UNSET_WEAK, LOGIN, "any|*", "/ssh" },
	{ "forcecommand", KEY_PRESENT, UNSET_WEAK, FORWARDED, .place = "/ssh" },
	{ "chrootdirectory", KEY_PRESENT, UNSET_WEAK, CONFINED, .place = "/ssh" },
	{ "logconnections", KEY_LEVEL, UNSET_WEAK, RECORDED, .place = "/postgresql" },
	{ "logdisconnections", KEY_LEVEL, UNSET_WEAK, RECORDED, .place = "/postgresql" },
	{ "enabledebugcommand", KEY_INVERTED, UNSET_STRONG, CONFINED, .place = "/redis" },
	{ "enablemodulecommand", KEY_INVERTED, UNSET_STRONG, CONFINED, .place = "/redis" },
	{ "tlsreplication", KEY_LEVEL, UNSET_WEAK, ENCRYPTS, .place = "/redis" },
	{ "tlscluster", KEY_LEVEL, UNSET_WEAK, ENCRYPTS, .place = "/redis" },
	{ "certfile", KEY_PRESENT, UNSET_WEAK, ENCRYPTS, .place = "/mosquitto" },
	{ "cafile", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/mosquitto" },
	{ "traceenable", KEY_INVERTED, UNSET_UNKNOWN, CONFINED, .place = "/apache2|/httpd" },
	{ "displayerrors", KEY_INVERTED, UNSET_UNKNOWN, "visitors are not shown the inside of the program",
		.place = "/php" },
	{ "ike", KEY_CIPHERS, UNSET_STRONG, CIPHERS, .place = "/ipsec|/swanctl|/strongswan" },
	{ "esp", KEY_CIPHERS, UNSET_STRONG, CIPHERS, .place = "/ipsec|/swanctl|/strongswan" },
	{ "proposals", KEY_CIPHERS, UNSET_STRONG, CIPHERS, .place = "/ipsec|/swanctl|/strongswan" },
	{ "remotecerttls", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/openvpn" },
	{ "tlsauth", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/openvpn" },
	{ "tlscrypt", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/openvpn" },
	{ "defaultpolicy", KEY_WORDS, UNSET_UNKNOWN, LOGIN, "allow|*|deny", "/consul|/nomad" },
	{ "enableremotecommands", KEY_INVERTED, UNSET_STRONG, CONFINED, .place = "/zabbix" },
	{ "defaultencryption", KEY_WORDS, UNSET_UNKNOWN, ENCRYPTS, "never|ifrequested|required", "/cups" },
	{ "readonlyport", KEY_CLOSED, UNSET_UNKNOWN, REACHED, .place = "kube" },
	{ "allowsignup", KEY_INVERTED, UNSET_UNKNOWN, LOGIN, .place = "/grafana" },
	{ "chroot", KEY_LEVEL, UNSET_UNKNOWN, CONFINED, .place = "/master.cf" },
	{ "unprivileged", KEY_LEVEL, UNSET_UNKNOWN, CONFINED, .place = "/master.cf" },
	{ "chroot", KEY_PRESENT, UNSET_WEAK, CONFINED, .place = "/haproxy|/stunnel|/openvpn|/nsd|/dnsmasq" },
	{ "usechroot", KEY_LEVEL, UNSET_STRONG, CONFINED, .place = "/rsyncd" },
	{ "globaluser", KEY_WORDS, UNSET_WEAK, CONFINED, "root||*", "/haproxy" },
	{ "user", KEY_WORDS, UNSET_WEAK, CONFINED, "root||*", "/openvpn" },
	{ "user", KEY_WORDS, UNSET_STRONG, CONFINED, "root||*", "/nginx.conf|/php|/mosquitto|/memcached" },
	{ "options", KEY_WITHOUT, UNSET_STRONG, "files are only shown to those who know their names", "indexes|all",
		"/apache2|/httpd" },
	{ "allowoverride", KEY_WITHOUT, UNSET_STRONG, "who writes content cannot change settings", "all",
		"/apache2|/httpd" },
	{ "satisfy", KEY_WORDS, UNSET_STRONG, LOGIN, "any|all", "/apache2|/httpd|/nginx" },
	{ "sslrejecthandshake", KEY_LEVEL, UNSET_UNKNOWN, REACHED, .place = "/nginx" },
	{ "*javascriptenabled", KEY_INVERTED, UNSET_WEAK, CONFINED, .place = "/mongo" },
	{ "clusterauthmode", KEY_WORDS, UNSET_UNKNOWN, VERIFIES, "keyfile|sendkeyfile|sendx509|x509", "/mongo" },
	{ "*disabledprotocols", KEY_DISABLED, UNSET_UNKNOWN, VERSIONS, .place = "/mongo" },
	{ "superusers", KEY_WITHOUT, UNSET_STRONG, LOGIN, "anonymous", "/kafka" },
	{ "skipnetworking", KEY_LEVEL, UNSET_WEAK, REACHED, .place = "/my" },
	{ "symboliclinks", KEY_INVERTED, UNSET_UNKNOWN, CONFINED, .place = "/my" },
	{ "smtpdhelorequired", KEY_LEVEL, UNSET_UNKNOWN, REACHED, .place = "/postfix" },
	{ "mynetworksstyle", KEY_WORDS, UNSET_STRONG, REACHED, "class|subnet|host", "/postfix" },
	{ "sslcafile", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/postgresql" },
	{ "logstatement", KEY_WORDS, UNSET_UNKNOWN, RECORDED, "none|ddl|mod|all", "/postgresql" },
	{ "aclfile", KEY_PRESENT, UNSET_WEAK, LOGIN, .place = "/redis|/valkey|/mosquitto" },
	{ "listener", KEY_LISTENER, UNSET_UNKNOWN, REACHED, .place = "/mosquitto" },
	{ "crlverify", KEY_PRESENT, UNSET_WEAK, "certificates that were taken back are refused", .place = "/openvpn" },
	{ "verifyx509name", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/openvpn" },
	{ "scriptsecurity", KEY_WORDS, UNSET_STRONG, CONFINED, "3|2|1,0", "/openvpn" },
	{ "management", KEY_BIND, UNSET_UNKNOWN, REACHED, .place = "/openvpn" },
	{ "nosslv*", KEY_PRESENT, UNSET_WEAK, VERSIONS, .place = "/stunnel" },
	{ "notlsv1*", KEY_PRESENT, UNSET_WEAK, VERSIONS, .place = "/stunnel" },
	{ "verify", KEY_LEVEL, UNSET_WEAK, VERIFIES, .place = "/stunnel" },
	{ "verifypeer", KEY_LEVEL, UNSET_WEAK, VERIFIES, .place = "/stunnel" },
	{ "verifychain", KEY_LEVEL, UNSET_WEAK, VERIFIES, .place = "/stunnel" },
	{ "checkhost", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/stunnel" },
	{ "chrootlocaluser", KEY_LEVEL, UNSET_WEAK, CONFINED, .place = "/vsftpd" },
	{ "userlistenable", KEY_LEVEL, UNSET_WEAK, LOGIN, .place = "/vsftpd" },
	{ "requirecert", KEY_LEVEL, UNSET_WEAK, VERIFIES, .place = "/vsftpd" },
	{ "anon*enable", KEY_INVERTED, UNSET_STRONG, LOGIN, .place = "/vsftpd" },
	{ "defaultroot", KEY_PRESENT, UNSET_WEAK, CONFINED, .place = "/proftpd" },
	{ "httpsport", KEY_PRESENT, UNSET_WEAK, ENCRYPTS, .place = "/squid" },
	{ "sslproxycerterror", KEY_FROM, UNSET_STRONG, VERIFIES, .place = "/squid" },
	{ "*access", KEY_FROM, UNSET_UNKNOWN, REACHED, .place = "/squid" },
	{ "accessprovider", KEY_WORDS, UNSET_UNKNOWN, LOGIN, "permit|*", "/sssd" },
	{ "krb5validate", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES, .place = "/sssd" },
	{ "pamcertauth", KEY_LEVEL, UNSET_UNKNOWN, LOGIN, .place = "/sssd" },
	{ "ignoreacceptorhostname", KEY_INVERTED, UNSET_STRONG, VERIFIES, .place = "/krb5" },
	{ "tlsadvertisehosts", KEY_PRESENT, UNSET_UNKNOWN, ENCRYPTS, .place = "/exim" },
	{ "hostsrequiretls", KEY_PRESENT, UNSET_WEAK, ENCRYPTS, .place = "/exim" },
	{ "tlsverifyhosts", KEY_PRESENT, UNSET_WEAK, VERIFIES, .place = "/exim" },
	{ "tlsverifycerthostnames", KEY_PRESENT, UNSET_UNKNOWN, VERIFIES, .place = "/exim" },
	{ "dclocalinterfaces", KEY_WORDS, UNSET_UNKNOWN, REACHED, "|*", "/exim" },
	{ "openssloptions", KEY_WITHOUT, UNSET_STRONG, VERSIONS, "all", "/exim" },
	{ "security", KEY_PRESENT, UNSET_WEAK, ENCRYPTS, .place = "/slapd" },
	{ "admin", KEY_BIND, UNSET_UNKNOWN, REACHED, .place = "/caddy" },
	{ "clientauthmode", KEY_WORDS, UNSET_WEAK, VERIFIES, "request|require|verify_if_given|require_and_verify",
		"/caddy" },
	{ "proxyenabled", KEY_INVERTED, UNSET_STRONG, LOGIN, .place = "/grafana" },
	{ "allowembedding", KEY_INVERTED, UNSET_STRONG, CONFINED, .place = "/grafana" },
};

/* Is a choice of `place` a part of the path? */
static bool is_at(const char *place, const char *path)
{
	char part[64];

	for (; *place; place += *place == '|') {
		size_t len = strcspn(place, "|");

		if (len < sizeof part) {
			memcpy(part, place, len);
			part[len] = 0;
			if (strstr(path, part))
				return true;
		}
		place += len;
	}
	return false;
}

const struct config_rule *config_placed(const char *path, const char *squashed)
{
	for (size_t i = 0; i < COUNT(placed); i++)
		if (config_key_fits(placed[i].pattern, squashed) && is_at(placed[i].place, path))
			return &placed[i];
	return NULL;
}
