# Packages of ours in the hands of the real pacman: listed, installed, checked, upgraded with changed config files, removed; libarchive reads the archive, which is
# two compressed frames in a row, as one.
# needs: root
command -v pacman > /dev/null || skip "no pacman (package pacman-package-manager)"
command -v bsdtar > /dev/null || skip "no bsdtar (package libarchive-tools)"
. "$SOURCES/tests/e2e/_root.sh"

printf '[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n' > pacman.conf
# pac ROOT ARG...: pacman over a root of its own; no mirror, no other database.
pac() {
	local root=$1
	shift
	mkdir -p "$root/var/lib/pacman" cache
	pacman --config pacman.conf --root "$root" --dbpath "$root/var/lib/pacman" --cachedir cache --hookdir cache --gpgdir cache --logfile pacman.log --noconfirm "$@" > log 2>&1 ||
		{ cat log; return 1; }
}
unaltered() { # ROOT PACKAGE...: -Qkk says of each that nothing differs from what .MTREE promised
	local root=$1 name
	shift
	pac "$root" -Qkk "$@"
	for name; do grep -q "^$name: [0-9]* total files, 0 altered files\$" log || { cat log; return 1; }; done
}
is() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }

# ---- a tree with everything
tree() { # VERSION
	mkdir -p "tree$1/etc/demo" "tree$1/opt/demo/empty dir" "tree$1/opt/demo/bin" "tree$1/srv/demo"
	cd "tree$1"
	printf 'level = %s\n' "$1" | tee etc/demo/kept.conf etc/demo/changed.conf > etc/demo/untouched.conf
	printf '#!/bin/sh\necho %s\n' "$1" > opt/demo/bin/demo
	chmod 755 opt/demo/bin/demo
	cp opt/demo/bin/demo opt/demo/bin/ping
	setfattr -n user.note -v 'a=b' opt/demo/bin/demo
	ln opt/demo/bin/demo opt/demo/bin/again
	ln opt/demo/bin/demo srv/demo/elsewhere
	ln -s ../bin/demo opt/demo/link
	ln -s /nowhere/at/all opt/demo/dangling
	: > "opt/demo/it's a \"name\"; \$(touch x) \`y\` \\ * ? [z] # é"
	: > opt/demo/$'not utf-8 \xff\xfe'
	: > "opt/demo/$(printf 'n%.0s' {1..200})"
	chmod 2770 srv/demo
	chmod 1777 "opt/demo/empty dir"
	chmod 4711 opt/demo/bin/ping
	setcap cap_net_raw=ep opt/demo/bin/ping
	truncate -s 3M opt/demo/sparse
	printf 'data' | dd of=opt/demo/sparse bs=1 seek=2000000 conv=notrunc status=none
	: > "opt/demo/only-$1"
	find . -exec touch -hd '2023-11-14 22:13:20.123456789 UTC' {} +
	tar --xattrs --xattrs-include='*' --sparse --format=pax --owner=0 --group=0 --sort=name -cf "../demo-$1.0.tar" ./*
	cd ..
}
cat > recipe.yaml <<'R'
version: 1
product: demo
package:
  name: demo
  version: {match: 'demo-([0-9.]*)[.]tar'}
  release: "1"
  summary: everything $(a package) can hold
  architecture: noarch
  license: MIT
files:
  - {match: "/etc/demo/*.conf", config: keep}
R
for version in 1 2; do
	tree $version
	"$SLUICE" --quiet convert demo-$version.0.tar --recipe recipe.yaml --to pacman --output made > paths
done
one=made/demo-1.0-1-any.pkg.tar.zst two=made/demo-2.0-1-any.pkg.tar.zst
is "$(ls made | tr '\n' ' ')" "demo-1.0-1-any.pkg.tar.zst demo-2.0-1-any.pkg.tar.zst "

# ---- libarchive, and pacman without installing
bsdtar -tvf "$one" > listed 2> complaints
[ ! -s complaints ] || { cat complaints; exit 1; }
is "$(bsdtar -tf "$one" | sed -n 1,4p | tr '\n' ' ')" ".BUILDINFO .MTREE .PKGINFO etc/ "
is "$(zstd -lv "$one" 2>&1 | sed -n 's/^# Zstandard Frames: //p; s/^Number of files listed: //p' | sed -n 1p)" 2
bsdtar -xOf "$one" .MTREE | zcat | bsdtar -tf - > mtree-listed
is "$(wc -l < mtree-listed)" "$(($(bsdtar -tf "$one" | wc -l) - 1))"
pac none -Qip "$one"
grep -qx 'Version         : 1.0-1' log
grep -qx 'Architecture    : any' log
grep -qxF 'Description     : everything $(a package) can hold' log
pac none -Qlp "$one"
grep -qF "it's a \"name\"; \$(touch x)" log

# ---- installed
root=$WORK/fresh
pac "$root" -U "$one"
unaltered "$root" demo
d=$root/opt/demo
is "$(stat -c %i "$d/bin/demo" "$d/bin/again" "$root/srv/demo/elsewhere" | sort -u | wc -l)" 1
is "$(stat -c %h "$d/bin/demo")" 3
is "$(getcap "$d/bin/ping")" "$d/bin/ping cap_net_raw=ep"
is "$(getfattr --only-values -n user.note "$d/bin/demo" 2> /dev/null)" 'a=b'
is "$(stat -c %a "$d/bin/ping" "$root/srv/demo" "$d/empty dir" | tr '\n' ' ')" "4711 2770 1777 "
is "$(stat -c %y "$d/sparse")" '2023-11-14 22:13:20.123456789 +0000'
is "$(stat -c %s "$d/sparse")" 3145728
[ "$(stat -c %b "$d/sparse")" -lt 1000 ]
is "$(readlink "$d/link" "$d/dangling" | tr '\n' ' ')" "../bin/demo /nowhere/at/all "
diff -r --no-dereference --exclude=var tree1 "$root"

# ---- upgraded: what the administrator changed is kept, the new one lies beside it
echo 'level = mine' > "$root/etc/demo/changed.conf"
pac "$root" -U "$two"
is "$(cat "$root/etc/demo/changed.conf")" 'level = mine'
is "$(cat "$root/etc/demo/changed.conf.pacnew")" 'level = 2'
is "$(cat "$root/etc/demo/untouched.conf")" 'level = 2'
[ -e "$d/only-2" ]
[ ! -e "$d/only-1" ]
is "$(stat -c %h "$d/bin/demo")" 3
rm "$root/etc/demo/changed.conf.pacnew"
pac "$root" -R demo
is "$(cd "$root" && find . -path ./var -prune -o ! -type d -print)" ./etc/demo/changed.conf.pacsave

# ---- from a deb and an rpm with everything, and both ways through our own reader
for file in full.deb full.rpm; do
	rm -rf from && "$SLUICE" --quiet convert "$SOURCES/tests/data/fidelity/$file" --to pacman --output from --allow-lossy > paths
	file=$(echo from/*)
	pac none -Qip "$file"
	bsdtar -xOf "$file" .MTREE | zcat | finds '^\./'
	"$SLUICE" --quiet --json inspect "$file" > inspected
	jq -e '.format == "pacman" and ([.warnings[].code] | index("E_MISMATCH") == null)' inspected > /dev/null
	"$SLUICE" --quiet convert "$file" --to pacman --output again --allow-lossy > paths
	cmp "$file" again/* || { for f in "$file" again/*; do bsdtar -xOf "$f" .PKGINFO > "$(dirname "$f").info"; done; diff from.info again.info; exit 1; }
	rm -r again
done

# ---- scripts of a deb, called by pacman in a copy of this machine
needs_root
body() { printf 'echo "%s $*" >> /share/record\n' "$2"; }
for version in 1 2; do
	make_deb rec $version body preinst postinst prerm postrm
	"$SLUICE" --quiet convert share/rec_$version.deb --to pacman --output share --allow-lossy > paths
done
cp pacman.conf share/
in_root 'mkdir -p /var/lib/pacman-test /tmp/cache
	run() { pacman --config /share/pacman.conf --dbpath /var/lib/pacman-test --cachedir /tmp/cache --hookdir /tmp/cache --noconfirm "$@"; }
	run -U /share/rec-1-1-any.pkg.tar.zst; echo installed >> /share/record
	run -U /share/rec-2-1-any.pkg.tar.zst; echo upgraded >> /share/record
	[ -e /opt/rec/only-2 ]
	[ ! -e /opt/rec/only-1 ]
	run -R rec
	[ ! -e /opt/rec ]'
for call in 'preinst install' 'postinst configure' 'preinst upgrade' 'prerm remove' 'postrm remove'; do
	grep -q "^$call" share/record || { echo "not called: $call"; cat share/record; exit 1; }
done
sed -n '/^installed/q;p' share/record | grep -c . | finds -x 2
