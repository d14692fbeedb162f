# fidelity.sh - converted packages hold what the source held, or say so in `lost`; judged by dpkg-deb, rpm and rpm2cpio and installed for real
# (fidelity.py). The packages: tests/data, the valid ones of the corpus, and with SLUICE_FULL=1 varied ones of the mirror.
judge=$SOURCES/tests/e2e/fidelity.py
files=("$SOURCES"/tests/data/fidelity/full.{deb,rpm} small.udeb)

# A part of the installer: no md5sums, fields and control files of its own.
mkdir -p small/DEBIAN small/usr/share/small
echo x > small/usr/share/small/x
cat > small/DEBIAN/control <<'CONTROL'
Package: small-udeb
Package-Type: udeb
Version: 1:2.0-3
Architecture: amd64
Maintainer: Nobody <nobody@example.org>
Section: debian-installer
Installer-Menu-Item: 1500
Provides: small-menu
Description: part of an installer
CONTROL
printf '#!/bin/sh\nset -e\n[ "$1" = configure ]\n' > small/DEBIAN/postinst
printf '#!/bin/sh\n. /usr/share/debconf/confmodule\n' > small/DEBIAN/menutest
chmod 755 small/DEBIAN/postinst small/DEBIAN/menutest
dpkg-deb --root-owner-group -b small small.udeb > /dev/null

corpus=${SLUICE_CORPUS:-$SOURCES/../shared/corpus}
if [ -e "$corpus/corpus.tar.zst" ]; then
	mkdir corpus
	tar -I zstd -xf "$corpus/corpus.tar.zst" -C corpus
	while IFS= read -r path; do
		files+=("$WORK/corpus/$path")
	done < <(awk -F'\t' '$6 == "valid" && ($2 == "deb" || $2 == "rpm") && $7 !~ /source package/ { print $1 }' "$corpus/INDEX.tsv")
else
	echo "no corpus at $corpus (SLUICE_CORPUS says where it is): only tests/data"
fi

# Capabilities, setuid, hard links, conffiles, alternatives, diversions, triggers, relations, odd names, epochs, nothing at all, much.
if [ "${SLUICE_FULL:-0}" = 1 ]; then
	mkdir mirror
	cd mirror
	for name in acl apache2 at base-files base-passwd bash bubblewrap build-essential ca-certificates coreutils cron dash dbus dpkg \
		exim4-daemon-light fuse3 git golang-1.19-go init-system-helpers iputils-ping keyboard-configuration libc6 libcap2-bin libpam-modules \
		libreoffice-common libssl3 login logrotate man-db mariadb-server mount netbase nginx-common openssh-server passwd perl-base postfix \
		postgresql-15 rsyslog screen snmpd sudo systemd tcpdump texlive-base tzdata udev util-linux vim-common wireshark-common; do
		apt-get download -qq "$name" || echo "$name: cannot be fetched"
	done
	cd ..
	[ "$(find mirror -name '*.deb' | wc -l)" -ge 40 ]
	files+=(mirror/*.deb)
fi

# The results and the trees lie in memory: dpkg and rpm sync what they write, and nobody needs it tomorrow.
mkdir judged
run=(env PYTHONDONTWRITEBYTECODE=1 python3 "$judge" "$SLUICE" "$SOURCES/formats/depmap.c" "$WORK/judged" "${files[@]}")
if [ "$(id -u)" = 0 ] && unshare -m -n -i -u -p -f --mount-proc true; then
	unshare -m -n -i -u -p -f --mount-proc sh -eu -c 'mount -t tmpfs judged "$1"; shift; exec "$@"' sh "$WORK/judged" "${run[@]}"
else
	echo "no root, no namespaces: the results are read, not installed"
	SLUICE_NO_INSTALL=1 "${run[@]}"
fi
