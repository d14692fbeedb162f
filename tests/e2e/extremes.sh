# extremes.sh - packages at the edges of what the formats hold, deb to rpm and back, judged by the real dpkg and rpm: nothing in them, one
# symlink, very many entries; with SLUICE_FULL=1 200,000 entries, files over 4 GiB (dense and sparse), packages over 10 GiB, and what an
# ar member cannot hold. Memory stays bounded whatever the size.
# needs: root

. "$SOURCES/tests/e2e/_root.sh"
needs_root

# convert FILE TARGET DIR [OPTION]...: and nobody takes more than 512 MiB.
convert() {
	local file=$1 to=$2 dir=$3 most
	shift 3
	/usr/bin/time -f %M -o most "$SLUICE" --quiet convert "$file" --to "$to" --output "$dir" --allow-lossy "$@" > paths
	most=$(tail -n 1 most)
	[ "$most" -lt $((512 * 1024)) ] || { echo "$file to $to: $most KiB"; exit 1; }
}
refused() { # CODE COMMAND...
	local code=$1
	shift
	if "$SLUICE" --json convert "$@" > refused.json 2> refused.err; then
		echo "not refused: $*"
		exit 1
	fi
	[ "$(jq -r .error.code refused.json)" = "$code" ] || { cat refused.json; exit 1; }
}
control() { # DIR NAME
	mkdir -p "$1/DEBIAN"
	printf 'Package: %s\nVersion: 1.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: extreme\n' "$2" > "$1/DEBIAN/control"
}
spec() { # NAME FILES INSTALL: NAME.rpm by rpmbuild
	printf 'Name: %s\nVersion: 1.0\nRelease: 1\nSummary: extreme\nLicense: none\nBuildArch: noarch\n%%description\nextreme\n%%install\nmkdir -p %%{buildroot}\n%s\n%%files\n%s\n' "$1" "$3" "$2" > "$1.spec"
	rpmbuild --quiet --define "_topdir $WORK/rpm" --define "_rpmdir $WORK" --define "_binary_payload w1.zstdio" --define "_build_name_fmt $1.rpm" -bb "$1.spec" > rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
	rm -rf rpm
}
# Installs what is in share: the script runs between installing and removing.
with_deb() { in_root "dpkg -i --force-depends /share/it.deb; dpkg -V $1; $2; dpkg -P $1"; }
with_rpm() { in_root "rpm -i --nodeps --nosignature /share/it.rpm; rpm -V --nodeps $1; $2; rpm -e $1"; }

cat > house.yaml <<'HOUSE'
version: 1
limits: {output: 40GiB, ratio: 1000000}
targets:
  deb1: {format: deb, codec: "zstd:1"}
  deb-plain: {format: deb, codec: none}
  rpm1: {format: rpm, codec: "zstd:1"}
  rpm: {format: rpm}
HOUSE

