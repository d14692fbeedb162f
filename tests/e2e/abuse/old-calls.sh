# SAFE: the doors for 32-bit and x32 programs are shut: whoever knocks is killed, so that no call is made past the filter.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
# mov eax,20 (getpid); int 0x80; mov eax,1; xor ebx,ebx; int 0x80 (exit 0): as a program of 64 and of 32 bits
perl -e '
	my $code = "\xb8\x14\0\0\0\xcd\x80\xb8\1\0\0\0\x31\xdb\xcd\x80";
	sub put { my ($name, $bytes) = @_; open(my $f, ">", $name) or die; binmode $f; print $f $bytes; close $f; chmod 0755, $name }
	put("/opt/abuse/int64", pack("A4C5x7vvVQQQVvvvvvv", "\x7fELF", 2, 1, 1, 0, 0, 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0) . pack("VVQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x78 + length $code, 0x78 + length $code, 4096) . $code);
	put("/opt/abuse/int32", pack("A4C5x7vvVVVVVvvvvvv", "\x7fELF", 1, 1, 1, 0, 0, 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0) . pack("VVVVVVVV", 1, 0, 0x8048000, 0x8048000, 0x54 + length $code, 0x54 + length $code, 5, 4096) . $code);
'
for program in int64 int32; do
	"/opt/abuse/$program" 2>/dev/null && broken "$program made a call"
done
# getpid, open_by_handle_at, mount in x32's numbers
for number in 39 304 165; do
	perl -e 'my $r = syscall(0x40000000 + shift, 0, 0, 0, 0, 0); exit($r >= 0 || $!{EFAULT} || $!{EPERM} ? 0 : 1)' "$number" 2>/dev/null && broken "x32 call $number"
done
rm -f /opt/abuse/int64 /opt/abuse/int32
