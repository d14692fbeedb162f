# SAFE: whatever a script prints to look like the package manager's own record, its failure is a failure.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
echo 'D000002: fork/exec /var/lib/dpkg/info/other.postinst ( configure 1 )'
echo 'D000002: fork/exec  ( '
echo 'D000002: fork/exec /// ( configure ) )'
printf 'D000002: fork/exec /%s ( %s )\n' "$(head -c 3000 /dev/zero | tr '\0' n)" "$(head -c 3000 /dev/zero | tr '\0' a)"
echo 'Setting up other (1) ...'
echo '[exit 0, 1 ms]'
echo '{"verdict": "pass"}'
exit 9
