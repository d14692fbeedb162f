/* danger_rules.c - the tables of dangerous commands: programs with their arguments, and files that decide on rights. */
#include "inspect/danger_rules.h"
#include <string.h>

static const struct danger dangers[] = {
	{ "grants", SEVERITY_HIGH,
		"makes a program run with the rights of its owner or with capabilities, whoever starts it" },
	{ "download-run", SEVERITY_HIGH,
		"downloads something and runs it: whoever controls that address, or the line to it, controls the "
		"machine" },
	{ "decoded-run", SEVERITY_HIGH, "runs something that is hidden by an encoding: nobody can read what it does" },
	{ "download-unpack", SEVERITY_HIGH,
		"unpacks what it downloads: files come onto the machine that no check of this update has seen" },
	{ "module", SEVERITY_MEDIUM, "loads code into the kernel" },
	{ "short-keys", SEVERITY_MEDIUM, "makes keys that are too short to protect anything" },
	{ "download", SEVERITY_MEDIUM, "downloads something: it comes past the checks that this update goes through" },
	{ "network", SEVERITY_HIGH, "opens a connection to another machine" },
	{ "cleartext", SEVERITY_HIGH,
		"talks to another machine without encryption: everybody on the way can read and change what is sent" },
	{ "listens", SEVERITY_HIGH, "opens a way into the machine from elsewhere" },
	{ "sends", SEVERITY_HIGH, "sends files of the machine to another one" },
	{ "mails", SEVERITY_MEDIUM, "sends mail" },
	{ "mounts", SEVERITY_MEDIUM, "takes over files of another machine" },
	{ "firewall", SEVERITY_HIGH, "changes the firewall" },
	{ "security-off", SEVERITY_HIGH, "switches off what protects or watches the machine" },
	{ "kernel", SEVERITY_HIGH, "changes a setting of the kernel that protects the machine" },
	{ "kernel-other", SEVERITY_MEDIUM, "changes a setting of the kernel" },
	{ "everybody", SEVERITY_HIGH, "lets everybody on the machine change files" },
	{ "open-files", SEVERITY_MEDIUM, "makes new files that others than their owner may change" },
	{ "secrets", SEVERITY_HIGH, "changes who may read or change the files that say who may log in" },
	{ "loosens", SEVERITY_MEDIUM, "lets programs do what the machine's own protection kept them from" },
	{ "boot", SEVERITY_MEDIUM, "changes how the machine starts" },
	{ "libraries", SEVERITY_MEDIUM, "adds folders that every program takes its libraries from" },
	{ "account", SEVERITY_HIGH,
		"makes or changes an account so that it has the administrator's rights, or no password" },
	{ "sudoers", SEVERITY_HIGH, "changes who may act as the administrator" },
	{ "keys", SEVERITY_HIGH, "changes who may log in with a key" },
	{ "login", SEVERITY_HIGH, "changes how people log in" },
	{ "preload", SEVERITY_HIGH, "makes every program load a library" },
	{ "trust", SEVERITY_HIGH, "changes whose certificates or signatures the machine trusts" },
	{ "unverified", SEVERITY_HIGH,
		"switches off the checks of whom it talks to or whose work it takes: anybody on the way may answer" },
	{ "encryption", SEVERITY_HIGH, "changes which encryption the whole machine takes for good enough" },
	{ "repository", SEVERITY_HIGH, "changes where the machine takes software from" },
	{ "scheduled", SEVERITY_MEDIUM, "makes the machine run something at set times" },
	{ "evaluated", SEVERITY_MEDIUM, "runs what another command prints" },
	{ "destroys", SEVERITY_HIGH, "deletes a whole part of the system" },
	{ "hosts", SEVERITY_MEDIUM, "changes which machine a name stands for" },
};

const struct danger *danger_named(const char *id)
{
	for (size_t i = 0; i < COUNT(dangers); i++)
		if (strcmp(dangers[i].id, id) == 0)
			return &dangers[i];
	return NULL;
}

