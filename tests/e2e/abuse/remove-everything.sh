# SAFE: the test's own root is emptied, the machine's is not; the step fails or what is gone is told.
# SAFE-SYSTEMD: the same.
# VERDICT: any
# shellcheck disable=SC2114 # that is what it tries
rm -rf --no-preserve-root / >/dev/null 2>&1
true
