# An unchanged payload is taken into the new package as it is: the same packed bytes behind a new header, installed and verified by the real
# dpkg and rpm. Where anything would change, or another reader could see something else in it, it is packed anew.
# needs: root

. "$SOURCES/tests/e2e/_root.sh"
needs_root
sluice() { "$SLUICE" --quiet convert "$@" --allow-lossy > paths; }

# ---- a tree with everything that both formats hold
mkdir -p tree/DEBIAN tree/opt/app/bin tree/etc/app tree/opt/app/empty
for i in $(seq 400); do echo "line $i of a file that packs well"; done > tree/opt/app/data
ln tree/opt/app/data tree/opt/app/z-data
ln -s data tree/opt/app/link
printf '#!/bin/sh\nexit 0\n' > tree/opt/app/bin/run
chmod 4755 tree/opt/app/bin/run
echo setting > tree/etc/app/app.conf
find tree -exec touch -h -d @1600000000 {} +
printf 'Package: app\nVersion: 1.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: all kinds\n' > tree/DEBIAN/control
echo /etc/app/app.conf > tree/DEBIAN/conffiles
(cd tree && find opt etc -type f -exec md5sum {} + > DEBIAN/md5sums)
for codec in xz zstd; do dpkg-deb --root-owner-group -Z$codec -b tree $codec.deb > /dev/null; done

cat > app.spec <<'SPEC'
Name: app
Version: 1.0
Release: 1
Summary: all kinds
License: none
BuildArch: noarch
%description
all kinds
%install
cp -a %{source_tree}/opt %{source_tree}/etc %{buildroot}/
%files
%config(noreplace) /etc/app/app.conf
%dir /etc/app
/opt/app
%ghost /opt/app/ghost
SPEC
sed -i 's/^cp -a.*/&\ntouch %{buildroot}\/opt\/app\/ghost/' app.spec
for codec in xz:w2.xzdio zstd:w19.zstdio gzip:w9.gzdio; do
	rpmbuild --quiet --define "source_tree $WORK/tree" --define "_topdir $WORK/rpm" --define "_rpmdir $WORK" --define "_binary_payload ${codec#*:}" \
		--define "_build_name_fmt ${codec%:*}.rpm" -bb app.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
done

cat > house.yaml <<'HOUSE'
version: 1
targets:
  deb-zstd: {format: deb, codec: zstd}
  rpm-xz: {format: rpm, codec: xz}
  rpm-gzip: {format: rpm, codec: gzip}
  rpm-leveled: {format: rpm, codec: "zstd:19"}
HOUSE

data_of() { ar p "$1" "$(ar t "$1" | grep '^data')"; }
packed() { # FILE: the packed payload's sha256
	case $1 in
	*.deb) data_of "$1" | sha256sum | cut -d' ' -f1 ;;
	*.rpm) rpmkeys -K --nosignature "$1" > /dev/null && rpm -qp --nosignature --qf '%{payloaddigest}' "$1" ;;
	esac
}
is_taken() { [ "$(packed "$1")" = "$(packed "$2")" ] || { echo "$2 does not hold the payload of $1"; exit 1; }; }
is_packed() { [ "$(packed "$1")" != "$(packed "$2")" ] || { echo "$2 holds the payload of $1"; exit 1; }; }

