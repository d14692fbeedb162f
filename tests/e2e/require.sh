# require.sh - what the policy asks of a test machine (sandbox.require): a test without it ends in an error that names what is missing, by hand and in `submit`.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org "deb"
require() { # WORDS: replaces the policy
	grep -v '^sandbox:' "$WORK/policy.yaml" > next.yaml
	[ -z "$1" ] || echo "sandbox: {require: [$1]}" >> next.yaml
	mv next.yaml "$WORK/policy.yaml"
	gpg --batch --yes --quiet --homedir "$store/trial" --armor --detach-sign -o "$WORK/policy.yaml.asc" "$WORK/policy.yaml" 2> gpg.log || { cat gpg.log; exit 1; }
	expect 0 olga policy replace "$WORK/policy.yaml" --signature "$WORK/policy.yaml.asc"
}
# A machine that has no control groups to give.
poor() { unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' sh "$@"; }

mkdir -p small/DEBIAN small/opt/small
printf 'Package: small\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: small\n' > small/DEBIAN/control
echo x > small/opt/small/file
dpkg-deb -Zgzip --root-owner-group -b small small.deb > /dev/null
try() { # COMMAND...: tests it, with --json
	"$@" "$SLUICE" --quiet --json --store "$store" test small.deb --root / --scenario install
}

require "userns, seccomp"
expect 0 try poor
jq -e '.runs[0].scenarios[0] | (.layers | index("userns") and index("seccomp") and index("timens") and (index("memory") or index("pids") or index("kill") | not)) and any(.findings[]; .check == "layer-missing" and (.text | test("memory cgroup")))' out > /dev/null || { cat out; exit 1; }

require "userns, memory, kill"
expect 4 try poor
jq -e '.verdict == "error" and (.error | test("memory cgroup, kill cgroup"))' out > /dev/null || { cat out; exit 1; }
if grep -q 'pids cgroup' out; then echo "names what was not asked for"; exit 1; fi

require "userns, moonlight"
expect 4 try env
jq -e '.error | test("moonlight")' out > /dev/null || { cat out; exit 1; }

# submit's tests are under the same rule: the candidate is made, its test counts for nothing.
require "userns, memory"
acme 1.0
expect 1 poor "$SLUICE" --quiet --store "$store" --as pat --home "$WORK/people/pat" submit "$WORK/vendor/acme-agent-1.0.tar.gz" --recipe "$SOURCES/tests/data/acme/plain.yaml" --signature "$WORK/vendor/acme-agent-1.0.tar.gz.asc"
grep -q 'memory cgroup' out err || { cat out err; exit 1; }
expect 0 pat --json candidate show C-1
jq -e '.evidence[] | select(.kind == "test") | .verdict == "error" and (.body.sandbox | index("memory") | not)' out > /dev/null || { cat out; exit 1; }

# The policy can be asked of, not gone around: a store whose policy cannot be verified is no reason to test without it.
cp -r "$store" broken
find broken/blobs -type f -exec sh -c 'for f; do printf x >> "$f"; done' sh {} +
expect 1 "$SLUICE" --quiet --store "$PWD/broken" test small.deb --root / --scenario install
grep -q E_DIGEST err
