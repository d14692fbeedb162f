# faults-rpm.sh - the faults of faults.sh in rpm's form: one seeded fault each, the clean twin without a word.
# needs: root
. "$SOURCES/tests/e2e/_faults.sh"
command -v rpmbuild > /dev/null || skip "no rpmbuild"

# NAME/files is the tree, NAME/post, preun, postun the scripts; a fault is put over them before `build`.
build() { # NAME VERSION: NAME_VERSION.rpm, and NAME.rpm as the one to try
	{
		printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: seeded\nLicense: none\nBuildArch: noarch\n%%description\nseeded\n' "$1" "$2"
		printf '%%install\ncp -a %s/files/. %%{buildroot}/\n' "$PWD/$1"
		for script in pre post preun postun; do
			[ ! -e "$1/$script" ] || { echo "%$script"; sed 's/%/%%/g' "$1/$script"; }
		done
		echo '%files'
		(cd "$1/files" && find . -type f | sed 's/^\.//; s/^\/etc\/[^/]*\.conf$/%config(noreplace) &/')
	} > "$1/it.spec"
	rpmbuild --quiet --define "_topdir $PWD/$1/top" --define "_rpmdir $PWD" --define "_build_name_fmt $1_%%{VERSION}.rpm" -bb "$1/it.spec" > rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
	cp "$1_$2.rpm" "$1.rpm"
}
service() { # NAME PORT: a user, a daemon with a port, state, a log, a configuration file
	daemon_files "$1/files" "$1" "$2" ready
	cat > "$1/post" <<SH
getent passwd $1 > /dev/null || useradd -r -M -d /nonexistent -s /usr/sbin/nologin $1
mkdir -p /var/lib/$1
chown $1 /var/lib/$1
/etc/init.d/$1 restart
SH
	cat > "$1/preun" <<SH
if [ "\$1" = 0 ]; then /etc/init.d/$1 stop; fi
SH
	cat > "$1/postun" <<SH
if [ "\$1" = 0 ]; then rm -rf /var/lib/$1 /var/log/$1.log; userdel $1; fi
SH
}
two() { # NAME: the old version as it stands; what comes is the new one
	build "$1" 1
}

# The clean twin: two versions, every scenario.
service calm 8131
two calm
build calm 2
scenarios=quick
[ -z "${SLUICE_FULL-}" ] || scenarios=all
try pass calm --upgrade-from calm_1.rpm --scenario "$scenarios"
quiet calm

leftovers() {
# A file left (of what lies in /var only told: an rpm has no purge, and by custom data stay); the daemon survives, and with it its port; a user stays.
service litter 8132
sed -i 's|rm -rf /var/lib/litter |rm -f |' litter/postun
echo 'echo state > /var/lib/litter/state; echo key > /etc/litter.key' >> litter/post
build litter 1
try fail litter --scenario remove
finding litter remove high file-left /etc/litter.key
finding litter remove medium file-left /var/lib/litter/state
service undead 8133
rm undead/preun
build undead 1
try fail undead --scenario remove
finding undead remove high process-left perl
finding undead remove high port-left tcp/8133
service people 8134
sed -i 's/userdel people;//; s/; userdel people//' people/postun
sed -i 's|/usr/sbin/nologin|/bin/sh|; s/useradd -r/useradd/' people/post
build people 1
try fail people --scenario remove
finding people remove high user-left people
# ... where nobody can log in as that user, only told: by these systems' custom they stay.
sed -i 's|/bin/sh|/usr/sbin/nologin|; s/useradd/useradd -r/' people/post
build people 1
try pass people --scenario remove
finding people remove low user-left people

# All is well but for one line in its log; what it fetches, it fetches in clear text.
service moody 8135
sed -i 's/ready/ERROR: licence database is damaged/' moody/files/opt/moody/server
build moody 1
try fail moody --scenario install
finding moody install high log-error /var/log/moody.log:1
service open 8136
sed -i '2i my $c = IO::Socket::INET->new("updates.open.example:80"); print $c "GET /licence HTTP/1.0\\r\\n\\r\\n"; my $l = <$c>; close $c;' open/files/opt/open/server
build open 1
try fail open --scenario install
finding open install high cleartext-connection updates.open.example:80
}

upgrades() {
# A configuration file is written over in an upgrade; data are lost to a script that never asks why; so is the daemon.
service rude 8137
two rude
echo 'echo "port = 8137" > /etc/rude.conf' >> rude/post
build rude 2
try fail rude --upgrade-from rude_1.rpm --scenario upgrade
finding rude upgrade high conffile-lost /etc/rude.conf
service greedy 8138
sed -i 's/^if .*; then rm/rm/; s/; userdel.*//' greedy/postun
two greedy
build greedy 2
try fail greedy --upgrade-from greedy_1.rpm --scenario upgrade
finding greedy upgrade high data-lost /var/lib/greedy/.sluice-test-data
service asleep 8139
echo '/etc/init.d/asleep stop' > asleep/preun # also in an upgrade, behind the new version's start
two asleep
build asleep 2
try fail asleep --upgrade-from asleep_1.rpm --scenario upgrade
finding asleep upgrade high daemon-dead perl

# A script that does not stand a second try; one that takes its number for a word.
mkdir -p twice/files/opt/twice
echo x > twice/files/opt/twice/x
echo 'mkdir /var/lib/twice' > twice/post
echo 'rm -rf /var/lib/twice' > twice/postun
build twice 1
try fail twice --scenario reinstall,failing-script
finding twice reinstall high script-failed %post
mkdir -p words/files/opt/words
echo x > words/files/opt/words/x
printf 'case $1 in\n1) ;;\nupgrade) ;;\n*) echo "unknown argument $1" >&2; exit 1 ;;\nesac\n' > words/post
two words
build words 2
try fail words --upgrade-from words_1.rpm --scenario upgrade
finding words upgrade high script-failed %post
}

leftovers &
half=$!
trap 'kill "$half" 2> /dev/null || :' EXIT
upgrades
wait "$half"
trap - EXIT
fits kept/*