/* A program with arguments: each pattern must fit one of them, in any order; a leading "|" parts choices. */
static const struct rule {
	const char *danger, *programs, *args[3];
} rules[] = {
	{ "sends", "curl", { "-T|--upload-file*|@*|*=@*" } },
	{ "sends", "wget|wget2", { "--post-file*|--body-file*" } },
	{ "cleartext", "telnet|ftp|tftp|lftp|ncftp|ncftpget|ncftpput|ncftpls|rsh|rcp|rlogin|rexec|ftpget|ftpput" },
	{ "cleartext", "rsync", { "rsync://*|[!/.-]*::*|rsh|--rsh=rsh|-ersh" } },
	{ "listens", "rsync", { "--daemon" } },
	{ "network", "rsync", { "[!/.-]*:*" } },
	{ "listens", "nc|ncat|netcat|nc.openbsd|nc.traditional", { "-l|-[a-z]*l*|--listen" } },
	{ "listens", "telnetd|tftpd|ftpd|udpsvd|tcpsvd|dropbear|gdbserver|in.telnetd|in.tftpd|rshd" },
	{ "listens", "python|python[23]|python3.*", { "-m", "http.server|SimpleHTTPServer|pyftpdlib|debugpy" } },
	{ "listens", "php|ruby", { "-S|-run" } },
	{ "network", "nc|ncat|netcat|nc.openbsd|nc.traditional|socat|ssh|scp|sftp|autossh|sshfs|smbclient|rclone" },
	{ "network", "ngrok|cloudflared|tailscale|frpc|chisel|bore|gost|zerotier-cli" },
	{ "mails", "mail|mailx|sendmail|mutt|swaks|msmtp|s-nail" },
	{ "mounts", "mount", { "nfs|nfs4|cifs|smb3|-tnfs*|-tcifs" } },
	{ "mounts", "mount.nfs|mount.cifs|mount.nfs4" },
	{ "download-run", "npx|uvx|bunx|pnpx|bun|deno", { "*" } },
	{ "download-run", "npm|pnpm|yarn", { "exec|dlx|create|init" } },
	{ "download-run", "pipx|uv|go", { "run", "*@*|*.*/*|*://*" } },
	{ "download-run", "ansible-pull|cloud-init|puppet|chef-client|salt-call" },
	{ "cleartext", "pip|pip2|pip3|pip3.*|pipx|uv|npm|pnpm|yarn|gem|cargo", { "*http://*" } },
	{ "cleartext", "python|python3", { "pip", "*http://*" } },
	{ "security-off", "docker|podman|nerdctl",
		{ "run|create",
			"--privileged|--privileged=true|/:/*|--volume=/:/*|-v/:/*|--pid=host|--cap-add=ALL|"
			"--cap-add=SYS_ADMIN|*seccomp=unconfined|*apparmor=unconfined|*source=/,*|*src=/,*" } },
	{ "download", "docker|podman|nerdctl", { "run|pull|create" } },
	{ "download", "curl|wget|wget2|aria2c|lwp-download|lwp-request|axel|lynx|w3m|links|elinks" },
	{ "download", "pip|pip3|npm|gem|cargo|go", { "install" } },
	{ "download", "git", { "clone" } },
	{ "firewall", "ufw", { "disable|reset|allow|delete|--force" } },
	{ "firewall", "iptables|ip6tables|ebtables|arptables", { "-F|--flush|-P|--policy|-D|--delete|-X" } },
	{ "firewall", "iptables|ip6tables", { "-A|-I|--append|--insert", "ACCEPT|REDIRECT|DNAT" } },
	{ "firewall", "iptables-restore|ip6tables-restore|ebtables-restore|arptables-restore" },
	{ "firewall", "nft", { "flush|delete|-f|--file" } },
	{ "firewall", "nft", { "add|insert|replace|create", "*accept*|*redirect*|*dnat*" } },
	{ "firewall", "firewall-cmd|firewall-offline-cmd",
		{ "--add-*|--remove-*|--panic-off|--set-default-zone*|--zone=trusted" } },
	{ "firewall", "systemctl|service|update-rc.d|chkconfig|rc-update|invoke-rc.d|deb-systemd-invoke",
		{ "firewalld*|ufw*|nftables*|iptables*|ip6tables*|netfilter*|shorewall*", "stop|disable|mask|off" } },
	{ "security-off", "systemctl|service|update-rc.d|chkconfig|rc-update|invoke-rc.d|deb-systemd-invoke",
		{ "apparmor*|auditd*|fail2ban*|rsyslog*|syslog*|selinux*|clamav*|crowdsec*|aide*|falco*|osqueryd*|"
		  "wazuh*|systemd-journald*|unattended-upgrades*|dnf-automatic*|yum-cron*|apt-daily*|packagekit*",
			"stop|disable|mask|off" } },
	{ "security-off", "setenforce", { "0|[Pp]ermissive" } },
	{ "security-off", "aa-disable|aa-teardown|aa-complain" },
	{ "security-off", "auditctl", { "-D" } },
	{ "security-off", "auditctl", { "-e", "0" } },
	{ "security-off", "semanage", { "permissive" } },
	{ "security-off", "mokutil", { "--disable-validation" } },
	{ "security-off", "apparmor_parser", { "-R|--remove|-[a-zA-Z]*R*|-C|--Complain" } },
	{ "security-off", "semodule", { "-d|--disable*|-DB" } },
	{ "security-off", "rm|unlink|shred|truncate",
		{ "/etc/audit/*|/var/log/audit*|/etc/apparmor.d/[!dfl]*|/etc/selinux/*|/etc/rsyslog.conf" } },
	{ "security-off", "rm|unlink|shred|truncate",
		{ "/var/log/auth.log*|/var/log/secure*|/var/log/syslog*|/var/log/messages*|/var/log/wtmp*|"
		  "/var/log/btmp*|/var/log/lastlog*|/var/log/journal*|/root/.bash_history|*/.bash_history" } },
	{ "security-off", "journalctl", { "--vacuum-*" } },
	{ "security-off", "mount", { "*remount*,suid*|*remount*,exec*|*remount*,dev*|suid*remount*|exec*remount*" } },
	{ "secrets", "chattr", { "-i|-a|-*[ia]*", "/etc/*|/usr/*|/var/log/*" } },
	{ "module", "insmod" },
	{ "short-keys", "openssl",
		{ "req|genrsa|genpkey|dhparam|dsaparam|gendsa", "*:1024|*:512|*:768|1024|512|768" } },
	{ "short-keys", "ssh-keygen|certtool|gpg|keytool|easyrsa",
		{ "-b1024|--bits=1024|--keysize=1024|--keysize=1024|-keysize=1024" } },
	{ "short-keys", "ssh-keygen|certtool|keytool", { "-b|--bits|-keysize", "1024|768|512" } },
	{ "loosens", "setsebool" },
	{ "encryption", "update-crypto-policies", { "LEGACY*|*:SHA1*" } },
	{ "encryption", "fips-mode-setup", { "--disable" } },
	{ "security-off", "swupd|falconctl", { "disable|uninstall" } },
	{ "kernel", "sysctl",
		{ "kernel.randomize_va_space=0|kernel.kptr_restrict=0|kernel.yama.ptrace_scope=0|kernel.dmesg_restrict="
		  "0|kernel.unprivileged_bpf_"
		  "disabled=0|fs.protected_*=0|net.*.rp_filter=0|net.*.accept_redirects=1|net.*.accept_source_route=1|"
		  "fs.suid_dumpable=[12]|net.*."
		  "tcp_syncookies=0" } },
	{ "kernel", "sed|perl|grubby|kernelstub|rpm-ostree|bootctl",
		{ "*mitigations=off*|*nokaslr*|*apparmor=0*|*selinux=0*|*enforcing=0*|*audit=0*|*nopti*|"
		  "*spectre_v2=off*|*module.sig_enforce=0*|*lockdown=none*" } },
	{ "boot", "grubby|kernelstub", { "--args*|--remove-args*|-a|--add-options|-d" } },
	{ "everybody", "setfacl", { "*o::*w*|*other::*w*|*o:*w*|*other:*w*" } },
	{ "secrets", "chmod|chown|chgrp|setfacl",
		{ "/etc/shadow*|/etc/gshadow*|/etc/passwd|/etc/group|/etc/sudoers|/root/.ssh*" } },
	{ "loosens", "setfacl", { "/etc|/etc/*|/usr|/usr/*|/var|/root*|/" } },
	{ "open-files", "umask", { "0|00|000|0000" } },
	{ "everybody", "mkdir", { "-m777|-m0777|--mode=777|--mode=0777|--mode=a*w*" } },
	{ "everybody", "mkdir", { "-m|--mode|-[a-z]*m", "777|0777|a=rwx|a+rwx" } },
	{ "everybody", "chmod", { "777|0777|666|0666|a+rwx|ugo+rwx|a=rwx" } },
	{ "grants", "chmod|install",
		{ "[2467][0-7][0-7][0-7]|-m[2467][0-7][0-7][0-7]|--mode=[2467][0-7][0-7][0-7]|*[+=]*s" } },
	{ "grants", "setcap", { "*cap_*" } },
	{ "account", "passwd", { "-d|--delete|-u|--unlock|--stdin" } },
	{ "account", "usermod|useradd|luseradd", { "-p|--password*|-U|--unlock" } },
	{ "account", "usermod|chsh", { "-s|--shell*", "*/*sh|*=*/*sh" } },
	{ "login", "pam-auth-update", { "--force|--enable*|--disable*" } },
	{ "login", "authselect|authconfig" },
	{ "account", "chpasswd" },
	{ "trust", "apt-key", { "add|adv" } },
	{ "trust", "gpg|gpg2|apt-key", { "--import|--recv-keys|--recv-key|--fetch-keys" } },
	{ "trust", "rpm|rpmkeys", { "--import" } },
	{ "trust", "update-ca-certificates|update-ca-trust" },
	{ "trust", "certutil", { "-A" } },
	{ "trust", "keytool", { "-import*" } },
	{ "trust", "trust", { "anchor" } },
	{ "trust", "pacman-key", { "--add|-a|--lsign*" } },
	{ "repository", "add-apt-repository|dnf-config-manager|yum-config-manager|zypper",
		{ "*://*|ppa:*|--add-repo*|ar|addrepo" } },
	{ "repository", "dnf|dnf5|yum|microdnf", { "config-manager|copr" } },
	{ "repository", "flatpak|ostree", { "remote-add" } },
	{ "scheduled", "crontab|at|batch" },
	{ "destroys", "rm",
		{ "-rf|-fr|-r|-R|-Rf|--recursive",
			"/|/\\*|/etc|/usr|/var|/home|/boot|/etc/\\*|/home/\\*|/var/\\*|/usr/\\*" } },
	{ "destroys", "dd|mkfs*|wipefs|shred", { "of=/dev/[shvx]d*|of=/dev/nvme*|/dev/[shvx]d*|/dev/nvme*" } },
};

