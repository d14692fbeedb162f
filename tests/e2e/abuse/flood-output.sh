# SAFE: output is cut at a limit, the command goes on, the report says so.
# SAFE-SYSTEMD: the same.
# VERDICT: any
yes 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' | head -c 300000000
true
