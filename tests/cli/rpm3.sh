# rpm3.sh - packages of format 3 (rpm 3.0) and source packages: read as strictly as the others; rpm itself says the same of them.
make3() { python3 "$SOURCES/tests/cli/rpm3.py" "$@"; }

make3 old.rpm old
[ "$(rpm -qp --qf '%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH}' old.rpm 2> err)" = "old 3:1.0-2 i386" ]
grep -q 'v3' err
"$SLUICE" inspect --json old.rpm > out
jq -e '.package | .name == "old" and .epoch == 3 and .version == "1.0" and .release == "2" and .architecture == "i386"' out > /dev/null
jq -e '[.warnings[].code] | contains(["E_UNSIGNED_TAGS", "E_DIGEST_WEAK"])' out > /dev/null
jq -e '[.entries[].path] == ["/etc/old.conf", "/opt/old", "/opt/old/link", "/opt/old/tool"]' out > /dev/null
jq -e '.entries[0] | .flags == ["config"] and .mode == "0640" and .size == 6' out > /dev/null
jq -e '[.package.relations[] | "\(.kind) \(.text)"] == ["pre-requires /bin/sh", "requires libold >= 2:1.5-1", "provides old-role"]' out > /dev/null
jq -e '.package.scripts[0].source == "%post"' out > /dev/null

# What comes out is of today: real dpkg and rpm take it.
"$SLUICE" convert --quiet old.rpm --to deb,rpm --output new > /dev/null 2>&1
[ "$(dpkg-deb -f new/old_1.0-2_i386.deb Depends)" = "libold (>= 2:1.5-1)" ]
rpm -K --nosignature new/old-1.0-2.i386.rpm > /dev/null
rpm -qp new/old-1.0-2.i386.rpm 2> err
[ ! -s err ]

# Damage is told by what old packages have: size and MD5.
for case in bad-md5:E_DIGEST big-size:E_TRUNCATED path:E_METADATA; do
	make3 bad.rpm old "${case%:*}"
	status=0
	"$SLUICE" inspect --json bad.rpm > out 2> err || status=$?
	[ "$status" = 3 ]
	jq -e --arg code "${case#*:}" '.error.code == $code' out > /dev/null
done

# A source package: flat names, what it needs to be built; nothing to convert.
make3 old.src.rpm old source
[ "$(rpm -qpl old.src.rpm 2> err | tr '\n' ' ')" = "old.spec old-1.0.tar.gz " ]
"$SLUICE" inspect --json old.src.rpm > out
jq -e '[.entries[].path] | sort == ["/old-1.0.tar.gz", "/old.spec"]' out > /dev/null
jq -e '.package | .relations == [] and .fields.sourcepackage == "1" and .fields.buildrequires == "/bin/sh, libold >= 2:1.5-1"' out > /dev/null
status=0
"$SLUICE" convert --json old.src.rpm --to deb --output none > out 2> err || status=$?
[ "$status" = 3 ]
jq -e '.error.code == "E_UNSUPPORTED" and (.error.text | contains("source rpm"))' out > /dev/null
grep -q 'build it first' err || jq -e '.error.hint | contains("build it first")' out > /dev/null
[ ! -e none ]
make3 bad.src.rpm old source path
status=0
"$SLUICE" inspect --json bad.src.rpm > out 2> err || status=$?
[ "$status" = 3 ]
