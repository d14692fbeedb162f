# no-print.sh - below cli/ and web/ nothing prints, ends the program, or hands a line to a shell.
# Two exceptions: the places where memory or libcrypto is not to be had (base.h says so).
exceptions='^base/(base|digest)\.c:[0-9]+: abort$'

# Calls of forbidden functions below $1 as FILE:LINE: NAME; comments and strings do not count.
calls() {
	(cd "$1" && find $(ls -d base formats sign inspect sandbox release repackager 2>/dev/null || true) -name '*.[ch]' | LC_ALL=C sort | xargs -r perl -0777 -ne '
		my $text = $_;
		$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27)}{ (my $kept = $1) =~ tr/\n//cd; $kept }gse;
		my $line = 1;
		for (split /\n/, $text, -1) {
			print "$ARGV:$line: $1\n" if /(?<![\w.>])(printf|vprintf|puts|putchar|perror|psignal|exit|quick_exit|abort|assert|system|popen|err|errx|warn|warnx|syslog)\s*\(/;
			print "$ARGV:$line: $1 to stdout or stderr\n" if /(?<![\w.>])(fprintf|vfprintf|fputs|fputc|fwrite|dprintf|write)\s*\([^;]*\b(stdout|stderr|STDOUT_FILENO|STDERR_FILENO)\b/;
			$line++;
		}')
}

mkdir -p "$WORK/planted/base"
cat >"$WORK/planted/base/a.c" <<'EOF'
/* exit(1) in a comment, */ const char *s = "abort() in a string";
int f(void) { return e->exit(1) + pre_exit(2) + snprintf(a, 1, "x") + fprintf(file, "x"); }
EOF
[ -z "$(calls "$WORK/planted")" ] || { echo "wrongly seen: $(calls "$WORK/planted")"; exit 1; }
for call in 'printf("x")' 'exit(1)' 'abort ()' 'system(line)' 'popen(a, b)' 'fprintf(stderr, "x")' 'fputs("x", stdout)'; do
	echo "int f(void) { $call; }" >"$WORK/planted/base/a.c"
	[ -n "$(calls "$WORK/planted")" ] || { echo "not seen: $call"; exit 1; }
done

found=$(calls "$SOURCES" | grep -vE "$exceptions" || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
