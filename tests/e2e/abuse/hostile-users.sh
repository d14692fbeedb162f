# SAFE: user and group tables with endless lines, escapes and markup are read to a limit and shown as text.
# SAFE-SYSTEMD: the same.
# VERDICT: any
printf 'evil\033[31m<b>x</b>:x:1:1:\033]0;owned\007:/:/bin/sh\n::::::\nx\n-1:x:-1:99999999999999999999:::\n' >>/etc/passwd
printf 'evil\033[31m:x:-5:%s\n' "$(head -c 200000 /dev/zero | tr '\0' u)" >>/etc/group
perl -e 'print "u$_:x:", 30000 + $_, ":30000::/:/bin/sh\n" for 1..20000' >>/etc/passwd
printf 'no newline at the end and a \0 in between' >>/etc/passwd
true
