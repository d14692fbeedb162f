# SAFE: no running program of the machine can be written through /proc: all that run are the root's, the first process has none to show.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
for p in /proc/[0-9]*; do
	exe=$(readlink "$p/exe" 2>/dev/null) || continue
	case $exe in *sluice*) broken "$p runs $exe" ;; esac
	if (: >>"$p/exe") 2>/dev/null; then
		[ "$(stat -Lc %d:%i "$p/exe")" = "$(stat -Lc %d:%i "$exe" 2>/dev/null)" ] || broken "$p/exe is writable and not of this root"
	fi
done
grep -q sluice /proc/[0-9]*/maps 2>/dev/null && broken "the program is mapped in here"
true