# ---- taken: xz is deb's own, zstd rpm's
for case in xz.deb:deb zstd.deb:deb-zstd zstd.rpm:rpm xz.rpm:rpm-xz gzip.rpm:rpm-gzip; do
	from=${case%:*} to=${case#*:}
	sluice "$from" --to "$to" --house house.yaml --output "taken-$from"
	is_taken "$from" taken-"$from"/*
	sluice "$from" --to "$to" --house house.yaml --output again
	cmp again/* taken-"$from"/*
	rm -r again
	# Packed at a level, it says and loses the same.
	[ "$from" != gzip.rpm ] || continue
	codec=${from%.*}
	"$SLUICE" --json convert "$from" --to "$to" --house house.yaml --output again | jq -S .lost > lost-taken
	sed "s/codec: $codec}/codec: \"$codec:3\"}/; s/{format: deb}/{format: deb, codec: \"xz:3\"}/" house.yaml > leveled.yaml
	printf '  deb: {format: deb, codec: "xz:3"}\n  rpm: {format: rpm, codec: "zstd:3"}\n' >> leveled.yaml
	"$SLUICE" --json convert "$from" --to "$to" --house leveled.yaml --output packed | jq -S .lost > lost-packed
	is_packed "$from" packed/*
	cmp lost-taken lost-packed
	rm -r again packed
done
dpkg-deb -I taken-xz.deb/*.deb md5sums > md5sums
[ "$(wc -l < md5sums)" = 4 ]

# ---- installed, verified, the same as the vendor's own
cp xz.deb share/home.deb
cp taken-xz.deb/*.deb share/taken.deb
cp zstd.rpm share/home.rpm
cp taken-zstd.rpm/*.rpm share/taken.rpm
look='find /opt/app /etc/app \( -type d -printf "%p %y %m %u %g\n" -o -printf "%p %y %m %u %g %s %n %T@ %l\n" \) | sort; md5sum /opt/app/data /etc/app/app.conf'
for which in home taken; do
	in_root "dpkg -i /share/$which.deb; dpkg -V app; { $look; dpkg-query -f '\${Conffiles}\n' -W app; } > /share/$which.deb.seen; dpkg -P app; [ ! -e /opt/app ]"
	in_root "rpm -i --nodeps --nosignature /share/$which.rpm; rpm -V --nodeps app; { $look; rpm -q --qf '[%{filenames} %{filemodes} %{fileflags} %{filenlinks} %{filemtimes}\n]' app; } > /share/$which.rpm.seen; rpm -e app; [ ! -e /opt/app ]"
done
[ "$(wc -l < share/home.deb.seen)" -gt 10 ]
same share/home.deb.seen share/taken.deb.seen
same share/home.rpm.seen share/taken.rpm.seen

# ---- packed anew: another codec, a level, a rule
sluice zstd.deb --to deb --output other-codec
is_packed zstd.deb other-codec/*
sluice zstd.rpm --to rpm-leveled --house house.yaml --output level
is_packed zstd.rpm level/*
[ "$(rpm -qp --nosignature --qf '%{payloadflags}' level/*.rpm)" = 19 ]
printf 'version: 1\nproduct: app\nsource: {}\nfiles:\n  - match: /opt/app/data\n    mode: "0600"\n' > recipe.yaml
sluice xz.deb --to deb --recipe recipe.yaml --output rule
is_packed xz.deb rule/*
dpkg-deb -c rule/*.deb | finds '^-rw------- .*/opt/app/data$'

# ---- and what shows only while it is read: times after SOURCE_DATE_EPOCH, missing folders, a tar that dpkg would not read, several streams
SOURCE_DATE_EPOCH=1500000000 sluice xz.deb --to deb --output clamped
is_packed xz.deb clamped/*
[ "$(data_of clamped/*.deb | tar -tvJ --utc | grep -c ' 2017-07-14 ')" -ge 8 ]
SOURCE_DATE_EPOCH=1700000000 sluice xz.deb --to deb --output unclamped
is_taken xz.deb unclamped/*
by_hand() { # NAME TAR-OPTION...: the same deb with a data.tar made otherwise
	local name=$1
	shift
	mkdir by-hand
	(cd by-hand && ar x ../xz.deb && tar -C ../tree --owner=0 --group=0 -cJf data.tar.xz "$@" && ar rc "../$name.deb" debian-binary control.tar.xz data.tar.xz)
	rm -r by-hand
}
by_hand plain --format=gnu ./opt ./etc
by_hand pax --format=pax ./opt ./etc
by_hand no-folders --format=gnu --no-recursion ./opt/app/data ./opt/app/z-data ./etc/app/app.conf
by_hand absolute --format=gnu --transform='s,^./,/./,' -P ./opt ./etc
mkdir by-hand
(cd by-hand && ar x ../xz.deb && xz -d data.tar.xz && split -b 4096 data.tar part. && cat part.* > /dev/null && for part in part.*; do xz -c "$part"; done > data.tar.xz &&
	ar rc ../streams.deb debian-binary control.tar.xz data.tar.xz)
sluice plain.deb --to deb --output odd-plain
is_taken plain.deb odd-plain/*
for name in pax no-folders absolute streams; do
	sluice $name.deb --to deb --output "odd-$name"
	is_packed $name.deb "odd-$name"/*
	cp "odd-$name"/*.deb share/odd.deb
	in_root 'dpkg -i /share/odd.deb && dpkg -V app && [ "$(stat -c %h /opt/app/data)" = 2 ]'
done

# ---- every byte is checked all the same
cp xz.deb broken.deb
at=$(($(stat -c %s xz.deb) - 200))
printf '\377' | dd of=broken.deb bs=1 seek=$at conv=notrunc status=none
if "$SLUICE" convert broken.deb --to deb --output broken > out 2> err; then exit 1; else [ $? = 3 ]; fi
[ ! -e broken ]
sed -i 's/^./f/' tree/DEBIAN/md5sums
dpkg-deb --root-owner-group -b tree lying.deb > /dev/null
if "$SLUICE" convert lying.deb --to deb --output lying > out 2> err; then exit 1; else [ $? = 3 ]; fi
grep -q 'the package promises f' err
