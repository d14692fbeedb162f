# _rpmroot.sh - sourced by end-to-end tests: a small system of rpm's kind, put together from what this machine has.

# with_libraries TREE PROGRAM...: copies programs and the libraries that they load.
with_libraries() {
	local tree=$1 program file
	shift
	for program; do
		for file in "$(realpath "$program")" $(ldd "$program" | grep -o '/[^ ]*'); do
			mkdir -p "$tree$(dirname "$file")"
			cp -n "$(realpath "$file")" "$tree$file"
		done
		[ -e "$tree/usr/bin/$(basename "$program")" ] || cp "$(realpath "$program")" "$tree/usr/bin/$(basename "$program")"
	done
}

# make_rpm_root TREE: busybox and rpm, with a database in which a package "mini" owns them.
make_rpm_root() {
	local tree=$1 applet
	mkdir -p "$tree"/{etc,usr/bin,usr/sbin,usr/lib,usr/lib64,var/lib/rpm,var/log,proc,sys,dev,run,tmp,root}
	ln -s usr/bin "$tree/bin"
	ln -s usr/sbin "$tree/sbin"
	ln -s usr/lib "$tree/lib"
	ln -s usr/lib64 "$tree/lib64"
	with_libraries "$tree" "$(command -v rpm)" "$(command -v busybox)"
	for applet in sh cat ls find id true false sed grep cp mv rm mkdir ln chmod sleep ps; do
		ln -s busybox "$tree/usr/bin/$applet"
	done
	cp -r /usr/lib/rpm "$tree/usr/lib/"
	printf 'ID=mini\nVERSION_ID=9\nPRETTY_NAME="Mini 9"\n' > "$tree/etc/os-release"
	printf 'root:x:0:0::/root:/bin/sh\n' > "$tree/etc/passwd"
	printf 'root:x:0:\n' > "$tree/etc/group"
	mkdir -p "$tree/usr/lib/rpm/macros.d"
	echo '%_dbpath /var/lib/rpm' > "$tree/usr/lib/rpm/macros.d/macros.mini"
	printf 'Name: mini\nVersion: 9\nRelease: 1\nSummary: the system\nLicense: none\nBuildArch: noarch\nProvides: /bin/sh\n%%description\nx\n%%files\n' > mini.spec
	rpmbuild --quiet --define "_topdir $WORK/mini" --define "_rpmdir $WORK" --define '_build_name_fmt mini.rpm' -bb mini.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; return 1; }
	rpm --root "$PWD/$tree" --force-debian --dbpath /var/lib/rpm -i mini.rpm
}
