# Results that cannot be written are not taken for success: every command's help, and every command that prints something of a store, with a full disk or nothing
# behind stdout, plain and as JSON. A reader that has seen enough is no error to talk about.
. "$SOURCES/tests/cli/_expect.sh"
store=$WORK/store
expect 0 "$SLUICE" --quiet --store "$store" init --org "Example AG"
names() { "$SLUICE" --help | sed -n '/^commands/,/^options/s/^  \([a-z][a-z -]*[a-z]\)   *[^ ].*/\1/p'; }
[ "$(names | wc -l)" -gt 80 ]

lost() { # COMMAND...: what stdout takes in vain
	expect 4 bash -c '"$@" > /dev/full' - "$@"
	grep -q 'error: the output cannot be written' err || { echo "$*"; cat err; exit 1; }
}
closed() {
	expect 4 bash -c '"$@" >&-' - "$@"
	grep -q 'error: the output cannot be written' err || { echo "$*"; cat err; exit 1; }
}
first=1
while read -r name; do
	# shellcheck disable=SC2086
	lost "$SLUICE" $name --help
	[ -z "$first" ] || closed "$SLUICE" $name --help
	first=
done < <(names)

while read -r words; do
	# shellcheck disable=SC2086
	expect 0 "$SLUICE" --store "$store" $words
	# An empty list is nothing to print.
	# shellcheck disable=SC2086
	[ ! -s out ] || lost "$SLUICE" --store "$store" $words
	# shellcheck disable=SC2086
	lost "$SLUICE" --json --store "$store" $words
done <<'WORDS'
status
policy show
rfc list
rfc fields
rfc states
rfc agenda
channel list
channel show production
channel tree production
channel history production
audit show
audit verify
calendar
key list
trust export
hooks list
deputy list
expect list
site list
report list
candidate list
advisory list
fsck
gc
run-due
formats
checks
WORDS
closed "$SLUICE" --store "$store" status

# What was done stands, and whoever reads the error hears of it.
expect 4 bash -c '"$@" > /dev/full' - "$SLUICE" --store "$store" channel stop production --reason "a test"
grep -q "'stop' of production is recorded" err || { cat err; exit 1; }

# head has gone; nothing is said about it, on either way out.
bash -c '"$@" | true' - "$SLUICE" --store "$store" rfc fields 2> err
[ ! -s err ]
