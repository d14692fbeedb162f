# Debian sources built by the real dpkg-source, and uploads: every file beside is compared; nothing else is read.
. "$SOURCES/tests/cli/_expect.sh"
export GNUPGHOME=$WORK/gpg
mkdir -m 700 gpg
gpg --batch --quiet --passphrase '' --quick-generate-key 'Packager <p@example.org>' ed25519 sign never 2> /dev/null
gpg --batch --quiet --export > ring.pgp

# A quilt source: an original with a debian/ of its own, which does not count; patches that are not applied.
mkdir -p s/hello-1.0/src s/hello-1.0/debian s/hello-1.0/debian/patches src
printf 'int main(void) { return 0; }\n' > s/hello-1.0/src/hello.c
printf 'upstream\n' > s/hello-1.0/debian/upstream-only
ln s/hello-1.0/src/hello.c s/hello-1.0/src/twin.c
tar --format=ustar -cJf src/hello_1.0.orig.tar.xz -C s hello-1.0
rm s/hello-1.0/debian/upstream-only
mkdir -p s/hello-1.0/debian/source
printf '3.0 (quilt)\n' > s/hello-1.0/debian/source/format
printf 'Source: hello\nMaintainer: Packager <p@example.org>\nHomepage: https://example.org\nStandards-Version: 4.6.2\nBuild-Depends: debhelper (>= 13)\n\nPackage: hello\nArchitecture: any\nDescription: says hello\n More.\n' > s/hello-1.0/debian/control
printf 'hello (2:1.0-3) unstable; urgency=medium\n\n  * Made.\n\n -- Packager <p@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n' > s/hello-1.0/debian/changelog
printf 'x.patch\n' > s/hello-1.0/debian/patches/series
printf -- '--- a/src/hello.c\n+++ b/src/hello.c\n@@ -1 +1 @@\n-int main(void) { return 0; }\n+int main(void) { return 1; }\n' > s/hello-1.0/debian/patches/x.patch
(cd src && dpkg-source -b ../s/hello-1.0 > /dev/null)
dsc=src/hello_1.0-3.dsc
expect 0 "$SLUICE" --json inspect "$dsc"
jq -e '.format == "dsc" and .package.name == "hello" and .package.version == "1.0" and .package.release == "3" and .package.epoch == 2' out > /dev/null || { jq .package out; exit 1; }
[ "$(jq -r '.entries[] | select(.type != "dir") | .path' out | tr '\n' ' ')" = '/debian/changelog /debian/control /debian/patches/series /debian/patches/x.patch /debian/source/format /src/hello.c /src/twin.c ' ] || { jq -r '.entries[].path' out; exit 1; }
jq -e '[.warnings[] | .code + " " + .where] | index("E_UNSUPPORTED debian/patches")' out > /dev/null
expect 0 "$SLUICE" convert "$dsc" --to tar.zst --output made --set prefix=/usr/src/hello
mkdir x
tar --zstd -xf made/hello*.tar.zst -C x
[ "$(cat x/usr/src/hello/src/hello.c)" = 'int main(void) { return 0; }' ]

