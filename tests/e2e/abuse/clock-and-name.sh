# SAFE: the clock cannot be set; a name given to the machine stays in the test.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
date -s '2001-01-01' >/dev/null 2>&1 && broken "set the clock"
hostname owned 2>/dev/null || true
