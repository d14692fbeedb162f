# SAFE: no key is added to any keyring, and none of the machine's is seen.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
for ring in -1 -2 -3 -4 -5; do
	perl -e 'my ($type, $name, $text) = ("user", "sluice-abuse-key", "secret"); exit(syscall(248, $type, $name, $text, 6, 0 + shift) > 0 ? 0 : 1)' -- "$ring" && broken "add_key to $ring"
	perl -e 'exit(syscall(250, 0, 0 + shift, 1, 0, 0) > 0 ? 0 : 1)' -- "$ring" && broken "keyctl(GET_KEYRING_ID, $ring)"
done
if grep -q . /proc/keys 2>/dev/null; then broken "keys are listed"; fi
true
