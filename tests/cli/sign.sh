# sign and verify: in place by rename, all or none, never with the release key; the usual tools agree.
. "$SOURCES/tests/cli/_expect.sh"
. "$SOURCES/tools/people.sh"
new_key "$WORK/acme" "acme <acme@example.org>"
new_key "$WORK/other" "other <other@example.org>"
gpg --homedir acme --batch --armor --export > acme.asc 2> /dev/null
gpg --homedir other --batch --armor --export > other.asc 2> /dev/null
key=$(fingerprint "$WORK/acme")
fresh() { cp "$SOURCES/tests/data/fidelity/full.deb" a.deb; cp "$SOURCES/tests/data/fidelity/full.rpm" 'b c.rpm'; }
fresh

# One that cannot be signed: none is.
echo text > noise
expect 3 "$SLUICE" --json sign a.deb 'b c.rpm' noise --key "$key" --home acme
jq -e '.error.file == "noise" and .error.code == "E_UNKNOWN_FORMAT"' out > /dev/null
cmp a.deb "$SOURCES/tests/data/fidelity/full.deb"
expect 2 "$SLUICE" sign a.deb --home acme
expect 2 "$SLUICE" sign a.deb --key "$(fingerprint "$WORK/other")" --home acme
cmp a.deb "$SOURCES/tests/data/fidelity/full.deb"

expect 0 "$SLUICE" --json sign a.deb 'b c.rpm' --key "$key" --home acme
jq -e --arg key "$key" '[.signed[].path] == ["a.deb", "b c.rpm"] and all(.signed[]; .key == $key)' out > /dev/null
[ "$(jq -r '.signed[0].sha256' out)" = "$(sha256sum a.deb | cut -d ' ' -f 1)" ]
[ -z "$(find . -maxdepth 1 -name '.?*')" ]
mkdir rpmdb ar
rpmkeys --define "_dbpath $WORK/rpmdb" --import acme.asc
rpmkeys --define "_dbpath $WORK/rpmdb" --define '_pkgverify_level all' -K 'b c.rpm'
(cd ar && ar x ../a.deb && cat debian-binary control.tar.* data.tar.* | gpg --homedir ../acme --batch --verify _gpgorigin - 2> /dev/null)
for file in a.deb 'b c.rpm'; do
	expect 0 "$SLUICE" --json inspect "$file"
	jq -e --arg key "$key" '[.signatures[] | select(.kind == "openpgp" and .key == $key and .status == "not-checked")] | length == 1' out > /dev/null
	expect 0 "$SLUICE" --json verify "$file" --keyring acme.asc
	jq -e --arg key "$key" '.fingerprint == $key' out > /dev/null
	expect 1 "$SLUICE" --json verify "$file" --keyring other.asc
	jq -e '.error.code == "E_SIG_UNTRUSTED"' out > /dev/null
done

# A pacman package and a plain archive get a file beside them; an apk's signature is no OpenPGP one.
expect 0 "$SLUICE" --quiet convert "$SOURCES/tests/data/vendor-tool-1.0-1.noarch.rpm" --to pacman,apk,tar.zst --output made --allow-lossy
pacman=$(echo made/*.pkg.tar.zst) apk=$(echo made/*.apk) plain=$(echo made/vendor-tool-1.0-1.noarch.tar.zst)
sha256sum "$pacman" "$plain" > before
expect 0 "$SLUICE" --json sign "$pacman" "$plain" --key "$key" --home acme
jq -e '[.signed[].format] == ["pacman", "tar"] and all(.signed[]; .signature == .path + ".sig")' out > /dev/null
sha256sum --quiet -c before
for file in "$pacman" "$plain"; do
	gpg --homedir acme --batch --verify "$file.sig" "$file" 2> /dev/null
	expect 0 "$SLUICE" verify "$file" --keyring acme.asc --signature "$file.sig"
done
expect 3 "$SLUICE" --json sign "$apk" --key "$key" --home acme
jq -e '.error.code == "E_UNSUPPORTED"' out > /dev/null

# Without --home: where gpg itself looks.
fresh
expect 0 env GNUPGHOME="$WORK/acme" "$SLUICE" sign a.deb --key "$key"
expect 2 env -u GNUPGHOME HOME="$WORK/nobody" "$SLUICE" sign 'b c.rpm' --key "$key"

# The release key lets out; it signs no package.
expect 0 "$SLUICE" --quiet --store store init
expect 2 "$SLUICE" --store store sign a.deb --key "$(fingerprint "$WORK/store/keys/release")" --home store/keys/release
grep -q 'is the release key' err
fresh
expect 0 "$SLUICE" --store store sign a.deb --key "$(fingerprint "$WORK/store/keys/package")" --home store/keys/package

# The forms of verify: detached, a signed list, a list signed in the clear.
fresh
sign_detached acme a.deb
expect 0 "$SLUICE" verify a.deb --keyring acme.asc --signature a.deb.asc
sha256sum a.deb > SUMS
gpg --homedir acme --batch --clearsign --output SUMS.clear SUMS 2> /dev/null
sign_detached acme SUMS
expect 0 "$SLUICE" verify a.deb --keyring acme.asc --checksums SUMS --signature SUMS.asc
expect 0 "$SLUICE" verify a.deb --keyring acme.asc --checksums SUMS.clear
expect 1 "$SLUICE" verify a.deb --keyring acme.asc --checksums SUMS
echo >> a.deb
expect 1 "$SLUICE" --json verify a.deb --keyring acme.asc --signature a.deb.asc
jq -e '.error.code == "E_SIG_BAD"' out > /dev/null
expect 1 "$SLUICE" --json verify a.deb --keyring acme.asc --checksums SUMS --signature SUMS.asc
jq -e '.error.code == "E_DIGEST"' out > /dev/null
expect 1 "$SLUICE" --json verify 'b c.rpm' --keyring acme.asc
jq -e '.error.code == "E_SIG_MISSING"' out > /dev/null
expect 2 "$SLUICE" verify a.deb --signature a.deb.asc

# A batch: several signers side by side, every file once; one that cannot be signed: none is.
mkdir batch
for i in $(seq 20); do cp "$SOURCES/tests/data/fidelity/full.rpm" "batch/$i.rpm"; cp "$SOURCES/tests/data/fidelity/full.deb" "batch/$i.deb"; done
cp noise batch/noise
expect 3 "$SLUICE" sign batch/* --key "$key" --home acme --signers 3
for i in $(seq 20); do cmp "batch/$i.rpm" "$SOURCES/tests/data/fidelity/full.rpm"; done
rm batch/noise
expect 0 "$SLUICE" --json sign batch/* --key "$key" --home acme --signers 3
jq -e '[.signed[].path] | length == 40 and . == sort' out > /dev/null
[ "$(jq -r '.signed[39].sha256' out)" = "$(sha256sum "$(jq -r '.signed[39].path' out)" | cut -d ' ' -f 1)" ]
[ "$(rpmkeys --define "_dbpath $WORK/rpmdb" --define '_pkgverify_level all' -K batch/*.rpm | grep -c 'digests signatures OK')" = 20 ]
for i in 1 20; do expect 0 "$SLUICE" verify "batch/$i.deb" --keyring acme.asc; done
[ "$(find batch | wc -l)" = 41 ]
expect 2 "$SLUICE" sign batch/1.rpm batch/../batch/1.rpm --key "$key" --home acme
grep -q 'given twice' err
expect 2 "$SLUICE" sign batch/1.rpm --key "$key" --home acme --signers 9
expect 2 "$SLUICE" sign batch/1.rpm --key "$key" --home acme --signers x
