# SAFE: no file of the machine's people, of its temporary folders or of the caller's work is seen.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
for d in /root /home /tmp /var/tmp /run /srv /mnt /media /dev/shm "$ABUSE_WORK"; do
	if grep -rqs 'canary-[0-9]' "$d" 2>/dev/null; then broken "found in $d"; fi
done
