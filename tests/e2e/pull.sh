# A distribution server pulls over HTTP: what changed only, going on where it was broken off; what lies is refused; the pulled tree serves apt and a site behind it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
release_acme 1.0 1
tree=$(olga channel tree production)
olga trust export > trust.json

pids=()
stop() { [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2> /dev/null || true; }
trap stop EXIT
serve() { # DIR LOG [OPTION...]: sets url
	: > "$2"
	rm -f port && mkfifo port
	"$SOURCES/tests/e2e/http_server.py" "$@" > port &
	pids+=($!)
	read -r number < port
	url=http://127.0.0.1:$number
}
pull() { "$SLUICE" --json pull "$@" --trust trust.json; }

# Broken off in the middle of every file, and again: the second pull asks for the rest only.
serve "$tree" log --cut 2000
expect 4 pull "$url" --into site
[ ! -e site/current ]
for _ in $(seq 40); do
	if pull "$url" --into site > out 2> err; then break; fi
done
finds '"changed": true' < out
finds 'bytes=2000-' < log
expect 0 "$SLUICE" audit verify site/current --trust trust.json
sort log | uniq -c | sort -rn | head -3

# Nothing new: nothing but release.json and its signature is asked for.
: > log
expect 0 pull "$url" --into site
[ "$(cut -d' ' -f1 log | sort | tr '\n' ' ')" = "/release.json /release.json.asc " ]

# A new version: neither the records nor the packages that were here come again.
release_acme 1.1 2
serve "$tree" log2
expect 0 pull "$url" --into site --check
finds '"newer": true' < out
: > log2
expect 0 pull "$url/" --into site --limit-rate 50MiB
for record in site/snapshots/1/records/*; do
	if grep -q "/records/${record##*/} " log2; then echo "fetched twice: $record"; exit 1; fi
done
finds 'Version: 1.1' < site/current/deb/dists/bookworm/main/binary-amd64/Packages

# apt takes it from the site, and a site behind the site pulls from it with the same checks.
serve site/current log3
mkdir -p apt/lists/partial apt/cache/archives/partial
olga channel client production --format apt --url "$url" > apt/sluice.sources
expect 0 apt-get -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$WORK/apt" -o Dir::State::Lists="$WORK/apt/lists" -o Dir::Cache="$WORK/apt/cache" \
	-o APT::Sandbox::User=root -o Acquire::http::Proxy=false update
expect 0 pull "$url" --into behind
expect 0 "$SLUICE" audit verify behind/current --trust trust.json

# The rate holds over many small files: before the last one everything else has had its time.
began=$(date +%s%N)
expect 0 pull "$url" --into slow --limit-rate 100KB
took=$(($(date +%s%N) - began))
[ "$took" -ge $((($(jq .bytes out) - 65536) * 10000)) ] || { echo "$(jq .bytes out) bytes in $took ns"; exit 1; }

# What lies, or is not there.
serve "$tree" log4 --endless .deb
expect 1 pull "$url" --into fresh
finds E_LIMIT_SIZE < out
serve "$tree" log5 --missing .rpm
expect 4 pull "$url" --into fresh
[ ! -e fresh/current ]
serve "$tree" log6 --no-ranges
expect 0 pull "$url" --into fresh
serve site/snapshots/1 log7
expect 1 pull "$url" --into site
finds E_ROLLBACK < out
expect 4 pull http://127.0.0.1:1/ --into site
expect 2 pull ftp://127.0.0.1/ --into site
expect 2 "$SLUICE" pull "$url" --into site
expect 2 pull "$url" --into site --keep 0
expect 2 pull "$url" --into site --limit-rate x
expect 4 pull "$PWD/site" --into fresh
finds 'DIR/current of a site' < out
expect 2 pull "$url" --into fresh --client-key key.pem
expect 3 "$SLUICE" pull "$url" --into fresh --trust policy.yaml
finds 'sluice trust export' < err
sed 's/"production":/"another":/' trust.json > other.json
expect 1 "$SLUICE" pull "$url" --into fresh --trust other.json
finds 'newer than that file' < err
expect 0 "$SLUICE" audit verify site/current --trust trust.json
