# SAFE: what one user of this machine may have of namespaces and watches cannot be raised from inside, not through a /proc of one's own either.
# SAFE-SYSTEMD: the same.
# VERDICT: any
mkdir -p /opt/abuse/proc
mount -t proc proc /opt/abuse/proc 2>/dev/null
for dir in /proc/sys/user /opt/abuse/proc/sys/user; do
	for file in "$dir"/max_*; do
		[ ! -e "$file" ] || { echo 99999 >"$file"; } 2>/dev/null && [ "$(cat "$file" 2>/dev/null)" = 99999 ] && broken "raised $file"
	done
done
umount /opt/abuse/proc 2>/dev/null
true
