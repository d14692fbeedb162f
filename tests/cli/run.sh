# Self-extracting scripts made by the real makeself: read without being run, to the byte, whatever they are packed with.
. "$SOURCES/tests/cli/_expect.sh"
mkdir -p in/bin
printf '#!/bin/sh\ntouch /tmp/sluice-ran-a-vendors-script\n' > in/setup.sh
printf 'data\n' > in/bin/data
chmod 755 in/setup.sh
ln -s data in/bin/link
rm -f /tmp/sluice-ran-a-vendors-script
codes() { jq -r '[.warnings[].code] | unique | join(" ")' out; }

for way in gzip bzip2 xz zstd nocomp base64; do
	makeself --quiet --$way --sha256 in $way.run "Acme \$(touch /tmp/sluice-ran-a-vendors-script) agent" ./setup.sh --now > /dev/null
	expect 0 "$SLUICE" --json inspect $way.run
	jq -e '.format == "run" and ([.entries[].path] == ["/bin/data", "/bin/link", "/setup.sh"])' out > /dev/null
	[ "$(codes)" = E_SCRIPT_REVIEW ]
	jq -e 'any(.warnings[]; .where == "./setup.sh" and (.text | test("would run .\\./setup\\.sh --now")))' out > /dev/null
done
expect 0 "$SLUICE" --json convert gzip.run --to deb,rpm --output made --set name=acme --set version=1 --set prefix=/opt/acme
dpkg-deb --fsys-tarfile made/acme_1*_all.deb | tar -xOf - ./opt/acme/bin/data | cmp - in/bin/data
jq -e '[.lost[].what] | any(startswith("field:installer-script"))' out > /dev/null

# Weak checksums, and none, are told.
makeself --quiet in weak.run label ./setup.sh > /dev/null
expect 0 "$SLUICE" --json inspect weak.run
[ "$(codes)" = 'E_DIGEST_WEAK E_SCRIPT_REVIEW' ]

# A password is none of ours; a byte changed, added or taken is seen.
refused() { # CODE FILE
	expect 3 "$SLUICE" --json inspect "$2"
	[ "$(jq -r .error.code out)" = "$1" ] || { cat out; exit 1; }
}
makeself --quiet --ssl-encrypt --ssl-passwd secret in locked.run label ./setup.sh > /dev/null 2>&1
refused E_ENCRYPTED locked.run
size=$(stat -c %s nocomp.run)
sed 's/^touch /Touch /' nocomp.run > one.run
refused E_DIGEST one.run
head -c $((size - 1)) nocomp.run > short.run
refused E_TRUNCATED short.run
{ cat nocomp.run; printf X; } > long.run
refused E_TRAILING_DATA long.run
sed 's/^filesizes="[0-9]*"/filesizes="1024"/' nocomp.run > lie.run
refused E_TRAILING_DATA lie.run
sed '0,/^label=.*/s//label="one"\nlabel="two"/' gzip.run > two.run
refused E_AMBIGUOUS two.run
# A line put into the text moves the archive; its size and its SHA-256 still name it.
sed '2i echo injected' gzip.run > moved.run
expect 0 "$SLUICE" --json inspect moved.run
[ "$(codes)" = 'E_MISMATCH E_SCRIPT_REVIEW' ]

# Hand-made ones: marker, line, byte; and what is behind them must be a tar.
tar -czf in.tgz -C in .
for text in 'sed -e "1,/^__ARCHIVE_BELOW__$/d" "$0" | tar xz; exit' "N=\$(awk '/^__ARCHIVE_BELOW__\$/ {print NR + 1; exit 0}' \"\$0\"); tail -n +\$N \"\$0\" | tar xz; exit" \
	'tail -n +4 "$0" | tar xz; exit'; do
	{ printf '#!/bin/sh\n%s\n__ARCHIVE_BELOW__\n' "$text"; cat in.tgz; } > own.run
	expect 0 "$SLUICE" --json inspect own.run
	jq -e '.entries | length == 4' out > /dev/null
	[ "$(codes)" = 'E_DIGEST_WEAK E_SCRIPT_REVIEW' ]
done
{ printf '#!/bin/sh\ntail -n +3 "$0" | sh\n'; echo 'echo no tar'; } > none.run
refused E_UNSUPPORTED none.run
printf '#!/bin/sh\n# This is a shell archive (shar)\nuudecode <<X\nX\n' > x.shar
refused E_UNSUPPORTED x.shar
grep -q 'shell archive (shar)' err
grep -q 'sluice capture' err
[ ! -e /tmp/sluice-ran-a-vendors-script ]
