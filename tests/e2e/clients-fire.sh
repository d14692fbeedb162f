# Clients refresh while publications run back to back: real apt, dnf and zypper against our server, each refresh a whole state.
# Then several publishers at once, on one channel and on two: no serial twice, none left out, everything in. 18 refreshes; with SLUICE_FULL=1 1,000, and as many
# again through nginx as docs/nginx.conf sets it up.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
each=6 ahead=9 at_once=3 fires=1
[ -z "${SLUICE_FULL:-}" ] || each=${SLUICE_FIRE:-334} ahead=$((each + 8)) at_once=8 fires=2
zypper_there || { zypper_usr=; echo "left out: zypper, which this machine's apt has no packages of"; }
new_org
sed -i 's/^  production: .*/&\n  pilot: {targets: [deb, rpm], valid-for: 7d, apt: {origin: Example, label: Example, suite: bookworm, components: [main]}}/' policy.yaml
sign_detached "$store/trial" policy.yaml
expect 0 olga policy replace policy.yaml --signature policy.yaml.asc

# One package goes the whole way; the others are copies of it with names and digests of their own, each in a candidate and an RfC of its own.
fill=$BUILD/bin/bench_publish_fill
mkdir -p model/opt/bench-000000
echo hello > model/opt/bench-000000/file
tar --owner=0 --group=0 --mtime=@1700000000 -C model -czf bench-000000-1.0.tar.gz opt
sign_detached people/acme bench-000000-1.0.tar.gz
printf 'version: 1\nproduct: bench-000000\nvendor: acme\npackage: {name: bench-000000, version: "1.0"}\n' > recipe.yaml
expect 0 pat submit bench-000000-1.0.tar.gz --recipe recipe.yaml --signature bench-000000-1.0.tar.gz.asc
expect 0 pat rfc open C-1 --reason "the first" --urgency low --impact minor
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 0 pat release R-1 --to production
ready() { # FIRST COUNT FILE: that many RfCs that may be released, their ids in FILE
	local id i
	python3 "$SOURCES/tests/bench/publish_make.py" "$store" C-1 "$1" "$2" 1 made | "$fill" "$store" pat "$WORK/people/pat" > candidates
	while read -r id; do pat rfc open "$id" --reason "more packages" --urgency low --impact minor; done < candidates | grep '^R-' > "$3"
	mapfile -t ids < "$3"
	for ((i = 0; i < $2; i += 50)); do expect 0 carl rfc vote "${ids[@]:i:50}" --role change-manager --decision approve; done
}
ready 1 $ahead rfcs
tree=$(olga channel tree production)

trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
echo 1 > released
publish() { # LAST: one publication after the other until the clients have enough, each with a new package up to the LAST one, then without; `released` holds how many
	local rfc=R-1 released published=0
	released=$(cat released)
	[ "$released" = 1 ] || rfc=${ids[released - 2]}
	until [ -e enough ]; do
		[ "$released" -ge "$1" ] || rfc=${ids[released - 1]}
		pat release "$rfc" --to production > publish.out 2>&1 || { echo "release $rfc failed"; cat publish.out; return 1; }
		published=$((published + 1))
		echo "$published" > published
		[ "$released" -lt "$1" ] || continue
		released=$((released + 1))
		echo "$released" > released.new
		mv released.new released
	done
}

