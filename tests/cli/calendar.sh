# A calendar file as the gate would read it: recurring, with time zones, and refused where it is not understood.
cat > night.ics <<'ICS'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:1
SUMMARY:Reporting date
DTSTART;TZID=Europe/Berlin:20260130T200000
DURATION:PT10H
RRULE:FREQ=MONTHLY;BYDAY=-1FR
END:VEVENT
END:VCALENDAR
ICS
"$SLUICE" calendar --file night.ics --from 2026-10-01 --to 2026-12-01 --zone Europe/Berlin > out
cat > want <<'TXT'
2026-10-30T20:00:00+01:00  2026-10-31T06:00:00+01:00  Reporting date
2026-11-27T20:00:00+01:00  2026-11-28T06:00:00+01:00  Reporting date
TXT
diff out want
"$SLUICE" calendar --file night.ics --from 2026-10-01 --to 2026-12-01 --json | jq -e '.busy[0] == {"from": "2026-10-30T19:00:00Z", "until": "2026-10-31T05:00:00Z", "text": "Reporting date", "tentative": false}'

refused() { # CODE WORDS OPTIONS...
	local code=$1 words=$2 got=0
	shift 2
	"$SLUICE" calendar "$@" > out 2> err || got=$?
	[ "$got" = "$code" ] || { echo "want $code, got $got"; cat out err; exit 1; }
	[ ! -s out ]
	grep -qF -- "$words" err || { cat err; exit 1; }
}
sed 's/MONTHLY;BYDAY=-1FR/MINUTELY/' night.ics > often.ics
refused 3 "event 1 'Reporting date': RRULE: it repeats MINUTELY" --file often.ics
sed 's,Europe/Berlin,../../../etc/shadow,' night.ics > zone.ics
refused 3 "is neither known nor described" --file zone.ics
head -n 6 night.ics > half.ics
refused 3 "it ends inside" --file half.ics
sed 's/VEVENT/VTODO/' night.ics > todo.ics
refused 3 "'VTODO' in VCALENDAR" --file todo.ics
refused 2 "--to is not after --from" --file night.ics --from 2026-10-01 --to 2026-09-01
refused 4 "no-such.ics" --file no-such.ics
