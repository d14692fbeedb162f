# _org.sh - sourced by end-to-end tests: an organisation with a store in $WORK, and words for its people.
. "$SOURCES/tools/people.sh"
PATH=$(dirname "$SLUICE"):$PATH
export PATH GNUPGHOME=$WORK/no-such-home
export XDG_DATA_HOME=${SLUICE_TEST_CACHE:-$BUILD/test-cache}
store=$WORK/store

pat() { "$SLUICE" --quiet --store "$store" --as pat --home "$WORK/people/pat" "$@"; }
carl() { "$SLUICE" --quiet --store "$store" --as carl --home "$WORK/people/carl" "$@"; }
dana() { "$SLUICE" --quiet --store "$store" --as dana --home "$WORK/people/dana" "$@"; }
olga() { "$SLUICE" --quiet --store "$store" "$@"; }

expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}

new_org() { # TARGETS (default: "deb, rpm")
	expect 0 "$SLUICE" --quiet --store "$store" init --org "Example AG"
	make_policy "$WORK" "$store" "${1:-deb, rpm}"
	expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
}

acme() { # VERSION: a signed release of Acme's agent in $WORK/vendor
	"$SOURCES/tests/data/acme/make-release" "$1" "$WORK/vendor"
	sign_detached "$WORK/people/acme" "$WORK/vendor/acme-agent-$1.tar.gz"
}

# Without a service, a user or scripts: most tests are about what becomes of a candidate, and a boot for each scenario of each submission is minutes.
# The whole way with all of it is release.sh; it sets ACME_RECIPE.
submit_acme() { # VERSION [OPTION...]
	local version=$1
	shift
	pat submit "$WORK/vendor/acme-agent-$version.tar.gz" --recipe "${ACME_RECIPE:-$SOURCES/tests/data/acme/plain.yaml}" --signature "$WORK/vendor/acme-agent-$version.tar.gz.asc" "$@"
}

release_acme() { # VERSION N: that version goes the whole way as C-N and R-N, the N-th of both
	acme "$1"
	expect 0 submit_acme "$1"
	expect 0 pat rfc open "C-$2" --reason "release $1" --urgency low --impact minor
	expect 0 carl rfc vote "R-$2" --role change-manager --decision approve
	expect 0 pat release "R-$2" --to production
}
