# Real packages of Debian from deb to rpm to deb. What is in them stays; their scripts do by the real rpm, without Debian's own helpers, what
# they do by the real dpkg: none fails that does not fail at home, the same users and configuration come, and removal leaves nothing of ours.
# A few small packages; with SLUICE_FULL=1 many.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root

small="cron openssh-server fontconfig lighttpd chrony"
many="$small ca-certificates rsyslog avahi-daemon dnsmasq tor unbound fail2ban snmpd man-db vim-common mosquitto memcached monit haproxy squid nfs-common rpcbind ntpsec anacron at
	openvpn zabbix-agent logrotate locales shared-mime-info strongswan-starter proftpd-core docker.io mariadb-server"
packages=$small
[ -z "${SLUICE_FULL-}" ] || packages=$many
(cd share && apt-get download -q cron) > apt.log 2>&1 || skip "no mirror to download packages from"
for package in $packages; do
	ls "share/${package}"_* > /dev/null 2>&1 || (cd share && apt-get download -q "$package") >> apt.log 2>&1 || { cat apt.log; exit 1; }
	mv "share/${package}"_*.deb "share/$package.home"
done

# What cannot be done elsewhere, and is said: package, item of class behaviour.
cat > behaviour <<'LOST'
ca-certificates debconf:ca-certificates/enable_crts
ca-certificates debconf:ca-certificates/new_crts
ca-certificates trigger:interest update-ca-certificates
ca-certificates trigger:interest update-ca-certificates-fresh
locales debconf:locales/locales_to_be_generated
strongswan-starter debconf:strongswan/existing_x509_certificate_filename
strongswan-starter debconf:strongswan/existing_x509_key_filename
strongswan-starter debconf:strongswan/existing_x509_rootca_filename
LOST
behaviour() { # JSON: the items of class behaviour
	python3 -c 'import json, sys
def walk(o):
    if isinstance(o, dict):
        if o.get("class") == "behaviour": print(o["what"])
        o = list(o.values())
    if isinstance(o, list):
        for v in o: walk(v)
walk(json.load(open(sys.argv[1])))' "$1" | LC_ALL=C sort -u
}
entries() { # DEB: type, mode, owner, size, time, path and target; folders that every system has are no package's in rpm, and get no time back
	dpkg-deb --fsys-tarfile "$1" | tar -tvf - | sed '/^d/s/ [0-9-]* [0-9:]* \./ ./; s, \./$, /,' | LC_ALL=C sort
}

for package in $packages; do
	"$SLUICE" --json convert "share/$package.home" --to rpm --allow-lossy --output made > "$package.json" 2> err || { cat err; exit 1; }
	mv made/*.rpm "share/$package.rpm"
	behaviour "$package.json" > lost
	sed -n "s/^$package //p" behaviour | LC_ALL=C sort > lost.expected
	same lost.expected lost
	"$SLUICE" --json convert "share/$package.rpm" --to deb --allow-lossy --output made > back.json 2> err || { cat err; exit 1; }
	mv made/*.deb "share/$package.back"
	behaviour back.json > lost
	[ ! -s lost ] || { echo "$package, back to deb:"; cat lost; exit 1; }

	entries "share/$package.home" > was
	entries "share/$package.back" > back
	same was back
	for field in Package Architecture Maintainer Homepage; do
		[ "$(dpkg-deb -f "share/$package.home" $field)" = "$(dpkg-deb -f "share/$package.back" $field)" ] || { echo "$package: $field"; exit 1; }
	done
	dpkg-deb -I "share/$package.home" conffiles 2> /dev/null | LC_ALL=C sort > was || :
	dpkg-deb -I "share/$package.back" conffiles 2> /dev/null | LC_ALL=C sort > back || :
	same was back
done

cat > share/verbs <<'VERBS'
hide() { # what only Debian has, so that the shims do it
	rm -f /usr/bin/deb-systemd-* /usr/sbin/update-rc.d /usr/sbin/invoke-rc.d /usr/sbin/service /usr/sbin/adduser /usr/sbin/addgroup /usr/sbin/deluser /usr/sbin/delgroup \
		/usr/bin/dpkg /usr/bin/dpkg-* /usr/share/debconf/confmodule /usr/share/debconf/frontend /usr/bin/ucf /usr/bin/ucfr /usr/sbin/start-stop-daemon /sbin/start-stop-daemon \
		/usr/bin/py3compile /usr/bin/py3clean /usr/sbin/update-initramfs /usr/bin/update-alternatives /usr/bin/tempfile /usr/sbin/add-shell /usr/sbin/remove-shell
}
run() { # WHAT COMMAND...: whether a script failed
	what=$1
	shift
	"$@" < /dev/null > /tmp/log 2>&1 || :
	if grep -qE 'script(let)? (failed|subprocess returned error)|error: ' /tmp/log; then
		echo "$what fails" >> /share/result
		cat /tmp/log >> /share/log
	fi
}
world() { # what scripts made: users, groups, files of configuration that are in no package
	{
		cut -d : -f 1 /etc/passwd | sed 's/^/user /'
		cut -d : -f 1 /etc/group | sed 's/^/group /'
		find /etc \( -type f -o -type l \) ! -path '/etc/systemd/*' ! -path '/etc/rc?.d/*' ! -name '*-' ! -path '/etc/alternatives/*' ! -name 'ld.so.cache' | sed 's/^/file /'
	} | LC_ALL=C sort > "/share/world.$1"
}
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
# as it was not there before
forget() { dpkg --no-triggers --force-all -P "$package" > /dev/null 2>&1 || rm -f /var/lib/dpkg/info/"$package".*; }
VERBS
cat > share/by-dpkg <<'LIFE'
. /share/verbs
forget
run install dpkg --no-triggers --force-all --force-confnew -i "/share/$file"
world "$kind"
run again dpkg --no-triggers --force-all --force-confnew -i "/share/$file"
run remove dpkg --no-triggers --force-all -r "$package"
run purge dpkg --no-triggers --force-all -P "$package"
[ ! -e /var/lib/sluice-scripts ] || echo "state is left" >> /share/result
LIFE
cat > share/by-rpm <<'LIFE'
. /share/verbs
forget
hide
run install rpm -i --nosignature --nodeps --replacefiles "/share/$file"
world "$kind"
run again rpm -U --nosignature --nodeps --replacefiles --replacepkgs "/share/$file"
run remove rpm -e --nodeps "$package"
[ ! -e /var/lib/sluice-scripts ] || echo "state is left" >> /share/result
LIFE
lived() { # KIND MANAGER FILE: its result in KIND.result
	rm -f share/result share/log
	touch share/result
	in_root "package=$package file=$3 kind=$1 sh -u /share/by-$2"
	mv share/result "$1.result"
	[ ! -e share/log ] || mv share/log "$1.log"
}
for package in $packages; do
	lived home dpkg "$package.home"
	lived under-rpm rpm "$package.rpm"
	lived back dpkg "$package.back"
	for kind in under-rpm back; do
		# what fails at home (its dependencies are not all there) may fail elsewhere
		grep -vxFf home.result $kind.result > fails || :
		[ ! -s fails ] || { echo "$package, $kind:"; cat fails $kind.log; exit 1; }
		[ ! -s home.result ] || continue
		diff share/world.home share/world.$kind > differs || { echo "$package, $kind makes something else than at home:"; cat differs; exit 1; }
	done
done
