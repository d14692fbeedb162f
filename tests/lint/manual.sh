# Every command and option that --help knows is in the manual, and every command there has help.
: "${SLUICE:?}" "${SOURCES:?}"
"$SLUICE" --help > help
awk '/^commands$/ {on = 1; next} /^options$/ {on = 0} on && NF {print}' help | sed -E 's/^  (([a-z-]+)( [a-z-]+)?)  +.*/\1/' > commands
[ "$(wc -l < commands)" -gt 20 ]
page=$SOURCES/docs/sluice.1.scd
while read -r name; do
	"$SLUICE" $name --help > one
	grep -q "^usage: sluice $name" one || { echo "no help for: $name"; exit 1; }
	grep -q "sluice $name\\*" "$page" || { echo "not in the manual: $name"; exit 1; }
	for option in $(sed -n '/^options$/,/^options of every/p' one | grep -oE '^  --[a-z-]+'); do
		grep -q -- "\\*$option\\*" "$page" || { echo "not in the manual: $name $option"; exit 1; }
	done
done < commands
