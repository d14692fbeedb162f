# SAFE: a process that left its session, group and parent ends with the test, and the test says that it was left.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
perl -e 'for (1..3) { fork and exit } setpgrp; exec "setsid", "sleep", shift' "$ABUSE_SLEEP" </dev/null >/dev/null 2>&1 &
setsid sh -c "trap '' HUP TERM; (sleep $ABUSE_SLEEP; touch /opt/late) & " </dev/null >/dev/null 2>&1 &
sleep 1
