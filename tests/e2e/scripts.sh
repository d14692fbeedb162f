# Scripts of deb and rpm, run by the real dpkg and the real rpm: at home and translated. They write down their name, arguments and which
# version's files they see; both records must be the same, but for what `lost` tells (the order of files and scripts on upgrade).
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

make_deb() { # VERSION
	local dir=deb-$1 name
	mkdir -p "$dir/DEBIAN" "$dir/opt/rec"
	echo "$1" > "$dir/opt/rec/only-$1"
	printf 'Package: rec\nVersion: %s-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: records\n' "$1" > "$dir/DEBIAN/control"
	for name in preinst postinst prerm postrm; do
		{ echo '#!/bin/sh'; body "$name"; } > "$dir/DEBIAN/$name"
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

for version in 1 2; do
	make_deb $version
	make_rpm $version
	"$SLUICE" --quiet convert share/rec_$version.deb --to rpm --output made > paths
	mv made/*.rpm share/from-deb_$version.rpm
	"$SLUICE" --quiet convert share/rec_$version.rpm --to deb --output made > paths
	mv made/*.deb share/from-rpm_$version.deb
done

rpm_life='echo install >> /share/record; rpm --dbpath /rpmdb -i --nodeps --nosignature A
echo upgrade >> /share/record; rpm --dbpath /rpmdb -U --nodeps --nosignature B
echo again >> /share/record; rpm --dbpath /rpmdb -U --replacepkgs --nodeps --nosignature B
echo remove >> /share/record; rpm --dbpath /rpmdb -e --nodeps rec
[ ! -e /opt/rec ] || exit 1
[ ! -e /var/lib/sluice-scripts ]'
deb_life='echo install >> /share/record; dpkg -i A
echo upgrade >> /share/record; dpkg -i B
echo again >> /share/record; dpkg -i B
echo remove >> /share/record; dpkg -r rec
[ ! -e /opt/rec ] || exit 1
[ ! -e /var/lib/sluice-scripts ]'
life() { # LIFE A B
	printf '%s' "$1" | sed "s|A\$|/share/$2|; s|B\$|/share/$3|"
}

record deb-at-home "$(life "$deb_life" rec_1.deb rec_2.deb)"
record deb-under-rpm "$(life "$rpm_life" from-deb_1.rpm from-deb_2.rpm)"
record rpm-at-home "$(life "$rpm_life" rec_1.rpm rec_2.rpm)"
record rpm-under-dpkg "$(life "$deb_life" from-rpm_1.deb from-rpm_2.deb)"

# Names, arguments and order: no difference at all.
for file in deb-at-home deb-under-rpm rpm-at-home rpm-under-dpkg; do
	sed 's/ sees.*//' $file > $file.calls
	[ "$(grep -c . $file.calls)" -ge 12 ]
done
same deb-at-home.calls deb-under-rpm.calls
same rpm-at-home.calls rpm-under-dpkg.calls
# The files they saw: none but on upgrade, where `lost` says so.
not_upgrade() { sed '/^upgrade$/,/^again$/d' "$1"; }
not_upgrade deb-at-home > one && not_upgrade deb-under-rpm > two && same one two
not_upgrade rpm-at-home > one && not_upgrade rpm-under-dpkg > two && same one two
"$SLUICE" --json convert share/rec_2.deb --to rpm --output made | grep -q '"order:postrm upgrade'
"$SLUICE" --json convert share/rec_2.rpm --to deb --output made | grep -q '"order:%preun 1"'