# ---- nothing, and one symlink
control nothing nothing
dpkg-deb --root-owner-group -b nothing nothing.deb > /dev/null
spec nothing '' ''
control one one
mkdir -p one/opt
ln -s /usr/bin/env one/opt/one
dpkg-deb --root-owner-group -b one one.deb > /dev/null
spec one /opt/one 'mkdir %{buildroot}/opt; ln -s /usr/bin/env %{buildroot}/opt/one'
for name in nothing one; do
	[ $name = one ] && look='[ "$(readlink /opt/one)" = /usr/bin/env ]' || look=true
	for from in $name.deb $name.rpm; do
		convert $from rpm rpms
		mv rpms/*.rpm share/it.rpm
		with_rpm $name "$look; rpm -ql $name > /share/list"
		[ "$(grep -c '^/opt/one$' share/list)" = "$([ $name = one ] && echo 1 || echo 0)" ]
		convert share/it.rpm deb,tar.zst,pacman debs
		for tar in debs/*.tar.zst; do
			[ "$(tar --zstd -tf "$tar" | grep -c 'opt/one$')" = "$([ $name = one ] && echo 1 || echo 0)" ]
		done
		rm debs/*.tar.zst
		mv debs/*.deb share/it.deb
		with_deb $name "$look"
		convert share/it.deb deb debs # and its own payload once more
		mv debs/*.deb share/it.deb
		with_deb $name "$look"
	done
done

# ---- very many entries: files, folders and links
entries=5000
[ "${SLUICE_FULL:-0}" != 1 ] || entries=200000
control many many
python3 - $entries <<'MANY'
import hashlib, io, sys, tarfile
count = int(sys.argv[1])
tar = tarfile.open("data.tar", "w", format=tarfile.GNU_FORMAT)
def add(name, kind, mode, content=b"", link=""):
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.linkname, member.size, member.mtime, member.uname, member.gname = kind, mode, link, len(content), 1600000000, "root", "root"
    tar.addfile(member, io.BytesIO(content))
for name in (".", "./opt", "./opt/many"):
    add(name, tarfile.DIRTYPE, 0o755)
for i in range(count):
    folder = f"./opt/many/d{i // 500:04}"
    if i % 500 == 0:
        add(folder, tarfile.DIRTYPE, 0o755)
    if i % 10 == 9:
        add(f"{folder}/l{i:06}", tarfile.SYMTYPE, 0o777, link=f"f{i - 1:06}")
    else:
        add(f"{folder}/f{i:06}", tarfile.REGTYPE, 0o644, (f"{i}\n" + hashlib.sha256(str(i).encode()).hexdigest()).encode())
tar.close()
MANY
tar -C many/DEBIAN --owner=0 --group=0 -cJf control.tar.xz ./control
echo 2.0 > debian-binary
xz -1 -T0 data.tar
ar rc many.deb debian-binary control.tar.xz data.tar.xz
echo $entries > count
convert many.deb rpm1,tar.zst rpms --house house.yaml
convert rpms/many*.rpm deb1,pacman debs --house house.yaml
[ "$(rpm -qpl --nosignature rpms/many*.rpm | grep -c '/[fl][0-9]*$')" = "$(cat count)" ]
rpm2cpio rpms/many*.rpm | cpio -it --quiet | grep -c '/[fl][0-9]*$' > got
same count got
for tar in rpms/many*.tar.zst debs/many*.pkg.tar.zst; do
	tar --zstd -tf "$tar" | grep -c '/[fl][0-9]*$' > got
	same count got
done
listed() { dpkg-deb --fsys-tarfile "$1" | tar -tv --utc | awk '{ print $1, $2, $3, $6, $7, $8 }' | grep opt/many | sort; }
listed many.deb > listed.home
listed debs/many*.deb > listed.back
same listed.home listed.back
if [ "$entries" = 5000 ]; then
	cp rpms/many*.rpm share/it.rpm
	with_rpm many '[ "$(head -n 1 /opt/many/d0009/f004998)" = 4998 ]'
	cp debs/many*.deb share/it.deb
	with_deb many '[ "$(head -n 1 /opt/many/d0009/f004998)" = 4998 ]'
fi
rm -rf many* rpms debs data.tar.xz control.tar.xz

[ "${SLUICE_FULL:-0}" = 1 ] || { echo "SLUICE_FULL=1 adds files over 4 GiB and packages over 10 GiB"; exit 0; }
# ---- files over 4 GiB: a dense one, and one that is a hole with something at its end
control large large
mkdir -p large/opt/large
yes 'a line that is not all zero' | head -c 4400000000 > large/opt/large/dense || :
[ "$(stat -c %s large/opt/large/dense)" = 4400000000 ]
truncate -s 5G large/opt/large/sparse
echo end >> large/opt/large/sparse
echo small > large/opt/large/small
(cd large/opt/large && sha256sum dense sparse small) > sums
dpkg-deb --root-owner-group -Zzstd -z1 -b large large.deb > /dev/null
refused E_LIMIT_RATIO large.deb --to rpm --output no
convert large.deb rpm1 rpms --house house.yaml
convert rpms/large*.rpm deb1 debs --house house.yaml
[ "$(rpm -qp --nosignature --qf '[%{longfilesizes} ]%{longsize} %{longarchivesize}' rpms/large*.rpm | tr ' ' '\n' | sort -n | tail -n 1)" -gt 9768709120 ]
rpm -qp --nosignature --requires rpms/large*.rpm | finds 'rpmlib(LargeFiles)'
dpkg-deb --fsys-tarfile debs/large*.deb | tar -x --to-command='sha256sum | sed "s|-|${TAR_FILENAME##*/}|"' | sort > got
sort sums | diff - got
# The real rpm unpacks ours, and what rpmbuild packs (stripped members) after we took its payload as it is.
mkdir rpm-root
install_rpm() {
	rm -rf rpm-root && mkdir rpm-root
	rpm --root "$WORK/rpm-root" --dbpath /var/lib/rpm --nodeps --nosignature -i "$1"
	(cd rpm-root/opt/large && sha256sum -c --quiet "$WORK/sums")
	rm -rf rpm-root
}
install_rpm rpms/large*.rpm
rm -rf rpms debs
spec large /opt/large "mkdir %{buildroot}/opt; cp -a --sparse=always $WORK/large/opt/large %{buildroot}/opt/"
convert large.rpm rpm taken --house house.yaml
[ "$(rpm -qp --nosignature --qf '%{payloaddigest}' large.rpm)" = "$(rpm -qp --nosignature --qf '%{payloaddigest}' taken/*.rpm)" ]
install_rpm taken/*.rpm
convert large.rpm deb1 debs --house house.yaml
dpkg-deb --fsys-tarfile debs/large*.deb | tar -x --to-command='sha256sum | sed "s|-|${TAR_FILENAME##*/}|"' | sort | diff <(sort sums) -
rm -rf large large.deb large.rpm taken debs

