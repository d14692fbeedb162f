# The whole log as one file: trust.json alone is enough to check it; what was cut out, changed or chained anew is told.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
acme 1.0
expect 0 submit_acme 1.0
expect 0 pat rfc open C-1 --reason "release 1.0" --urgency low --impact minor
expect 1 pat release R-1 --to production
expect 0 carl rfc vote R-1 --role change-manager --decision approve
expect 0 pat release R-1 --to production
expect 0 olga advisory import "$SOURCES/tests/data/csaf/acme-agent.json" --json
jq -e '.state == "open" and ([.affected[].target] == ["deb", "rpm"]) and .affected[0].rfc == "R-1"' out > /dev/null
expect 0 olga trust export
cp out trust.json
expect 0 olga audit export --output log.jsonl --json
jq -e '.signed_row > 5 and .records > 5 and .blobs > 20' out > /dev/null
expect 0 "$SLUICE" audit verify log.jsonl --trust trust.json --json
jq -e '.ok and .releases == 1 and .findings == []' out > /dev/null
cat > forge.py <<'PY'
import hashlib, json, sys
how, lines = sys.argv[1], [json.loads(l) for l in open("log.jsonl")]
head, rows, blobs = lines[0], [l["row"] for l in lines if "row" in l], [l for l in lines if "blob" in l]
if how == "refusal": rows.remove(next(r for r in rows if r["outcome"] != "ok"))
if how == "vote": rows.remove(next(r for r in rows if r["action"] == "vote"))
if how == "record": next(b for b in blobs if '"type":"vote"' in b.get("text", ""))["text"] += " "
if how == "end": rows = rows[:-2]
previous = ""
for n, r in enumerate(rows, 1):
    r["seq"], r["previous"] = n, previous
    r.pop("hash")
    previous = r["hash"] = hashlib.sha256(json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
if how != "end": head["rows"], head["head"] = len(rows), previous
for l in [head] + [{"row": r} for r in rows] + blobs: print(json.dumps(l))
PY
for how in none refusal vote record end; do
	python3 forge.py $how > forged.jsonl
	expect $([ $how = none ] && echo 0 || echo 1) "$SLUICE" audit verify forged.jsonl --trust trust.json
	case $how in
	refusal) grep -q 'is not the one that was signed into serial 1' out ;;
	vote) grep -q 'follows a row that is not there any more' out ;;
	record) grep -q 'its bytes have become' out ;;
	end) grep -q 'does not end where its first line says' out ;;
	esac
done
jq '.policy = "'"$(printf %064d 1)"'"' trust.json > other.json
expect 1 "$SLUICE" audit verify log.jsonl --trust other.json
grep -q 'is not the pinned one' out
head -c 3000 log.jsonl > half.jsonl
expect 3 "$SLUICE" audit verify half.jsonl --trust trust.json
