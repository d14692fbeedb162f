# SAFE: an init script whose answers never end, or never begin, holds up the test until the time of one command is over, not the machine.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
cat >/etc/init.d/abuse-hanging <<'INIT'
#!/bin/sh
### BEGIN INIT INFO
# Provides: abuse-hanging
# Default-Start: 2 3 4 5
### END INIT INFO
# start-stop-daemon
case $1 in
start) exit 0 ;;
status) while :; do echo "running"; done ;;
stop) sleep 1000 ;;
esac
INIT
chmod 755 /etc/init.d/abuse-hanging
invoke-rc.d abuse-hanging start
true
