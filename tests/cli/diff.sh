# `sluice diff`: sets of packages, folders, test reports, the page, exit codes; what packages say never reaches a terminal or a page as it is.
pack() { # FILE NAME VERSION [PATH MODE CONTENT]...
	local dir=p-$2-$3 file=$1
	rm -rf "$dir"
	mkdir -p "$dir/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: x\n' "$2" "$3" > "$dir/DEBIAN/control"
	shift 3
	while [ $# -gt 0 ]; do
		mkdir -p "$(dirname "$dir/$1")"
		printf '%s' "$3" > "$dir/$1"
		chmod "$2" "$dir/$1"
		shift 3
	done
	mkdir -p "$(dirname "$file")"
	dpkg-deb --root-owner-group -b "$dir" "$file" > /dev/null
}
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
pack old/a.deb a 1.0 opt/a/x 0755 x
pack old/b.deb b 1.0 opt/b/x 0755 x
pack new/a.deb a 2.0 opt/a/x 0755 x
pack new/b.deb b 2.0 opt/b/x 4755 x

# One file each; the same; exit codes of --fail-on.
expect 0 "$SLUICE" diff old/b.deb old/b.deb
grep -q '^no findings' out
expect 0 "$SLUICE" diff old/b.deb new/b.deb
grep -qx 'high (1)' out
grep -qx '  setuid-new' out
grep -qx '1 high; the impact of such a change is at least significant' out
expect 1 "$SLUICE" diff old/b.deb new/b.deb --fail-on high
expect 0 "$SLUICE" diff old/b.deb new/b.deb --fail-on critical
expect 2 "$SLUICE" diff old/b.deb new/b.deb --fail-on info
expect 2 "$SLUICE" diff old/b.deb
expect 4 "$SLUICE" diff old/b.deb missing.deb
expect 0 "$SLUICE" diff old/b.deb new/b.deb --explain setuid-new
grep -q 'severity  high at most' out
expect 2 "$SLUICE" diff old/b.deb new/b.deb --explain no-such-check

# Both are read at once; which error is told does not depend on which is found first. Nothing of either is left running.
head -c 300 old/a.deb > cut1.deb
head -c 200 new/a.deb > cut2.deb
for _ in 1 2 3 4; do
	expect 3 "$SLUICE" diff cut1.deb cut2.deb
	grep -q 'cut1.deb: ' err
	expect 3 "$SLUICE" diff old/a.deb cut2.deb
	grep -q 'cut2.deb: ' err
	expect 3 "$SLUICE" diff cut1.deb new/a.deb
	grep -q 'cut1.deb: ' err
done

# A set: folders of packages (a signature may lie there), or one by one; both say the same.
touch old/SHA256SUMS old/a.deb.asc
expect 0 "$SLUICE" diff old new --json
cp out folders.json
jq -e '.impact_floor == "significant" and [.findings[].where] == ["/opt/b/x"] and ([.old.packages[].name] == ["a", "b"]) and .new.packages[1].version == "2.0"' out > /dev/null
expect 0 "$SLUICE" diff old/a.deb new/a.deb --with-old old/b.deb --with-new new/b.deb --json
cmp out folders.json
# A program that only moved from one package of the set to the other is the same program.
pack moved/a.deb a 3.0 opt/a/x 0755 x opt/b/x 4755 x
pack moved/b.deb b 3.0 opt/b/y 0755 x
expect 0 "$SLUICE" diff new moved --json
jq -e '.findings == []' out > /dev/null
# A folder with something else in it is a tree of files, as before.
mkdir -p tree/new/usr/bin
cp new/a.deb tree/new/usr/bin/
echo text > tree/new/README
expect 0 "$SLUICE" diff tree/new tree/new --json
jq -e '.old.packages | length == 1' out > /dev/null

# The page and the JSON beside it.
expect 0 "$SLUICE" diff old new --report page
python3 - <<'P'
import html.parser
page = open('page/diff.html', encoding='utf-8').read()
assert 'setuid-new' in page and '/opt/b/x' in page and 'significant' in page and 'Looked for, and nothing found' in page
assert '<script' not in page and 'http:' not in page and 'https:' not in page and 'src=' not in page
class Tags(html.parser.HTMLParser):
    open = []
    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag
t = Tags()
t.feed(page)
assert t.open == [], t.open
P
jq -e --slurpfile told folders.json '. == $told[0]' page/diff.json > /dev/null

# Test reports: both sides, one side, the folder, and what is none.
report() { # FILE TLS
	printf '{"verdict": "pass", "runs": [{"scenarios": [{"name": "install", "verdict": "pass", "network": [{"to": "x.example<b>\\u001b[2J", "port": 443, "tls": %s, "by": "d"}]}]}]}' "$2" > "$1"
}
mkdir -p was
report was/report.json true
report now.json false
expect 0 "$SLUICE" diff old new --old-report was --new-report now.json --report wire --json
jq -e '.impact_floor == "far-reaching" and .findings[0].check == "tls-dropped-wire" and .findings[0].severity == "critical" and .new.reports[0].verdict == "pass"' out > /dev/null
grep -q 'x.example&lt;b&gt;' wire/diff.html
if grep -q -e 'x.example<b>' -e $'\e' wire/diff.html; then exit 1; fi
expect 0 "$SLUICE" diff old new --old-report was/report.json --new-report now.json
if grep -q $'\e' out; then exit 1; fi
expect 0 "$SLUICE" diff old new --new-report now.json
grep -q 'the old version was not tried on the test system' out
echo '{"findings": []}' > other.json
expect 3 "$SLUICE" diff old new --new-report other.json
grep -q 'this is no test report' err
echo '{' > broken.json
expect 3 "$SLUICE" diff old new --new-report broken.json
mkfifo pipe
expect 3 timeout 20 "$SLUICE" diff old new --new-report pipe
expect 4 "$SLUICE" diff old new --report /proc/none
