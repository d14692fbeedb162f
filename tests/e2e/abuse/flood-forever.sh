# SAFE: a process that never stops printing keeps neither the package manager nor the checker; it is found left.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
setsid sh -c "trap '' HUP TERM PIPE; exec yes $ABUSE_SOCKET-flood" </dev/null &
sleep 0.2
