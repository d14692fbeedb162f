# Scripts of deb and rpm, run by the real dpkg and the real rpm: at home and translated. They write down their name, arguments and which
# version's files they see; both records must be the same, but for what `lost` tells (the order of files and scripts on upgrade, purge,
# installing again what was removed and not purged). Versions 1 and 2 have every script, 0 and 3 have none.
# needs: root

# in_root SCRIPT: sh in a throw-away copy of this machine; what it leaves in $WORK/share stays.
mkdir share
cat > enter <<'ENTER'
set -eu
mount --make-rprivate /
mount -t tmpfs root "$1/root"
mkdir "$1/root/upper" "$1/root/work" "$1/root/all"
mount -t overlay all -o "lowerdir=/,upperdir=$1/root/upper,workdir=$1/root/work" "$1/root/all"
mount --bind /dev "$1/root/all/dev"
mkdir -p "$1/root/all/share"
mount --bind "$1/share" "$1/root/all/share"
exec chroot "$1/root/all" /bin/sh -eu -c "$2"
ENTER
mkdir root
in_root() { unshare -m sh enter "$WORK" "$1" > in_root.log 2>&1 || { cat in_root.log; return 1; }; }
in_root true || skip "no mount namespace with an overlay over this machine"

# What every script does: one line in the record of this root.
body() { # NAME
	cat <<'BODY' | sed "s/@NAME@/$1/"
{
	printf '%s' '@NAME@'
	for word; do printf " '%s'" "$word"; done
	printf ' sees'
	for file in /opt/rec/only-?; do [ ! -e "$file" ] || printf ' %s' "${file##*/}"; done
	echo
} >> /share/record
BODY
}

has_scripts() { [ "$1" = 1 ] || [ "$1" = 2 ]; }

make_deb() { # VERSION
	local dir=deb-$1 name
	mkdir -p "$dir/DEBIAN" "$dir/opt/rec"
	echo "$1" > "$dir/opt/rec/only-$1"
	printf 'Package: rec\nVersion: %s-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: records\n' "$1" > "$dir/DEBIAN/control"
	for name in preinst postinst prerm postrm; do
		has_scripts "$1" || continue
		{ echo '#!/bin/sh'; echo '# on purge, too'; body "$name"; } > "$dir/DEBIAN/$name"
		chmod 755 "$dir/DEBIAN/$name"
	done
	dpkg-deb --root-owner-group -b "$dir" "share/rec_$1.deb" > /dev/null
}

make_rpm() { # VERSION
	local name
	mkdir -p "rpm-$1"
	{
		printf 'Name: rec\nVersion: %s\nRelease: 1\nSummary: records\nLicense: none\nBuildArch: noarch\n%%description\nrecords\n' "$1"
		printf '%%install\nmkdir -p %%{buildroot}/opt/rec\necho %s > %%{buildroot}/opt/rec/only-%s\n%%files\n/opt/rec\n' "$1" "$1"
		for name in pretrans pre post preun postun posttrans; do
			has_scripts "$1" || continue
			printf '%%%s\n' "$name"
			body "%$name" | sed 's/%/%%/g'
		done
	} > "rpm-$1/rec.spec"
	rpmbuild --quiet --define "_topdir $WORK/rpm-$1" --define "_rpmdir $WORK/share" --define '_build_name_fmt rec_%%{VERSION}.rpm' -bb "rpm-$1/rec.spec" > rpmbuild.log 2>&1 || { cat rpmbuild.log; return 1; }
}

record() { # NAME SCRIPT: runs it in a fresh root, keeps the record
	rm -f share/record
	in_root "$2"
	mv share/record "$1"
}
same() { # HOME OTHER
	diff -u "$1" "$2" || { echo "$2 differs from $1"; return 1; }
}

