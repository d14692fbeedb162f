# SAFE: what can be written of a process below /proc changes neither the first process, nor who one is outside, nor when time begins.
# SAFE-SYSTEMD: the same; the first process seen is the root's own systemd.
# VERDICT: any
for p in 1 self; do
	for file in uid_map gid_map setgroups timens_offsets loginuid attr/current attr/exec attr/sockcreate oom_adj mem clear_refs patch_state; do
		case $p$file in selfclear_refs | selfmem | selfattr/* | selfoom_adj | selfloginuid) continue ;; esac
		[ "$ABUSE_PROFILE$p" != systemd1 ] || continue
		if (echo '0 0 1' >"/proc/$p/$file") 2>/dev/null; then broken "/proc/$p/$file"; fi
	done
done
if (echo -1000 >/proc/self/oom_score_adj) 2>/dev/null; then broken "never to be ended for memory"; fi
if (echo 1 >/proc/self/make-it-fail) 2>/dev/null; then broken "faults in the kernel"; fi
for file in stack syscall pagemap; do
	if [ "$ABUSE_PROFILE" = plain ] && head -c 8 "/proc/1/$file" 2>/dev/null | grep -q .; then broken "/proc/1/$file is told"; fi
done
true
