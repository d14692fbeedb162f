# SAFE: the kernel's less tried doors are shut: keyrings, bpf, io_uring, userfaultfd, perf, handles, modules, clocks, reboot, swap.
# SAFE-SYSTEMD: the same but for mounts and namespaces, which are the own ones.
# VERDICT: pass
while read -r number name; do
	case $ABUSE_PROFILE$name in systemdpivot_root | systemdunshare | systemdsetns | systemdclone3 | systemdmove_mount | systemdopen_tree | systemdmount_setattr | systemdname_to_handle_at) continue ;; esac
	perl -e '$! = 0; my $r = syscall(0 + shift, 0, 0, 0, 0, 0); exit($r >= 0 || $!{EFAULT} || $!{EINVAL} ? 0 : 1)' "$number" && broken "$name"
done <<'CALLS'
250 keyctl
248 add_key
249 request_key
321 bpf
425 io_uring_setup
426 io_uring_enter
323 userfaultfd
298 perf_event_open
304 open_by_handle_at
303 name_to_handle_at
175 init_module
313 finit_module
176 delete_module
246 kexec_load
320 kexec_file_load
169 reboot
164 settimeofday
227 clock_settime
159 adjtimex
305 clock_adjtime
167 swapon
163 acct
103 syslog
155 pivot_root
272 unshare
308 setns
435 clone3
429 move_mount
428 open_tree
442 mount_setattr
300 fanotify_init
312 kcmp
440 process_madvise
172 iopl
447 memfd_secret
448 process_mrelease
179 quotactl
443 quotactl_fd
310 process_vm_readv
311 process_vm_writev
438 pidfd_getfd
101 ptrace
168 swapoff
173 ioperm
153 vhangup
154 modify_ldt
301 fanotify_mark
256 migrate_pages
279 move_pages
212 lookup_dcookie
180 nfsservctl
134 uselib
450 set_mempolicy_home_node
CALLS
true
