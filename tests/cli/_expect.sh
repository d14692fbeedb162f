# _expect.sh - sourced by the tests of the command line: a command and the exit code that cli.md promises for it.
expect() { # CODE COMMAND...: leaves stdout in ./out, stderr in ./err
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
