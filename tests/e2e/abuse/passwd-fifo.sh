# SAFE: user tables that became fifos are not waited for.
# SAFE-SYSTEMD: the same.
# VERDICT: any
for f in passwd group; do
	mv "/etc/$f" "/etc/$f.kept"
	mkfifo "/etc/$f"
done
