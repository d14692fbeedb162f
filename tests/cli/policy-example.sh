# The example of a policy: every key of the schema stands in it, and it can be put in force.
. "$SOURCES/tests/cli/_expect.sh"
cp "$SOURCES/docs/policy.example.yaml" policy.yaml
mkdir calendars
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nEND:VCALENDAR\r\n' | tee calendars/reporting.ics > calendars/maintenance.ics
expect 0 "$SLUICE" policy check policy.yaml
grep -q '^policy.yaml: can be put in force$' out || { cat out; exit 1; }
tr -s ' \n' ' ' < out > words
for line in 'Site south of pilot-machines signs its receipts' 'Site east of pilot-machines has no key' 'Channel production may be signed to be carried elsewhere, for 30d'; do
	grep -qF "$line" words || { echo "not said: $line"; cat out; exit 1; }
done
if grep -q 'Seldom meant' out; then cat out; exit 1; fi

grep -oE '\{ "[a-z-]+", &' "$SOURCES/release/gate/policy_schema.c" | tr -dc 'a-z\n-' | LC_ALL=C sort -u > keys
[ "$(wc -l < keys)" -gt 70 ]
while read -r key; do
	grep -qE -- "(^|[^a-z-])$key([^a-z-]|\$)" policy.yaml || { echo "not in docs/policy.example.yaml: $key"; exit 1; }
done < keys