refused() { # CODE FILE
	expect 3 "$SLUICE" --json inspect "$2"
	[ "$(jq -r .error.code out)" = "$1" ] || { cat out; exit 1; }
}
broken() { # a copy of the source to break
	rm -rf b
	cp -r src b
}
broken
rm b/hello_1.0.orig.tar.xz
refused E_MISMATCH b/hello_1.0-3.dsc
broken
printf x >> b/hello_1.0.orig.tar.xz
refused E_MISMATCH b/hello_1.0-3.dsc
broken
size=$(stat -c %s b/hello_1.0-3.debian.tar.xz)
printf X | dd of=b/hello_1.0-3.debian.tar.xz bs=1 seek=$((size - 1)) conv=notrunc status=none
expect 3 "$SLUICE" --json inspect b/hello_1.0-3.dsc
jq -e '.error.code | . == "E_DIGEST" or . == "E_CORRUPT" or . == "E_TRUNCATED"' out > /dev/null
broken
ln -sf /etc/passwd b/hello_1.0.orig.tar.xz
refused E_LINK_ESCAPE b/hello_1.0-3.dsc
broken
sed -i 's#hello_1.0.orig.tar.xz#../src/hello_1.0.orig.tar.xz#' b/hello_1.0-3.dsc
refused E_PATH_ESCAPE b/hello_1.0-3.dsc
broken
sed -i '/^Checksums-Sha256:/,/^[^ C]/{/^ /s/ \([0-9]*\) hello_1.0.orig/ 7 hello_1.0.orig/}' b/hello_1.0-3.dsc
refused E_MISMATCH b/hello_1.0-3.dsc
broken
sed -i '/^Checksums-Sha256:/,/^Files:/{/^Files:/!d}' b/hello_1.0-3.dsc
refused E_DIGEST_WEAK b/hello_1.0-3.dsc
broken
sed -i 's/^Format: .*/Format: 1.0/; s/debian.tar.xz/diff.gz/' b/hello_1.0-3.dsc
refused E_UNSUPPORTED b/hello_1.0-3.dsc

# Signed as debsign does it: the signature is in the file; what stands around it is refused.
gpg --batch --quiet --clearsign --digest-algo SHA512 --output src/signed.dsc "$dsc"
expect 0 "$SLUICE" --json inspect src/signed.dsc
jq -e '.signatures | length == 1 and .[0].source == "clear-signed"' out > /dev/null || { jq .signatures out; exit 1; }
expect 0 "$SLUICE" verify src/signed.dsc --keyring ring.pgp
sed 's/^Maintainer: Packager/Maintainer: Somebody/' src/signed.dsc > src/changed.dsc
expect 1 "$SLUICE" --json verify src/changed.dsc --keyring ring.pgp
jq -e '.error.code == "E_SIG_BAD"' out > /dev/null
{ cat src/signed.dsc; echo more; } > src/more.dsc
refused E_TRAILING_DATA src/more.dsc
expect 1 "$SLUICE" verify "$dsc" --keyring ring.pgp

# An upload: its packages are what is converted, each by itself.
mkdir up p1 p2
echo one > p1/one
echo two > p2/two
for n in 1 2; do
	"$SLUICE" --quiet convert p$n --to deb --output up --set name=up$n --set version=1 > /dev/null
done
echo not-a-package > up/notes.txt
(
	cd up
	printf 'Format: 1.8\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nSource: up\nArchitecture: all\nVersion: 1\nDistribution: unstable\nMaintainer: Packager <p@example.org>\nChanges:\n up (1) unstable\nChecksums-Sha256:\n'
	for f in *.deb notes.txt; do printf ' %s %s %s\n' "$(sha256sum < "$f" | cut -d' ' -f1)" "$(stat -c %s "$f")" "$f"; done
	printf 'Files:\n'
	for f in *.deb notes.txt; do printf ' %s %s misc optional %s\n' "$(md5sum < "$f" | cut -d' ' -f1)" "$(stat -c %s "$f")" "$f"; done
) > up/up_1_all.changes
expect 0 "$SLUICE" --json inspect up/up_1_all.changes
jq -e '.format == "changes" and (.entries | length == 3)' out > /dev/null || { jq 'del(.entries)' out; exit 1; }
expect 0 "$SLUICE" convert up/up_1_all.changes --to rpm --output rpms
[ "$(find rpms -name '*.rpm' | wc -l)" = 2 ]
echo changed > up/notes.txt
expect 3 "$SLUICE" --json convert up/up_1_all.changes --to rpm --output none
jq -e '.error.code == "E_MISMATCH" or .error.code == "E_DIGEST"' out > /dev/null
[ ! -e none ]
# Inside an archive there is nothing beside it.
tar -czf up.tar.gz up
printf 'version: 1\nproduct: up\nsource:\n  inner: "up/*.changes"\n' > r.yaml
expect 3 "$SLUICE" --json convert up.tar.gz --to deb --output none --recipe r.yaml
jq -e '.error.code == "E_LIMIT_DEPTH"' out > /dev/null
