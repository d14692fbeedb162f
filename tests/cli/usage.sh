# The command line's own promises: exit codes, help everywhere, JSON errors, options in any place.
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
expect 2 "$SLUICE"
expect 0 "$SLUICE" --help
grep -q '^usage: sluice' out
expect 0 "$SLUICE" --version
expect 2 "$SLUICE" inspekt x
grep -q "did you mean 'inspect'" err
expect 2 "$SLUICE" inspect
expect 2 "$SLUICE" inspect a b
expect 2 "$SLUICE" inspect --no-such a
expect 2 "$SLUICE" rfc
expect 2 "$SLUICE" rfc nonsense
expect 2 "$SLUICE" --store postgresql://x status
grep -q 'only a directory' err
expect 2 "$SLUICE" --quiet --verbose formats
expect 4 "$SLUICE" inspect "$WORK/nothing-there"
expect 4 "$SLUICE" --json inspect "$WORK/nothing-there"
jq -e '.error | has("code") and has("file") and has("member") and has("offset") and (.text | length > 0)' out > /dev/null
expect 2 "$SLUICE" --json no-such-command
jq -e '.error.text' out > /dev/null
: > empty
expect 3 "$SLUICE" --json inspect empty
jq -e '.error.code == "E_EMPTY"' out > /dev/null
printf 'this is no package\n' > noise
expect 3 "$SLUICE" inspect --json noise
jq -e '.error.code == "E_UNKNOWN_FORMAT"' out > /dev/null
# Options before and after the command's name.
expect 0 "$SLUICE" --json formats
cp out first
expect 0 "$SLUICE" formats --json
cmp first out
for shell in bash zsh fish; do
	expect 0 "$SLUICE" completion $shell
	[ -s out ]
done
"$SLUICE" completion bash > completion
bash -n completion
# A full disk is not success.
expect 4 bash -c '"$0" --help > /dev/full' "$SLUICE"
# Completion sees the command behind a global option and its value.
. ./completion
COMP_WORDS=(sluice --store /somewhere rfc v) COMP_CWORD=4
_sluice
[ "${COMPREPLY[*]}" = vote ]
COMP_WORDS=(sluice convert --al) COMP_CWORD=2
_sluice
[ "${COMPREPLY[*]}" = --allow-lossy ]
