# recipe check: every finding of tests/data/lint with its place, exit codes, JSON; recipe new: what it writes is whole.
. "$SOURCES/tests/cli/_expect.sh"
cp -r "$SOURCES/tests/data/lint" lint
chmod -x lint/scripts/plain.sh lint/scripts/mode.sh
chmod +x lint/scripts/make-user.sh lint/scripts/ruby.rb

# Each file says what is wrong with it: nothing more, nothing less.
check_one() { # NAME.yaml
	local got=0 with want
	with=$(sed -n 's/^# with //p' "$1")
	want=$(grep -cE '^# (error|warning) ' "$1" || true)
	"$SLUICE" recipe check "$1" ${with:+"$SOURCES/tests/data/$with"} > out 2> err || got=$?
	if grep -q '^# error ' "$1"; then [ "$got" = 2 ]; else [ "$got" = 0 ]; fi || { echo "$1: exit $got"; cat out err; exit 1; }
	while read -r _ severity place text; do
		grep -qF "$1:$place: $severity: " out || { echo "$1: no $severity at $place"; cat out; exit 1; }
		grep -F "$1:$place: $severity: " out | grep -F -- "$text" || { echo "$1: not told at $place: $text"; cat out; exit 1; }
	done < <(grep -E '^# (error|warning) ' "$1")
	[ "$(wc -l < out)" = "$want" ] || { echo "$1: wants $want findings"; cat out; exit 1; }
}
cd lint
for one in *.yaml; do
	case $one in house.yaml) continue ;; esac
	check_one "$one"
done
cd ..

# The schema's own errors have a place, too, and JSON tells all.
printf 'version: 1\nproduct: x\nfilez: []\n' > r.yaml
expect 2 "$SLUICE" --json recipe check r.yaml
jq -e '.error.text | startswith("r.yaml:3:1: unknown key")' out > /dev/null
expect 2 "$SLUICE" --json recipe check lint/words.yaml
jq -e '(.findings | length) == 8 and (.error.text | startswith("lint/words.yaml:")) and all(.findings[]; .line > 0 and .column > 0 and (.text | length) > 0)' out > /dev/null
expect 0 "$SLUICE" --json recipe check lint/clean.yaml
jq -e '.findings == []' out > /dev/null
expect 2 "$SLUICE" recipe check nothing-there.yaml
expect 2 "$SLUICE" recipe check lint/clean.yaml --house nothing-there.yaml
expect 3 "$SLUICE" recipe check lint/clean.yaml /etc/passwd
expect 2 "$SLUICE" recipe check
expect 2 "$SLUICE" recipe check a b c

# recipe new: check likes what it writes, and it converts as it stands.
deb=$SOURCES/tests/data/fidelity/full.deb rpm=$SOURCES/tests/data/fidelity/full.rpm
whole() { # FILE TARGETS: leaves the recipe in new.yaml
	rm -rf new.yaml made
	expect 0 "$SLUICE" recipe new "$1" --output new.yaml
	[ "$(cat out)" = new.yaml ]
	expect 0 "$SLUICE" recipe check new.yaml "$1"
	[ ! -s out ] || { echo "findings in a new recipe"; cat new.yaml out; exit 1; }
	expect 0 "$SLUICE" --quiet convert "$1" --to "$2" --output made --recipe new.yaml
}
has() { grep -qxF -- "$1" new.yaml || { echo "not in the recipe: $1"; cat new.yaml; exit 1; }; }
whole "$deb" deb
has "  version: '{vendor.version}'"
whole "$rpm" rpm
# What deb loses of it stands there to be accepted.
expect 0 "$SLUICE" --json convert "$rpm" --to deb --output made --recipe new.yaml --allow-lossy
[ "$(grep -cE "^#   - .*   # deb: " new.yaml)" = "$(jq '[.lost[] | select(.class == "behaviour")] | length' out)" ]
expect 2 "$SLUICE" recipe new "$deb" --output new.yaml
grep -q 'new.yaml is there already' err
expect 4 "$SLUICE" recipe new nothing-there
expect 3 "$SLUICE" recipe new /etc/passwd
expect 0 "$SLUICE" recipe new "$deb"
grep -q '^version: 1$' out
expect 0 "$SLUICE" --json recipe new "$deb"
jq -e '.recipe == null and (.text | contains("product: "))' out > /dev/null

# A plain archive in one folder goes to /opt, its configuration is kept, its commands are found, the version is in its name.
mkdir -p a/acme-agent-4.2.0/{bin,etc,doc}
printf '#!/bin/sh\n' > a/acme-agent-4.2.0/bin/acme-agent
chmod 755 a/acme-agent-4.2.0/bin/acme-agent
echo x > a/acme-agent-4.2.0/etc/agent.conf
echo x > "a/acme-agent-4.2.0/etc/it's [odd].conf"
echo x > a/acme-agent-4.2.0/doc/agent.pdb
printf '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n' > a/acme-agent-4.2.0/acme-agent.service
tar -czf acme-agent-4.2.0-linux-x86_64.tar.gz -C a .
tar -cf acme-agent-v4.3-rc1.tar -C a acme-agent-4.2.0
tar -cf 'it"s $(odd) {name} #.tar' -C a acme-agent-4.2.0
tar -cf v1.tar -C a acme-agent-4.2.0
whole acme-agent-4.2.0-linux-x86_64.tar.gz deb,rpm
has "  version: {match: '^acme-agent-([0-9][0-9A-Za-z.+~]*)-linux-x86_64[.]tar[.]gz\$'}   # of the file's name: 4.2.0"
has "  strip: 1                   # all of it lies in acme-agent-4.2.0/"
has "  - {move: /, to: /opt/acme-agent}   # the archive is no file system of its own"
has "  - {match: '/opt/acme-agent/etc/*.conf', config: keep}"
has "  - {symlink: /usr/bin/acme-agent, to: /opt/acme-agent/bin/acme-agent}"
has "  # - {exclude: '**/*.pdb'}   # 1: debug symbols of Windows"
grep -q '^# services: \[acme-agent\]   # with, under files' new.yaml
[ "$(dpkg-deb -f made/acme-agent_4.2.0-1_amd64.deb Version)" = 4.2.0-1 ]
dpkg-deb -c made/acme-agent_4.2.0-1_amd64.deb | grep -e ' ./opt/acme-agent/etc/agent.conf$'
dpkg-deb --ctrl-tarfile made/acme-agent_4.2.0-1_amd64.deb | tar -xO ./conffiles | grep -x /opt/acme-agent/etc/agent.conf
# The same recipe serves the next version.
cp acme-agent-4.2.0-linux-x86_64.tar.gz acme-agent-4.10-linux-x86_64.tar.gz
expect 0 "$SLUICE" --quiet convert acme-agent-4.10-linux-x86_64.tar.gz --to rpm --output made --recipe new.yaml
[ -e made/acme-agent-4.10-1.x86_64.rpm ]
whole acme-agent-v4.3-rc1.tar deb,rpm
[ -e made/acme-agent_4.3-rc1-1_all.deb ]
whole 'it"s $(odd) {name} #.tar' deb
whole v1.tar deb
cp v1.tar x.tar
whole x.tar deb,rpm
