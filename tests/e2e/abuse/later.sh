# SAFE: what waits for a later hour does not outlive the test; what is to run then is told, as left behind.
# SAFE-SYSTEMD: the same; a timer of the root's systemd ends with the root.
# VERDICT: fail
# SCENARIO: purge
mkdir -p /etc/cron.d /var/spool/cron/crontabs /var/spool/cron/atjobs /etc/systemd/system/timers.target.wants
echo '* * * * * root touch /opt/late' >/etc/cron.d/abuse-later
echo '* * * * * touch /opt/late' >/var/spool/cron/crontabs/root
echo 'touch /opt/late' >/var/spool/cron/atjobs/a0000101abcdef
printf '[Timer]\nOnBootSec=1\nUnit=emergency.target\n' >/etc/systemd/system/timers.target.wants/abuse-later.timer
[ "$ABUSE_PROFILE" != systemd ] || systemd-run --on-active=1 sleep "$ABUSE_SLEEP" >/dev/null 2>&1
setsid sh -c "exec >/dev/null 2>&1 </dev/null; sleep $ABUSE_SLEEP; touch /opt/late" &
true
