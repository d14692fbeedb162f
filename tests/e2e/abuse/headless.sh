# SAFE: a process whose first thread has ended looks dead and has no command line; its other threads live, and it is told.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
# (Where there is no python3 a usual one stays.)
if command -v python3 >/dev/null 2>&1; then
	setsid python3 -c '
import ctypes, os, sys, threading, time
if os.fork(): sys.exit()
threading.Thread(target=time.sleep, args=(int(sys.argv[1]),)).start()
ctypes.CDLL(None).syscall(60, 0)' "$ABUSE_SLEEP" </dev/null >/dev/null 2>&1
else
	setsid sleep "$ABUSE_SLEEP" </dev/null >/dev/null 2>&1 &
fi
sleep 1
