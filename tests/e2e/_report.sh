# _report.sh - sourced by end-to-end tests: is a report what the contract says, key for key (tests/data/sandbox/report.schema.json)?
keep() { # REPORT.JSON: as it is now, for `fits kept/*` at the end: one look at all of them takes a quarter of a second, as one look at each does
	mkdir -p kept
	cp "$1" "$(mktemp kept/XXXXXX)"
}
fits() { # REPORT.JSON...
	python3 -c '
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
wrong = 0
for path in sys.argv[2:]:
    for error in sorted(Draft202012Validator(schema).iter_errors(json.load(open(path))), key=lambda e: e.json_path):
        print("%s: %s: %s" % (path, error.json_path, error.message[:300]))
        wrong = 1
sys.exit(wrong)' "$SOURCES/tests/data/sandbox/report.schema.json" "$@"
}