# ---- a package over 10 GiB, whose file's size needs more than a tar header's octal digits
control giant giant
mkdir -p giant/opt/giant
truncate -s 11G giant/opt/giant/disk
echo end >> giant/opt/giant/disk
size=$(stat -c %s giant/opt/giant/disk)
dpkg-deb --root-owner-group -Zzstd -z1 -b giant giant.deb > /dev/null
tar -C giant -S --owner=0 --group=0 -czf giant.tar.gz opt
refused E_LIMIT_RATIO giant.deb --to rpm --output no
printf 'version: 1\nlimits: {output: 10GiB, ratio: 1000000}\n' > small.yaml
refused E_LIMIT_SIZE giant.deb --to rpm --house small.yaml --output no
convert giant.deb rpm1 rpms --house house.yaml
convert rpms/giant*.rpm deb1 debs --house house.yaml
convert giant.tar.gz deb1,rpm1 from-tar --house house.yaml --set name=giant --set version=1 --set architecture=noarch
[ "$(rpm -qp --nosignature --qf '%{longsize}' rpms/giant*.rpm)" = "$size" ]
rpmkeys -K --nosignature rpms/giant*.rpm
rpm -qp --nosignature --qf '[%{longfilesizes}\n]' rpms/giant*.rpm | finds -x "$size"
for deb in debs/giant*.deb from-tar/giant*.deb; do
	dpkg-deb -c "$deb" | finds " $size .*/opt/giant/disk$"
	[ "$(dpkg-deb --fsys-tarfile "$deb" | tar -xO ./opt/giant/disk | wc -c)" = "$size" ]
done
# A member of an ar ends at 9,999,999,999 bytes.
refused E_LIMIT_SIZE giant.deb --to deb-plain --house house.yaml --output no
[ ! -e no ]
