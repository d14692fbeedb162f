# SAFE: a line without an end is cut at the limit, and so is one of NULs; who closes every descriptor he was given harms himself.
# SAFE-SYSTEMD: the same.
# VERDICT: any
head -c 8000000 /dev/zero | tr '\0' x
head -c 1000000 /dev/zero
mkdir -p /var/log/abuse
head -c 2000000 /dev/zero | tr '\0' 'E' >/var/log/abuse/half.log
perl -MPOSIX -e 'POSIX::close($_) for 0 .. 1023; sleep 1'
for fd in 0 1 2 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done