fits() { # WHO BEFORE: what it sees was let out before it asked, or while it did; sets seen
	local after
	after=$(cat released)
	[ "$seen" -ge "$2" ] && [ "$seen" -le $((after + 1)) ] || { echo "$1 sees $seen packages, $2 to $after were let out"; return 1; }
}
apt_refreshes() { # COUNT URL DIR
	local before seen newest i
	apt_client "$3"
	olga channel client production --format apt --url "$2" > "$3/etc/apt/sources.list.d/production.sources"
	export APT_CONFIG=$3/apt.conf
	mkdir -p "$3/took"
	for ((i = 0; i < $1; i++)); do
		before=$(cat released)
		apt-get --error-on=any update > "$3/out" 2>&1 || { echo "apt failed, refresh $i"; cat "$3/out"; return 1; }
		seen=$(grep -c '^Package:' "$3"/var/lib/apt/lists/*_Packages)
		fits apt "$before" || return 1
		[ $((i % 10)) = 9 ] || continue
		newest=$(sed -n 's/^Package: //p' "$3"/var/lib/apt/lists/*_Packages | sort | tail -1)
		(cd "$3/took" && apt-get download "$newest") > "$3/out" 2>&1 || { echo "apt took no $newest"; cat "$3/out"; return 1; }
		dpkg-deb --contents "$3/took/${newest}"_*.deb | finds opt/bench
	done
}
dnf_refreshes() { # COUNT URL DIR
	local before seen newest i
	dnf_client "$3"
	olga channel client production --format dnf --url "$2" > "$3/repos/production.repo"
	for ((i = 0; i < $1; i++)); do
		before=$(cat released)
		dnf_at "$3" --refresh makecache > "$3/out" 2>&1 || { echo "dnf failed, refresh $i"; cat "$3/out"; return 1; }
		zcat "$3/root$3"/cache/production-*/repodata/*-primary.xml.gz > "$3/primary"
		seen=$(grep -c '^<package ' "$3/primary")
		fits dnf "$before" || return 1
		[ $((i % 10)) = 9 ] || continue
		# A copy still carries the signature of what it was copied from: here only that of the metadata counts, and the digest in it.
		newest=$(sed -n 's,.*<name>\(.*\)</name>.*,\1,p' "$3/primary" | sort | tail -1)
		dnf_at "$3" --setopt=production.gpgcheck=0 install --downloadonly "$newest" > "$3/out" 2>&1 || { echo "dnf took no $newest"; cat "$3/out"; return 1; }
		[ -s "$(find "$3/root$3/cache" -name "$newest*.rpm")" ]
	done
}
zypper_refreshes() { # COUNT URL DIR
	local before seen newest i
	[ -n "$zypper_usr" ] || return 0
	zypper_client "$3" "$tree/keys/release.asc" "$tree/keys/package.asc"
	olga channel client production --format zypper --url "$2" > "$3/etc/zypp/repos.d/production.repo"
	echo pkg_gpgcheck=0 > "$3/copies" # as above: the metadata's signature alone
	sed -i -e '/^pkg_gpgcheck/d' -e "/^gpgcheck/r $3/copies" "$3/etc/zypp/repos.d/production.repo"
	for ((i = 0; i < $1; i++)); do
		before=$(cat released)
		zypper_at "$3" refresh > "$3/out" 2>&1 || { echo "zypper failed, refresh $i"; cat "$3/out"; return 1; }
		zcat "$3"/var/cache/zypp/raw/production/repodata/*-primary.xml.gz > "$3/primary"
		seen=$(grep -c '^<package ' "$3/primary")
		fits zypper "$before" || return 1
		[ $((i % 10)) = 5 ] || continue
		newest=$(sed -n 's,.*<name>\(.*\)</name>.*,\1,p' "$3/primary" | sort | tail -1)
		zypper_at "$3" --no-refresh install --download-only "$newest" > "$3/out" 2>&1 || { echo "zypper took no $newest"; cat "$3/out"; return 1; }
		[ -s "$(find "$3/var/cache/zypp/packages" -name "$newest*.rpm")" ]
	done
}
fire() { # COUNT URL NAME LAST: an apt, a dnf and a zypper side by side, while packages up to LAST are published
	local publisher pids=() who failed=
	rm -f enough
	publish "$4" &
	publisher=$!
	for who in apt dnf zypper; do
		${who}_refreshes "$1" "$2" "$WORK/$who-$3" &
		pids+=($!)
	done
	for who in "${pids[@]}"; do wait "$who" || failed=clients; done
	touch enough
	wait $publisher || failed="$failed publisher"
	[ -z "$failed" ] || { echo "$3 failed:$failed"; exit 1; }
	echo "$3: $((3 * $1)) refreshes during $(cat published) publications, $(cat released) packages let out"
}
serve_store
fire "$each" "${url}production" sluice $(((ahead - at_once) / fires))
if [ "$fires" = 2 ]; then
	serve_nginx "$store/channels" 127.0.0.1:0
	fire "$each" "${url}production" nginx $((ahead - at_once))
fi

# ---- several publishers at once
rest=("${ids[@]: -at_once}")
serial=$(jq .serial "$tree/release.json")
publishers=()
for rfc in "${rest[@]}"; do
	pat release "$rfc" --to production > "$rfc.out" 2>&1 &
	publishers+=($!)
	pat release "$rfc" --to pilot > "$rfc.pilot.out" 2>&1 &
	publishers+=($!)
done
for pid in "${publishers[@]}"; do wait "$pid" || { cat R-*.out; exit 1; }; done
olga trust export > trust.json
for channel in production pilot; do
	expect 0 "$SLUICE" audit verify "$(olga channel tree "$channel")" --trust trust.json
	expect 0 olga channel history "$channel" --last 100000 --json
	jq -e '[.history[] | select(.serial) | .serial] as $s | $s == [range(1; ($s | length) + 1)]' out > /dev/null || { cat out; exit 1; }
done
[ "$(jq .serial "$tree/release.json")" = $((serial + ${#rest[@]})) ]
for rfc in "${rest[@]}"; do jq -e --arg r "$rfc" 'any(.releases[]; .rfc == $r)' "$tree/release.json" > /dev/null; done
jq -e '.serial >= 2 and (.releases | length) == .serial' "$(olga channel tree pilot)/release.json" > /dev/null
expect 0 olga audit verify
