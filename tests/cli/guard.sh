# The guard of apt and dnf, asked about release.json files made by hand: keys that change, are revoked or end, names that stand twice, numbers and times that no signer gives.
export GNUPGHOME=$WORK/gpg
mkdir -m 700 gpg
mkdir made
make() { gpg -q --batch --passphrase '' "${@:3}" --quick-gen-key "$1" ed25519 sign "$2" 2> /dev/null; }
for name in old next other gone; do make $name never; done
make late 30d --faked-system-time 20200101T000000
for name in old next other late; do gpg --armor --export $name > made/$name.asc; done
# What clients know of a key may be more than its holder wants to.
there() { GNUPGHOME=$WORK/there gpg -q --batch --no-tty "$@" 2> /dev/null; }
mkdir -m 700 there
gpg --export gone | there --import
fingerprint=$(gpg --with-colons --list-keys gone 2> /dev/null | sed -n 's/^fpr:::::::::\([^:]*\):/\1/p' | head -1)
sed 's/^:-----/-----/' "gpg/openpgp-revocs.d/$fingerprint.rev" | there --import
there --armor --export gone > made/gone.asc
gpgconf --kill all
python3 "$SOURCES/tests/cli/guard_check.py" made
