# The shipped hooks of a real apt and a real dnf tell how an update went, signed by their site: into a folder and over HTTP; what cannot be sent waits, and no update fails of it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org
new_key people/south "South <south@example.org>"
gpg --homedir people/south --batch --armor --export >> keyring.asc 2> /dev/null
sed -i 's/^  production: {/  production: {groups: [pilot], /' policy.yaml
echo "sites: {south: {keys: [\"openpgp:$(fingerprint people/south)\"], groups: [pilot]}}" >> policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc
release_acme 1.0 1
inbox=$WORK/inbox machine=$(hostname)
serve_store
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
url=${url}production
mkdir -p "$inbox" guard/channels

watch() { # [OPTION...]: what the guard of both is told
	olga channel client production --format guard --url "$url" "$@" | jq --arg home "$WORK/people/south" 'if .report then .report.home = $home else . end' > guard/channels/production.json
}
expect 2 olga channel client production --format guard --url "$url" --report-to "$inbox"
expect 2 olga channel client production --format apt --url "$url" --report-to "$inbox" --site south
expect 2 olga channel client production --format guard --url "$url" --report-to "$inbox" --site nowhere
expect 2 olga channel client production --format guard --url "$url" --report-to reports --site south

# ---- apt, with dpkg in a root of its own
a=$WORK/apt root=$WORK/root
mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers}
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
apt_client "$a"
cat >> "$a/apt.conf" << CONF
Dir::State::status "$root/var/lib/dpkg/status"; DPkg::Options { "--root=$root"; "--force-not-root"; "--log=$WORK/dpkg.log"; }; DPkg::Use-Pty "0";
Sluice::Channels "$WORK/guard/channels"; Sluice::State "$WORK/guard/state";
CONF
sed "s#/usr/lib/sluice/#$SOURCES/clients/guard/#g" "$SOURCES/clients/guard/60sluice-guard" >> "$a/apt.conf"
export APT_CONFIG=$a/apt.conf
olga channel client production --format apt --url "$url" > "$a/etc/apt/sources.list.d/production.sources"
install() { apt-get -y --allow-downgrades --reinstall install --no-install-recommends org-acme-agent; }
taken() { # STATUS: what came in, taken down
	expect 0 pat report add "$inbox" --json
	jq -e --arg status "$1" --arg machine "$machine" '.status == $status and .machine == $machine and .channel == "production"' out > /dev/null || { cat out err; exit 1; }
	[ -z "$(ls "$inbox")" ]
}
is_listed() { # STATUS TEXT: machines that were well once with a change stay so
	expect 0 olga report list R-1 --json
	jq -e --arg status "$1" --arg text "$2" '.rings[] | select(.rfc == "R-1").machines | length == 1 and (.[0] | .site == "south" and .status == $status and (.text | contains($text)))' out > /dev/null || { cat out; exit 1; }
}
# nobody asked for reports
watch
expect 0 apt-get --error-on=any update
expect 0 install
grep -q 'Setting up org-acme-agent' out
[ ! -d guard/state/reports ]
# dpkg fails: so does the update, and the report says it
expect 0 apt-get -y purge org-acme-agent
watch --report-to "$inbox" --site south
expect 100 apt-get -y -o Dir::Bin::dpkg=/bin/false install --no-install-recommends org-acme-agent
taken failed
is_listed failed "org-acme-agent 1.0-1 is not there"
# it goes well
expect 0 install
if grep sluice-guard out err; then exit 1; fi
taken ok
is_listed ok ""
# nowhere to send it, no key to sign it with: a warning, and apt is not held up
watch --report-to "$WORK/nowhere" --site south
expect 0 install
grep -q 'sluice-guard: warning: channel production: no report: .*nowhere' err
grep -q 'Setting up org-acme-agent' out
mkdir nowhere
expect 0 install
[ "$(ls nowhere/*.json | wc -l)" = 2 ]
[ "$(ls nowhere/*.json.asc | wc -l)" = 2 ]
jq '.report.home = "/nonexistent"' guard/channels/production.json > changed
mv changed guard/channels/production.json
expect 0 install
grep -q 'sluice-guard: warning: channel production: no report: gpg does not sign' err
# a report that was written by somebody else: refused, and put aside
mv nowhere/*.json* "$inbox/"
first=$(find "$inbox" -name '*.json' | sort | head -1)
sed -i 's/"status":"ok"/"status":"failed"/' "$first"
expect 1 pat report add "$inbox"
[ -e "$first.refused" ]
[ "$(find "$inbox" -name "*.json" | wc -l)" = 0 ]
expect 0 olga report list R-1 --json
jq -e '.rings[].machines[] | .status == "ok"' out > /dev/null
rm -rf "$inbox" && mkdir "$inbox"

# ---- dnf, by PUT
cat > put.py << 'PYTHON'
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_PUT(self):
        with open(os.path.join(sys.argv[1], os.path.basename(self.path)), "xb") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
mkfifo port
python3 put.py "$inbox" > port &
read -r port < port
watch --report-to "http://127.0.0.1:$port/reports/" --site south
d=$WORK/dnf
dnf_client "$d"
dnf_guard "$d"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
dnf() { dnf_at "$d" "$@"; }
expect 0 dnf install org-acme-agent
[ "$(ls "$inbox"/*.json | wc -l)" = 1 ]
taken ok
# what cannot be put down
expect 0 dnf remove org-acme-agent
[ -z "$(ls "$inbox")" ]
rm -rf "${d:?}/root/opt"
touch "$d/root/opt"
expect 1 dnf install org-acme-agent
taken failed
rm "$d/root/opt"
# others' packages and a mere look are no news
expect 0 dnf list --available
expect 0 dnf --downloadonly install org-acme-agent
[ -z "$(ls "$inbox")" ]
expect 0 olga audit verify
