# SAFE: who stops every process in reach stops the test's own root only: who watches and writes down goes on, and all go on when they are let.
# SAFE-SYSTEMD: the same; systemd is stopped by nobody.
# VERDICT: pass
# VERDICT-SYSTEMD: any
for signal in STOP TSTP TTIN; do kill -$signal -1 2>/dev/null; done
sleep 1
kill -CONT -1 2>/dev/null
true
