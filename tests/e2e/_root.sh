# _root.sh - sourced by end-to-end tests: a throw-away copy of this machine, and packages whose scripts write down how they were called.

# in_root SCRIPT: sh in a throw-away copy of this machine; what it leaves in $WORK/share stays. Its output: in_root.log.
mkdir -p share root
cat > enter <<'ENTER'
set -eu
mount --make-rprivate /
mount -t tmpfs root "$1/root"
mkdir "$1/root/upper" "$1/root/work" "$1/root/all"
mount -t overlay all -o "lowerdir=/,upperdir=$1/root/upper,workdir=$1/root/work" "$1/root/all"
mount --bind /dev "$1/root/all/dev"
mount -t proc proc "$1/root/all/proc"
mkdir -p "$1/root/all/share"
mount --bind "$1/share" "$1/root/all/share"
exec chroot "$1/root/all" /bin/sh -eu -c "$2"
ENTER
# Real packages' scripts stop and signal things: no process, network or name of this machine is in their reach.
in_root() { unshare -m -p -f -n -i -u --kill-child sh enter "$WORK" "$1" > in_root.log 2>&1 || { cat in_root.log; return 1; }; }
needs_root() { in_root true || skip "no mount namespace with an overlay over this machine"; }

same() { # HOME OTHER
	diff -u "$1" "$2" || { echo "$2 differs from $1"; return 1; }
}
record() { # NAME SCRIPT: runs it in a fresh root, keeps the record
	rm -f share/record
	in_root "$2"
	mv share/record "$1"
}

# make_deb NAME VERSION BODY SCRIPT...: share/NAME_VERSION.deb, made by Debian's own tools; `BODY VERSION SCRIPT` prints a script's text.
make_deb() {
	local name=$1 version=$2 body=$3 dir=deb-$1-$2 script
	shift 3
	mkdir -p "$dir/DEBIAN" "$dir/opt/$name"
	echo "$version" > "$dir/opt/$name/only-$version"
	printf 'Package: %s\nVersion: %s-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: records\n' "$name" "$version" > "$dir/DEBIAN/control"
	for script; do
		{ echo '#!/bin/sh'; echo '# on purge, too'; "$body" "$version" "$script"; } > "$dir/DEBIAN/$script"
		chmod 755 "$dir/DEBIAN/$script"
	done
	dpkg-deb --root-owner-group -b "$dir" "share/${name}_$version.deb" > /dev/null
}

# make_rpm NAME VERSION BODY SCRIPT...: share/NAME_VERSION.rpm, made by rpmbuild; SCRIPT without its %.
make_rpm() {
	local name=$1 version=$2 body=$3 dir=rpm-$1-$2 script
	shift 3
	mkdir -p "$dir"
	{
		printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: records\nLicense: none\nBuildArch: noarch\n%%description\nrecords\n' "$name" "$version"
		printf '%%install\nmkdir -p %%{buildroot}/opt/%s\necho %s > %%{buildroot}/opt/%s/only-%s\n%%files\n/opt/%s\n' "$name" "$version" "$name" "$version" "$name"
		for script; do
			printf '%%%s\n' "$script"
			"$body" "$version" "%$script" | sed 's/%/%%/g'
		done
	} > "$dir/it.spec"
	rpmbuild --quiet --define "_topdir $WORK/$dir" --define "_rpmdir $WORK/share" --define "_build_name_fmt ${name}_%%{VERSION}.rpm" -bb "$dir/it.spec" > rpmbuild.log 2>&1 || { cat rpmbuild.log; return 1; }
}