for version in 0 1 2 3; do
	make_deb $version
	make_rpm $version
	"$SLUICE" --quiet convert share/rec_$version.deb --to rpm --output made > paths
	mv made/*.rpm share/from-deb_$version.rpm
	"$SLUICE" --quiet convert share/rec_$version.rpm --to deb --output made > paths
	mv made/*.deb share/from-rpm_$version.deb
done
[ -z "$(rpm -qp --nosignature --scripts share/from-deb_0.rpm)" ]
[ -z "$(dpkg-deb -I share/from-rpm_0.deb | grep -E ' (pre|post)(inst|rm)$')" ]

# One step a line: what is written down, the command. What is removed is gone, and so is what the generated scripts kept.
cat > steps <<'STEPS'
install         install 1
upgrade         upgrade 2
again           upgrade 2
remove          remove
purge           purge
anew            install 2
remove          remove
purge           purge
bare            install 0
upgrade-bare    upgrade 2
again           upgrade 2
upgrade-to-bare upgrade 3
remove          remove
purge           purge
downgrade       install 2
upgrade-down    downgrade 1
remove          remove
purge           purge
STEPS
printf 'install install 1\nremove remove\nunpurged install 2\nremove remove\npurge purge\n' > steps-unpurged
cat > rpm-verbs <<'VERBS'
at() { for file in /share/$family*_$1.rpm; do echo "$file"; done; }
install() { rpm -i --nodeps --nosignature "$(at "$1")"; }
upgrade() { rpm -U --replacepkgs --nodeps --nosignature "$(at "$1")"; }
downgrade() { rpm -U --oldpackage --nodeps --nosignature "$(at "$1")"; }
remove() { rpm -e --nodeps rec; gone; }
purge() { :; }
VERBS
cat > deb-verbs <<'VERBS'
at() { for file in /share/$family*_$1.deb; do echo "$file"; done; }
install() { dpkg -i "$(at "$1")"; }
upgrade() { install "$1"; }
downgrade() { install "$1"; }
remove() { dpkg -r rec; gone; }
purge() { dpkg -P rec; gone; }
VERBS
life() { # VERBS FAMILY STEPS: the sh of that life
	echo "family=$2"
	cat "$1"
	echo 'gone() { [ ! -e /opt/rec ] && [ ! -e /var/lib/sluice-scripts ]; }'
	while read -r name verb; do
		printf 'echo %s >> /share/record\n%s\n' "$name" "$verb"
	done < "$3"
}

for steps in steps steps-unpurged; do
	record deb-at-home.$steps "$(life deb-verbs rec $steps)"
	record deb-under-rpm.$steps "$(life rpm-verbs from-deb $steps)"
	record rpm-at-home.$steps "$(life rpm-verbs rec $steps)"
	record rpm-under-dpkg.$steps "$(life deb-verbs from-rpm $steps)"
done

# rpm does not purge, and what it removed it has forgotten: so `lost` says.
"$SLUICE" --json convert share/rec_2.deb --to rpm --output made > to-rpm.json
"$SLUICE" --json convert share/rec_2.rpm --to deb --output made > to-deb.json
grep -q '"order:postrm upgrade' to-rpm.json
grep -q '"call:postrm purge"' to-rpm.json
grep -q '"call:preinst install OLD, postinst configure OLD"' to-rpm.json
grep -q '"order:%preun 1"' to-deb.json
[ "$(grep -c "^postrm 'purge'" deb-at-home.steps)" -ge 2 ]
sed -i "/^postrm 'purge'/d" deb-at-home.*
grep -qx "preinst 'install' '1-1' '2-1' sees" deb-at-home.steps-unpurged
sed -i "s/^preinst 'install' '1-1' '2-1'/preinst 'install'/; s/^postinst 'configure' '1-1'/postinst 'configure' ''/" deb-at-home.steps-unpurged

# Names, arguments and order: no difference at all. The files they saw: none but on upgrade, where `lost` says so.
not_upgrade() { awk '!/ sees/ { skipped = /^upgrade/ } !skipped' "$1"; }
for steps in steps steps-unpurged; do
	for home in deb-at-home:deb-under-rpm rpm-at-home:rpm-under-dpkg; do
		for file in ${home%:*}.$steps ${home#*:}.$steps; do
			sed 's/ sees.*//' $file > $file.calls
			not_upgrade $file > $file.files
			[ "$(grep -c ' sees' $file.files)" -ge 8 ]
		done
		same ${home%:*}.$steps.calls ${home#*:}.$steps.calls
		same ${home%:*}.$steps.files ${home#*:}.$steps.files
	done
done
