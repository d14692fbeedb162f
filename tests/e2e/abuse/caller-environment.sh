# SAFE: the environment and the memory of the caller, of the keeper and of the first process stay closed.
# SAFE-SYSTEMD: the same; the first process seen is the root's systemd, which has nothing of the caller.
# VERDICT: pass
for p in /proc/[0-9]*; do
	if tr '\0' '\n' <"$p/environ" 2>/dev/null | grep -q 'canary-[0-9]'; then broken "$p/environ"; fi
done
if [ "$ABUSE_PROFILE" = plain ] && [ "$(tr '\0' ' ' </proc/1/environ 2>/dev/null | wc -c)" != 0 ]; then broken "environment of the first process"; fi
for f in mem exe root cwd; do
	if head -c 1 "/proc/1/$f" >/dev/null 2>&1 || readlink "/proc/1/$f" >/dev/null 2>&1; then
		case $ABUSE_PROFILE$f in plainmem | systemd*) ;; *) broken "/proc/1/$f" ;; esac
	fi
done
if [ "$ABUSE_PROFILE" = plain ] && [ -n "$(ls /proc/1/fd 2>/dev/null)" ]; then broken "descriptors of the first process"; fi
