# SAFE: lines that the kernel logs of crashes here are told as text, whatever the program calls itself; nobody forges one of another's.
# SAFE-SYSTEMD: the same.
# VERDICT: any
cp /bin/sleep "$(printf '/opt/abuse/\033[2J<b>')" 2>/dev/null
for i in 1 2 3 4 5 6 7 8; do
	perl -e '
		my $name = (("\e[2J<b>x"), ("[1]: segfa"), ("init[1]: o"), ("a\nb[1]: kil"))[shift() % 4];
		syscall(157, 15, $name, 0, 0, 0); my $p = pack("P", "x"); unpack("p", pack("Q", 8 + $$));' "$i" 2>/dev/null
done
true
