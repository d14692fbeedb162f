# test-root.sh - root images: from the distribution, from a tar file, from a folder; packages tried on them; gone afterwards.
# needs: root
export XDG_DATA_HOME="$WORK/data"
status=0
"$SLUICE" root create small --from debian:bookworm >out 2>err || status=$?
[ "$status" != 4 ] || skip "$(cat err)"
test "$status" = 0
tree=$XDG_DATA_HOME/sluice/roots/small/tree
test -x "$tree/usr/bin/rpm"

tar -C "$tree" -cf - . | zstd -q -1 >system.tar.zst
"$SLUICE" root create packed --from system.tar.zst >out 2>err
"$SLUICE" root create copied --from "$tree" >out 2>err
test "$(stat -c '%a %u' "$tree/usr/bin/passwd")" = "$(stat -c '%a %u' "$XDG_DATA_HOME/sluice/roots/packed/tree/usr/bin/passwd")"
"$SLUICE" root list >list
for name in small packed copied; do
	grep -q "^$name " list
done

mkdir -p svc/DEBIAN svc/opt/svc
printf 'Package: svc\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' >svc/DEBIAN/control
printf '#!/bin/sh\nset -e\n[ "$1" != configure ] || id svc >/dev/null 2>&1 || useradd -r svc\n' >svc/DEBIAN/postinst
printf '#!/bin/sh\nset -e\n[ "$1" != purge ] || userdel svc\n' >svc/DEBIAN/postrm
chmod 755 svc/DEBIAN/post*
echo x >svc/opt/svc/x
dpkg-deb -Zgzip --root-owner-group -b svc svc.deb >/dev/null

# In a chroot the kernel makes no user namespaces: that is said.
mkdir jail
status=0
unshare -m sh -c 'mount --rbind / jail && exec chroot jail "$@"' sh "$SLUICE" test "$PWD/svc.deb" --root small --scenario install >out 2>err || status=$?
[ "$status" = 4 ] && grep -q 'hint: the kernel makes none inside a chroot' err || { cat out err; exit 1; }

cat >r.spec <<'SPEC'
Name: r
Version: 1
Release: 1
Summary: x
License: MIT
BuildArch: noarch
Requires: /bin/sh, coreutils
%description
x
%post
exit 0
%files
SPEC
rpmbuild --quiet --define "_topdir $WORK/rpmbuild" -bb r.spec >/dev/null
for name in small packed copied; do
	"$SLUICE" test svc.deb --root "$name" --scenario install,purge --report "$name" >out 2>err
	"$SLUICE" test rpmbuild/RPMS/noarch/r-1-1.noarch.rpm --root "$name" --scenario install,remove --report "$name-rpm" >out 2>err
	test ! -e "$XDG_DATA_HOME/sluice/roots/$name/tree/opt/svc"
	grep -q '"coreutils = ' "$name-rpm/report.json"
done

# What fails leaves nothing; names and hostile archives are refused.
mkdir evil
ln -s /etc evil/link
tar -cf evil.tar -C evil link
rm evil/link
mkdir evil/link
echo x >evil/link/sluice-was-here
tar -rf evil.tar -C evil link/sluice-was-here
for bad in "../up --from system.tar.zst" "bad --from evil.tar" "bad --from missing.tar"; do
	if "$SLUICE" root create $bad >out 2>err; then exit 1; fi
done
test ! -e /etc/sluice-was-here
for name in small packed copied; do
	"$SLUICE" root remove "$name" >out 2>err
done
test -z "$(ls -A "$XDG_DATA_HOME/sluice/roots")"
