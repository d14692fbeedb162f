# SAFE: no process's root, folder or open folder leads to the machine's files; no namespace of another process can be entered.
# SAFE-SYSTEMD: the same; the namespaces of the booted system are its own.
# VERDICT: pass
for way in /proc/[0-9]*/root /proc/[0-9]*/cwd /proc/[0-9]*/fd/*; do
	for file in "$way"/var/tmp/sluice-abuse.* "$way"/root/.sluice-abuse.* "$way/$ABUSE_WORK/canary" "$way"/../../../../var/tmp/sluice-abuse.*; do
		if [ -e "$file" ] && ! [ "$way/var/tmp" -ef /var/tmp ]; then broken "$file"; fi
	done
done 2>/dev/null
[ "$ABUSE_PROFILE" = plain ] || exit 0
for space in /proc/[0-9]*/ns/*; do
	perl -e 'open(my $f, "<", shift) or exit 1; exit(syscall(308, fileno($f), 0) == 0 ? 0 : 1)' "$space" 2>/dev/null && broken "entered $space"
done
true
