/* config_keys.c - the tables of keys that protect something. The first pattern that fits decides, so the narrow ones stand first. */
#include "inspect/config_keys.h"
#include "inspect/config_placed.h"
#include <ctype.h>
#include <string.h>

#define GUESSED                                                                                                        \
	"admin,password,guest,changeme,secret,root,toor,default,letmein,123456,12345678,1234,12345,public,private,"    \
	"passw0rd,administrator|*"

static const struct config_rule rules[] = {
	/* looks alike, is none */
	{ "*prefer*cipher*", KEY_IGNORED },
	{ "*cipherorder*", KEY_IGNORED },
	{ "*sessioncache*", KEY_IGNORED },
	{ "*sessionticket*", KEY_IGNORED },
	{ "*verifydepth", KEY_IGNORED },
	{ "*compression*", KEY_IGNORED },
	{ "*loglevel", KEY_IGNORED },
	{ "*timeout*", KEY_IGNORED },
	{ "*debug*", KEY_IGNORED },
	{ "description", KEY_IGNORED },
	{ "*earlydata*", KEY_IGNORED },
	{ "*httpversion", KEY_IGNORED },
	/* exact forms of common servers */
	{ "*excludeciphers", KEY_DISABLED, UNSET_WEAK, CIPHERS },
	{ "*disabletlsneveruse*", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*securitydisabled", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "pghbaclientcert", KEY_WORDS, UNSET_STRONG, VERIFIES, "|none,0,no-verify|1,verify-ca|verify-full" },
	{ "pghbaldaptls", KEY_WORDS, UNSET_STRONG, ENCRYPTS, "|0|1" },
	{ "basicauthusers", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "*endpointidentification", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "*disableendpointidentification", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*hostnameverif*", KEY_WORDS, UNSET_STRONG, VERIFIES,
		"off,no,false,0,none,disabled,never,allow_all,allowall,noop,any,allow-all,accept_all|*" },
	{ "tlsprofile", KEY_WORDS, UNSET_UNKNOWN, VERSIONS,
		"old,legacy,compatible,tls-1-0|intermediate,compat|modern,custom,restricted" },
	{ "samesite", KEY_WORDS, UNSET_UNKNOWN, CONFINED, "none,off|lax|strict" },
	{ "cookiesamesite", KEY_WORDS, UNSET_UNKNOWN, CONFINED, "none,off,disabled|lax|strict" },
	{ "*disablebruteforce*", KEY_INVERTED, UNSET_STRONG, "passwords cannot be tried without end" },
	{ "sessioncookiesamesite", KEY_WORDS, UNSET_UNKNOWN, CONFINED, "none,off,disabled|lax|strict" },
	{ "snistrict", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES },
	{ "corsorigin*", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "*alloworigin*", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "jwtalgorithm", KEY_WORDS, UNSET_UNKNOWN, LOGIN, "none|*" },
	{ "jwtalg", KEY_WORDS, UNSET_UNKNOWN, LOGIN, "none|*" },
	{ "tlsserverconfigcertfile", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "tlsserverconfigclientcafile", KEY_PRESENT, UNSET_WEAK, VERIFIES },
	{ "webconfigfile", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "autohttps", KEY_LEVEL, UNSET_STRONG, ENCRYPTS },
	{ "sslcertdir", KEY_FOLDERS, UNSET_STRONG, VERIFIES },
	{ "clientauthtype", KEY_WORDS, UNSET_WEAK, VERIFIES,
		"noclientcert|requestclientcert|requireanyclientcert|verifyclientcertifgiven|"
		"requireandverifyclientcert" },
	{ "sslinsecurerenegotiation", KEY_INVERTED, UNSET_STRONG, VERSIONS },
	{ "sslserververify", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "anonymousenabled", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "anonymousroles", KEY_WORDS, UNSET_STRONG, LOGIN, "superuser|*" },
	{ "*authenticationplugin", KEY_WORDS, UNSET_STRONG, PASSWORDS, "mysql_old_password|mysql_native_password|*" },
	{ "securefilepriv", KEY_PRESENT, UNSET_STRONG, CONFINED },
	{ "validatepasswordpolicy", KEY_WORDS, UNSET_UNKNOWN, PASSWORDS, "0,low|1,medium|2,strong" },
	{ "*bridgeinsecure", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "ssloptionsversions*", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "sslhostconfigprotocols", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*supportedprotocols", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*sslport", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "*sasl*securityoptions", KEY_DISABLED, UNSET_UNKNOWN, LOGIN },
	{ "olcdisallows", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "dnssec", KEY_LEVEL, UNSET_UNKNOWN, "names cannot be forged on their way" },
	{ "dnssecvalidation", KEY_LEVEL, UNSET_UNKNOWN, "names cannot be forged on their way" },
	{ "tlsupstream", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "tlsconnect", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "tlsaccept", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "accesscontrol", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "verifyincoming*", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "verifyoutgoing", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "authorizationmode", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "requiresecuretransport", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "smtpdtlssecuritylevel", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "smtptlssecuritylevel", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "lmtptlssecuritylevel", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "smtpdtlsauthonly", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "sslmode", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "pgsslmode", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "sslengine", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "sslproxyengine", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "tlsengine", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "tlsrequired", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "disableplaintextauth", KEY_LEVEL, UNSET_STRONG, ENCRYPTS },
	{ "authallowcleartext", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "sslsslv2", KEY_INVERTED, UNSET_STRONG, VERSIONS },
	{ "sslsslv3", KEY_INVERTED, UNSET_STRONG, VERSIONS },
	{ "securityinterbrokerprotocol", KEY_KAFKA, UNSET_WEAK, ENCRYPTS },
	{ "securityprotocol", KEY_KAFKA, UNSET_WEAK, ENCRYPTS },
	{ "*endpointidentificationalgorithm", KEY_PRESENT, UNSET_STRONG, VERIFIES },
	{ "pghbamethod", KEY_PG_METHOD, UNSET_STRONG, LOGIN },
	{ "pghbaconnection", KEY_PG_CONNECTION, UNSET_STRONG, ENCRYPTS },
	{ "passwordencryption", KEY_PASSWORD_HASH, UNSET_STRONG, "stored passwords are hard to guess" },
	{ "encryptmethod", KEY_PASSWORD_HASH, UNSET_UNKNOWN, "stored passwords are hard to guess" },
	{ "permitrootlogin", KEY_ROOT_LOGIN, UNSET_STRONG, "the administrator's account is closed to the network" },
	{ "passwordauthentication", KEY_INVERTED, UNSET_WEAK, LOGIN },
	{ "permitemptypasswords", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "hostbasedauthentication", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "ignorerhosts", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "pubkeyauthentication", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "strictmodes", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "stricthostkeychecking", KEY_HOST_KEY, UNSET_STRONG, VERIFIES },
	{ "anonymousenable", KEY_INVERTED, UNSET_WEAK, LOGIN },
	{ "allowanonymous*", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "anonymousauth*", KEY_INVERTED, UNSET_WEAK, LOGIN },
	{ "allowguest*", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "guestok", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "allowempty*password*", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "skipgranttables", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "protectedmode", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "requirepass", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "masterauth", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "authbasic", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "authbasicuserfile", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "passwordfile", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "securityauthorization", KEY_LEVEL, UNSET_WEAK, LOGIN },
	{ "xpacksecurityenabled", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "tlsport", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "anytls", KEY_ANY_TLS, UNSET_WEAK, ENCRYPTS },
	{ "listentls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "gpgcheck", KEY_LEVEL, UNSET_WEAK, SIGNED },
	{ "repogpgcheck", KEY_LEVEL, UNSET_WEAK, SIGNED },
	{ "*pkggpgcheck", KEY_LEVEL, UNSET_WEAK, SIGNED },
	{ "*siglevel", KEY_SIGNED, UNSET_STRONG, SIGNED },
	{ "*allowunauthenticated*", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "*allowinsecurerepositories", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "*allowweakrepositories", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "*checkvaliduntil", KEY_LEVEL, UNSET_STRONG, SIGNED },
	{ "trusted", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "debtrusted", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "*verifysignature*", KEY_LEVEL, UNSET_UNKNOWN, SIGNED },
	{ "*checksignature*", KEY_LEVEL, UNSET_UNKNOWN, SIGNED },
	{ "*requiresign*", KEY_LEVEL, UNSET_UNKNOWN, SIGNED },
	{ "selinux", KEY_SELINUX, UNSET_WEAK, CONFINED },
	{ "chroot", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "*insecureregistr*", KEY_ABSENT, UNSET_STRONG, VERIFIES },
	{ "trustedhost*", KEY_ABSENT, UNSET_STRONG, VERIFIES },
	{ "*disabledalgorithms", KEY_DISABLED, UNSET_STRONG, CIPHERS },
	{ "serversigning", KEY_LEVEL, UNSET_UNKNOWN, "what is sent cannot be changed on its way" },
	{ "clientsigning", KEY_LEVEL, UNSET_UNKNOWN, "what is sent cannot be changed on its way" },
	{ "ldapserverrequirestrongauth", KEY_LEVEL, UNSET_STRONG, ENCRYPTS },
	{ "options*unsafelegacyrenegotiation", KEY_INVERTED, UNSET_STRONG, VERSIONS },
	{ "bind", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "bindaddress", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "bindaddr", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "bindip", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "bindhost", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "listenaddress", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "listenaddresses", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "listenaddr", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "networkhost", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "httphost", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "serveraddress", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "inetinterfaces", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "listen", KEY_BIND, UNSET_UNKNOWN, REACHED },
	{ "port", KEY_CLOSED, UNSET_UNKNOWN, REACHED },
	{ "mynetworks", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "allow", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "allowfrom", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "hostsallow", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "require", KEY_FROM, UNSET_UNKNOWN, LOGIN },
	{ "httpaccess", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "exposureinclude", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "pghbaaddress", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "smtpd*restrictions", KEY_RESTRICTED, UNSET_UNKNOWN, "mail of strangers is not passed on" },
	{ "authmechanisms*", KEY_MECHANISMS, UNSET_UNKNOWN, LOGIN },
	{ "*sasl*mechanism*", KEY_MECHANISMS, UNSET_UNKNOWN, LOGIN },
	{ "*saslsecurityoptions", KEY_DISABLED, UNSET_UNKNOWN, LOGIN },
	{ "authrequest", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "allowusers", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "allowgroups", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "denyusers", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "usepam", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "permituserenvironment", KEY_INVERTED, UNSET_STRONG, CONFINED },
	{ "gatewayports", KEY_INVERTED, UNSET_STRONG, REACHED },
	{ "*tlswrappermode", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "*saslauthenable", KEY_LEVEL, UNSET_WEAK, LOGIN },
	{ "stricttransportsecurity", KEY_PRESENT, UNSET_WEAK, "browsers come back encrypted only" },
	{ "contentsecuritypolicy", KEY_PRESENT, UNSET_UNKNOWN, CONFINED },
	{ "nosslv3", KEY_PRESENT, UNSET_UNKNOWN, VERSIONS },
	{ "notlsv1*", KEY_PRESENT, UNSET_UNKNOWN, VERSIONS },
	{ "listeners", KEY_LISTENERS, UNSET_UNKNOWN, ENCRYPTS },
	{ "advertisedlisteners", KEY_LISTENERS, UNSET_UNKNOWN, ENCRYPTS },
	{ "listenersecurityprotocolmap", KEY_LISTENERS, UNSET_UNKNOWN, ENCRYPTS },
	{ "alloweveryoneifnoaclfound", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "authorizerclassname", KEY_PRESENT, UNSET_WEAK, LOGIN },
	{ "allowconnectionswithoutcertificates", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "authorization", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "securityssf", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "failifnopeercert", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "loopbackusers*", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "listenersssldefault", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "maptoguest", KEY_WORDS, UNSET_STRONG, LOGIN, "bad password|bad user|bad uid|never" },
	{ "restrictanonymous", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "ntlmauth", KEY_WORDS, UNSET_UNKNOWN, LOGIN,
		"yes,true,on,1,ntlmv1-permitted|mschapv2-and-ntlmv2-only|no,false,off,0,ntlmv2-only|disabled" },
	{ "lanmanauth", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "allowweakcrypto", KEY_INVERTED, UNSET_STRONG, CIPHERS },
	{ "*enctypes", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "allowurlinclude", KEY_INVERTED, UNSET_STRONG, CONFINED },
	{ "disablefunctions", KEY_PRESENT, UNSET_WEAK, CONFINED },
	{ "openbasedir", KEY_PRESENT, UNSET_WEAK, CONFINED },
	{ "*cookiehttponly", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "transportguarantee", KEY_LEVEL, UNSET_WEAK, ENCRYPTS },
	{ "signedby", KEY_PRESENT, UNSET_WEAK, SIGNED },
	{ "alwaystrust", KEY_INVERTED, UNSET_STRONG, SIGNED },
	{ "ldpreload", KEY_ABSENT, UNSET_STRONG, "nothing is put into the program from outside" },
	{ "localinfile", KEY_INVERTED, UNSET_UNKNOWN, CONFINED },
	{ "rowsecurity", KEY_LEVEL, UNSET_STRONG, LOGIN },
	{ "bindipall", KEY_INVERTED, UNSET_STRONG, REACHED },
	{ "*allowinvalid*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "disablevrfycommand", KEY_LEVEL, UNSET_WEAK, "strangers cannot ask which accounts there are" },
	{ "nullpasswords", KEY_INVERTED, UNSET_STRONG, LOGIN },
	{ "verifyapreqnofail", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES },
	{ "sslproxyverify", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "autoindex", KEY_INVERTED, UNSET_STRONG, "files are only shown to those who know their names" },
	{ "scheme", KEY_SCHEME, UNSET_WEAK, ENCRYPTS },
	{ "protocol", KEY_SCHEME, UNSET_WEAK, ENCRYPTS },
	{ "transport", KEY_SCHEME, UNSET_WEAK, ENCRYPTS },
	/* the client has to prove who it is */
	{ "*verifyclient*", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "*clientauth", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "*clientcertauth*", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "*requireclientcert*", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "requirecertificate", KEY_LEVEL, UNSET_WEAK, VERIFIES },
	{ "tlsauthclients", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES },
	/* what switches protection off */
	{ "*insecureskipverify", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*skip*verif*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*noverify*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*dontverifypeer", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*disable*verif*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "nocheckcertificate", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*skip*cert*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*ignore*cert*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*ignoressl*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*trustallcert*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "trustall", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*acceptany*cert*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*trustservercertificate", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*allowselfsigned*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*acceptselfsigned*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*acceptinvalidcert*", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*allowinsecure*", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*allowplaintext*", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*allowcleartext*", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*allowunencrypted*", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "insecure", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "insecure*mode", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*tlsinsecure", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*sslinsecure", KEY_INVERTED, UNSET_STRONG, VERIFIES },
	{ "*disabletls", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*disablessl", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*tlsdisable", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*tlsdisabled", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*ssldisabled", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "notls", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "nossl", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "plaintext", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*skipssl", KEY_INVERTED, UNSET_STRONG, ENCRYPTS },
	{ "*allowlegacytls*", KEY_INVERTED, UNSET_STRONG, VERSIONS },
	/* versions and ciphers */
	{ "*maxprotocol*", KEY_NEWEST, UNSET_STRONG, "the newest version of TLS is used" },
	{ "*max*tls*version*", KEY_NEWEST, UNSET_STRONG, "the newest version of TLS is used" },
	{ "*tls*max*", KEY_NEWEST, UNSET_STRONG, "the newest version of TLS is used" },
	{ "*ssl*max*version*", KEY_NEWEST, UNSET_STRONG, "the newest version of TLS is used" },
	{ "minversion", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*minprotocol*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*min*tls*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*tls*min*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*ssl*min*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*min*ssl*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*sslversion*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*tlsversion*", KEY_PROTOCOLS, UNSET_USUAL, VERSIONS },
	{ "*sslprotocol*", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*tlsprotocol*", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*tls*mandatoryprotocols", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*enabledprotocols", KEY_PROTOCOLS, UNSET_STRONG, VERSIONS },
	{ "*cipherstring", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "*ciphersuite*", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "*cipherlist", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "*ciphers", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "*cipher", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "*tlspriorit*", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "macs", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "kexalgorithms", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "hostkeyalgorithms", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	{ "pubkeyaccepted*", KEY_CIPHERS, UNSET_STRONG, CIPHERS },
	/* who the other side is */
	{ "*sslverify*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*tlsverify*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verifypeer*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verifyssl*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verifytls*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verify*cert*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verifyhost*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*checkhostname", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*verifyserver*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*check*certificate*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*certverif*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*certificateverif*", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*tlscheckpeer", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "*tlsreqcert", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "strictssl", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "sslproxycheckpeer*", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "verifychain", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES },
	{ "verify", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "rejectunauthorized", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "*verificationmode", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "*noderejecttlsunauthorized", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "nodetlsrejectunauthorized", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	{ "verifymode", KEY_LEVEL, UNSET_USUAL, VERIFIES },
	{ "pythonhttpsverify", KEY_LEVEL, UNSET_STRONG, VERIFIES },
	/* encrypted at all */
	{ "tls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "ssl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "usetls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "usessl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*starttls*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*usetls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*usessl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tls*enable*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*ssl*enable*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "enable*tls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "enable*ssl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*require*ssl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*require*tls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*ssl*require*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tls*require*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*forcessl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*forcetls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*forcehttps", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tlsmode", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*sslmode", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tlslevel", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*ssllevel", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "usehttps", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "https", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "encrypt", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "encryption", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "encrypted", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*encryptionenabled", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*requireencrypt*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "useencryption", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*encryptmode", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*smbencrypt", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tls", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*ssl", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*tlscertfile", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "sslcertificate", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "sslcertificatefile", KEY_PRESENT, UNSET_WEAK, ENCRYPTS },
	{ "*cookiesecure", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	{ "*securecookie*", KEY_LEVEL, UNSET_UNKNOWN, ENCRYPTS },
	/* who may come in */
	{ "auth", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "authentication", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*requireauth*", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*authrequired", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*authenticationrequired", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*authenabled", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*authenticationenabled", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*enableauth*", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "authmethod", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "authtype", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "authmode", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "twofactor*", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*requiremfa", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "mfa", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "mfaenabled", KEY_LEVEL, UNSET_UNKNOWN, LOGIN },
	{ "*csrfprotection", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "*csrfenabled", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "*enablecsrf", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "*allowedorigins", KEY_FROM, UNSET_UNKNOWN, REACHED },
	{ "keysize", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "*rsakeysize", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "*minkeysize", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "keylength", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "keybits", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "rsabits", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "defaultbits", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "dhbits", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "dhminbits", KEY_AT_LEAST, UNSET_UNKNOWN, KEYS },
	{ "hash", KEY_PASSWORD_HASH, UNSET_UNKNOWN, PASSWORDS },
	{ "*passwordhash*", KEY_PASSWORD_HASH, UNSET_UNKNOWN, PASSWORDS },
	{ "*passwordscheme", KEY_PASSWORD_HASH, UNSET_UNKNOWN, PASSWORDS },
	{ "*hashalgorithm", KEY_PASSWORD_HASH, UNSET_UNKNOWN, PASSWORDS },
	{ "*signature*required", KEY_LEVEL, UNSET_UNKNOWN, SIGNED },
	{ "*signature*check*", KEY_LEVEL, UNSET_UNKNOWN, SIGNED },
	{ "audit", KEY_LEVEL, UNSET_UNKNOWN, RECORDED },
	{ "auditing", KEY_LEVEL, UNSET_UNKNOWN, RECORDED },
	{ "auditenabled", KEY_LEVEL, UNSET_UNKNOWN, RECORDED },
	{ "auditlogenabled", KEY_LEVEL, UNSET_UNKNOWN, RECORDED },
	{ "auditlog", KEY_PRESENT, UNSET_UNKNOWN, RECORDED },
	{ "*pinning", KEY_LEVEL, UNSET_UNKNOWN, VERIFIES },
	{ "hsts", KEY_LEVEL, UNSET_UNKNOWN, "browsers come back encrypted only" },
	{ "hstsenabled", KEY_LEVEL, UNSET_UNKNOWN, "browsers come back encrypted only" },
	{ "ocsp", KEY_LEVEL, UNSET_UNKNOWN, "certificates that were taken back are refused" },
	{ "ocspenabled", KEY_LEVEL, UNSET_UNKNOWN, "certificates that were taken back are refused" },
	{ "crlcheck*", KEY_LEVEL, UNSET_UNKNOWN, "certificates that were taken back are refused" },
	{ "*checkrevocation", KEY_LEVEL, UNSET_UNKNOWN, "certificates that were taken back are refused" },
	{ "sslcert", KEY_PRESENT, UNSET_UNKNOWN, ENCRYPTS },
	{ "sslcertfile", KEY_PRESENT, UNSET_UNKNOWN, ENCRYPTS },
	{ "tlscert", KEY_PRESENT, UNSET_UNKNOWN, ENCRYPTS },
	{ "sslca", KEY_PRESENT, UNSET_UNKNOWN, VERIFIES },
	{ "*password", KEY_WORDS, UNSET_STRONG, PASSWORDS, GUESSED },
	{ "*passwd", KEY_WORDS, UNSET_STRONG, PASSWORDS, GUESSED },
	{ "defaultpass", KEY_WORDS, UNSET_STRONG, PASSWORDS, GUESSED },
	{ "adminpass", KEY_WORDS, UNSET_STRONG, PASSWORDS, GUESSED },
	{ "sandbox", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "apparmor", KEY_LEVEL, UNSET_UNKNOWN, CONFINED },
	{ "useprivilegeseparation", KEY_LEVEL, UNSET_STRONG, CONFINED },
};

/* ---- finding a rule */

enum { SQUASHED_MAX = 128 };

/* Of a very long name its end: there stands what it is about. */
static void squash(const char *from, const char *end, char ret[SQUASHED_MAX])
{
	size_t len = 0;

	if (end - from >= SQUASHED_MAX)
		from = end - (SQUASHED_MAX - 1);
	for (; from < end && len + 1 < SQUASHED_MAX; from++)
		if (isalnum((unsigned char)*from))
			ret[len++] = (char)tolower((unsigned char)*from);
	ret[len] = 0;
}

/* Only stars: what fnmatch could do too, but for every key of every file. */
bool config_key_fits(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == *text) {
			pattern++, text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == 0;
}

static const struct config_rule *rule_named(const char *path, const char *squashed)
{
	const struct config_rule *placed = *squashed ? config_placed(path, squashed) : NULL;

	if (placed)
		return placed;
	for (size_t i = 0; *squashed && i < COUNT(rules); i++)
		if (config_key_fits(rules[i].pattern, squashed))
			return &rules[i];
	return NULL;
}

/* Where the part before `end` begins; parts end with a slash, a dot or a colon. */
static const char *part(const char *key, const char *end)
{
	const char *at = end;

	while (at > key && strchr("/.:", at[-1]) == NULL)
		at--;
	return at;
}

const struct config_rule *config_rule_of(const char *path, const char *key)
{
	const char *end = key + strlen(key), *slash = strrchr(key, '/'), *last = part(key, end), *before = last;
	const char *from[3];
	const struct config_rule *rule = NULL;

	while (before > key && strchr("/.:", before[-1]))
		before--;
	before = before > key ? part(key, before) : key;
	from[0] = slash ? slash + 1 : key;
	from[1] = last;
	from[2] = before;
	for (size_t i = 0; i < COUNT(from) && rule == NULL; i++) {
		char squashed[SQUASHED_MAX];

		squash(from[i], end, squashed);
		rule = rule_named(path, squashed);
	}
	return rule && rule->kind != KEY_IGNORED ? rule : NULL;
}