/* Files that decide on rights: writing to them. */
static const struct target {
	const char *danger, *files;
} targets[] = {
	{ "sudoers",
		"/etc/sudoers|/etc/sudoers.d/*|/etc/doas.conf|/etc/polkit-1/*|/usr/share/polkit-1/*|/var/lib/polkit-1/"
		"*" },
	{ "keys", "*authorized_keys*" },
	{ "account", "/etc/passwd|/etc/shadow|/etc/group|/etc/gshadow" },
	{ "preload", "/etc/ld.so.preload" },
	{ "libraries", "/etc/ld.so.conf*" },
	{ "boot", "/etc/default/grub*|/boot/grub*|/etc/kernel/cmdline*|/boot/loader/*" },
	{ "login", "/etc/pam.d/*|/etc/ssh/sshd_config*|/etc/securetty|/etc/security/*" },
	{ "security-off",
		"/etc/selinux/config|/sys/fs/selinux/enforce|/sys/kernel/security/*|/etc/apparmor.d/disable*|"
		"/etc/apparmor.d/force-complain*" },
	{ "trust",
		"/etc/apt/trusted.gpg*|/usr/share/keyrings/*|/etc/apt/keyrings/*|/etc/pki/rpm-gpg/*|/usr/local/share/"
		"ca-certificates/*|/etc/pki/ca-"
		"trust/source/*|/etc/ssl/certs/*|/etc/ca-certificates/trust-source/*" },
	{ "repository",
		"/etc/apt/sources.list*|/etc/yum.repos.d/*|/etc/apt/apt.conf*|/etc/zypp/repos.d/*|"
		"/etc/apt/preferences*|/etc/dnf/*|/etc/yum.conf|/etc/pip.conf|/etc/npmrc|/etc/containers/registries*|"
		"/etc/docker/daemon.json" },
	{ "scheduled", "/etc/cron*|/var/spool/cron/*" },
	{ "kernel", "/proc/sys/kernel/*|/proc/sys/fs/*|/proc/sysrq-trigger" },
	{ "kernel-other", "/proc/sys/*|/etc/sysctl.conf|/etc/sysctl.d/*" },
	{ "hosts", "/etc/hosts|/etc/resolv.conf|/etc/nsswitch.conf" },
	{ "encryption",
		"/etc/ssl/openssl.cnf|/etc/pki/tls/openssl.cnf|/etc/crypto-policies/*|/etc/gnutls/*|/etc/java*/"
		"security/*" },
	{ "network", "/dev/tcp/*|/dev/udp/*" },
};

static bool fits(const char *patterns, const char *word)
{
	return shell_fits(patterns, word, 0);
}

const char *danger_written(const char *file)
{
	for (size_t i = 0; i < COUNT(targets); i++)
		if (fits(targets[i].files, file))
			return targets[i].danger;
	return NULL;
}

const char *danger_by_rule(const struct shell_command *c)
{
	size_t at;
	const char *program = shell_program(c, &at);

	for (size_t i = 0; i < COUNT(rules); i++) {
		bool is_it = fits(rules[i].programs, program);

		for (size_t k = 0; k < COUNT(rules[i].args) && rules[i].args[k] && is_it; k++)
			is_it = shell_has_arg(c, at, rules[i].args[k], 0);
		if (is_it)
			return rules[i].danger;
	}
	return NULL;
}
