a && b || c & d; e
! f
for i in 1 2; do g $i; done
while read x; do h; done < /etc/a
[ -x /bin/i ] || exit 0
