# Killed at any moment of submit or release: the next run goes on, and the channel is always one whole, validly signed snapshot. 10 times, 100 with
# SLUICE_FULL=1.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org "deb"
times=10
[ -z "${SLUICE_FULL:-}" ] || times=100
release_acme 1.0 1
tree=$(olga channel tree production)
olga trust export > trust.json

whole() {
	expect 0 "$SLUICE" audit verify "$tree" --trust trust.json
}

# Runs the command and kills its whole process group when that much of the time a good run takes is over. The session leader is the command itself.
killed() { # MILLISECONDS COMMAND...
	local limit=$1
	shift
	python3 - "$limit" "$@" <<-'KILL'
		import os, signal, subprocess, sys
		run = subprocess.Popen(sys.argv[2:], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		try:
		    run.wait(float(sys.argv[1]) / 1000)
		except subprocess.TimeoutExpired:
		    os.killpg(run.pid, signal.SIGKILL)
		    run.wait()
	KILL
}
now() { date +%s%3N; }

acme 1.1
t0=$(now)
expect 0 submit_acme 1.1
took_submit=$(($(now) - t0))
expect 0 pat rfc open C-2 --reason "second release" --urgency low --impact minor
expect 0 carl rfc vote R-2 --role change-manager --decision approve
t0=$(now)
expect 0 pat release R-2 --to production
took_release=$(($(now) - t0))
whole

submit=("$SLUICE" --quiet --store "$store" --as pat --home "$WORK/people/pat" submit "$WORK/vendor/acme-agent-1.1.tar.gz" --recipe "$SOURCES/tests/data/acme/plain.yaml" --signature "$WORK/vendor/acme-agent-1.1.tar.gz.asc")
for ((i = 0; i < times; i++)); do
	if ((i % 2)); then
		killed $((took_submit * (2 * i + 1) / (2 * times))) "${submit[@]}"
	else
		n=$((1000 + i))
		candidate=$("${submit[@]}" | sed -n 1p)
		rfc=$(pat rfc open "$candidate" --reason "run $n" --urgency low --impact minor | sed -n 1p)
		carl rfc vote "$rfc" --role change-manager --decision approve > /dev/null
		killed $((took_release * (2 * i + 1) / (2 * times))) "$SLUICE" --quiet --store "$store" --as pat --home "$WORK/people/pat" release "$rfc" --to production
		whole
		expect 0 pat release "$rfc" --to production
	fi
	whole
done
expect 0 olga audit verify
