# SAFE: killing everything ends the package manager and is a failed step, nothing more.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
kill -KILL -1
