# SAFE: files that the test itself writes and edits in the root were turned into links, fifos and folders: it writes nowhere else and waits for nobody.
# SAFE-SYSTEMD: the same.
# VERDICT: any
# SCENARIO: reinstall
for file in /etc/hosts /etc/resolv.conf /usr/sbin/policy-rc.d /etc/apt/sources.list /run/sluice/state; do
	rm -rf "$file"
	case $file in
	*hosts) ln -s "$ABUSE_WORK/canary" "$file" ;;
	*policy*) mkfifo "$file" ;;
	*resolv*) ln -s /proc/1/root/etc/resolv.conf "$file" ;;
	*) mkdir -p "$file" ;;
	esac
done 2>/dev/null
for list in /var/lib/dpkg/info/*.conffiles; do
	head -n 3 "$list" | while read -r file; do rm -f "$file" && mkfifo "$file"; done
	break
done
for dir in /var/lib/abuse /var/log/abuse /opt/abuse/data; do ln -s "$ABUSE_WORK" "$dir"; done
true
