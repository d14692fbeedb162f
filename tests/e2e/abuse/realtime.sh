# SAFE: no realtime or raised priority, by which one process could keep the machine from all others.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
perl -e 'my $p = pack("i", 50); exit(syscall(144, 0, 1, $p) == 0 ? 0 : 1)' && broken "SCHED_FIFO"
perl -e 'my $p = pack("i", 50); exit(syscall(144, 0, 2, $p) == 0 ? 0 : 1)' && broken "SCHED_RR"
perl -e 'my $a = pack("LLQlLQQQ", 48, 6, 0, 0, 0, 10000000, 100000000, 100000000); exit(syscall(314, 0, $a, 0) == 0 ? 0 : 1)' && broken "SCHED_DEADLINE"
perl -e 'exit(syscall(141, 0, 0, -10) == 0 ? 0 : 1)' && broken "nice -10"
perl -e 'exit(syscall(251, 1, 0, 1 << 13) == 0 ? 0 : 1)' && broken "realtime input and output"
if (echo -500 >/proc/self/oom_score_adj) 2>/dev/null; then broken "protected itself from the end of memory"; fi
true
