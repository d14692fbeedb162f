# The gate cannot be walked around: no votes, own votes, an edited database, a replayed vote, the signer asked directly.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
new_org
acme 1.0
expect 0 submit_acme 1.0
grep -qx 'C-1' <(head -n 1 out)
expect 0 pat rfc open C-1 --reason "first release" --urgency low --impact minor
grep -qx 'R-1' <(head -n 1 out)

# What says nothing, or says it twice.
expect 2 pat rfc open C-1 --reason " " --urgency low --impact minor
expect 2 pat rfc open C-1 --reason x --urgency low --impact minor --window 2099-01-01T20:00Z/0s
expect 2 pat rfc open C-1 --reason x --urgency low --impact minor --field candidates=C-2
expect 2 carl rfc vote R-1 R-1 --role change-manager --decision approve
expect 2 pat candidate withdraw C-1 --reason " "
expect 2 pat candidate withdraw C-1 --reason x --superseded-by C-1

# A candidate is no RfC; an edit says what changed, what was taken out too; times are UTC for programs and in the policy's zone for people.
expect 2 olga gate C-1
grep -q 'there is no RfC C-1' err
expect 2 pat rfc open --reason x --urgency low --impact minor
grep -q 'names no candidate' err
expect 0 pat rfc edit R-1 --field window=2099-01-01T20:00Z/1h --field reason="the first release"
expect 1 olga gate R-1
grep -qE "^ +window .* 2099-01-01T21:00:00\\+01:00 to 2099-01-01T22:00:00\\+01:00$" out
expect 1 olga gate R-1 --json
jq -e 'any(.reasons[]; .rule == "window" and (.text | contains("2099-01-01T20:00:00Z")))' out > /dev/null
expect 0 pat rfc schedule R-1 --at 2099-01-01T20:30Z
expect 0 olga calendar --from 2099-01-01 --to 2099-01-02
grep -qx "  2099-01-01T21:30:00+01:00  2099-01-01T22:30:00+01:00  R-1: the first release" out
expect 0 pat --json rfc edit R-1 --field window=
jq -e '.changed == ["window"]' out > /dev/null
expect 0 carl rfc vote R-1 --role change-manager --decision abstain
for show in "rfc show R-1" "rfc export"; do
	expect 0 olga --json $show
	jq -e '[(.rfcs[0] // .).votes[].time | test("^[0-9-]{10}T[0-9:]{8}Z$")] == [true]' out > /dev/null
done
expect 1 dana rfc vote R-1 --role change-manager --decision approve
grep -q 'it is held by carl' err

# Nobody has voted for it.
expect 1 olga gate R-1 --json
jq -e '.allow == false and (.reasons | length > 0) and all(.reasons[]; has("rule") and has("text"))' out > /dev/null
expect 1 pat release R-1 --to production
[ ! -e "$(olga channel tree production)/release.json" ]

# The requester may not vote, nor may somebody who does not hold the role.
expect 1 pat rfc vote R-1 --role change-manager --decision approve
expect 1 olga gate R-1

# A hand in the database.
for table in $(sqlite3 "$store/catalogue.db" "select name from sqlite_master where type = 'table'"); do
	for column in $(sqlite3 "$store/catalogue.db" "select name from pragma_table_info('$table')"); do
		case $column in
		state | status | outcome | verdict | decision) sqlite3 "$store/catalogue.db" "update $table set $column = 'approved'" 2> /dev/null || : ;;
		esac
	done
done
expect 1 olga gate R-1
expect 1 pat release R-1 --to production
[ ! -e "$(olga channel tree production)/release.json" ]

# A target that no channel can publish is the policy's mistake, and nothing is built for it.
store=$WORK/other-store
new_org "deb, pacman"
acme 1.0
expect 2 submit_acme 1.0
grep -q 'the target pacman, which is pacman: channels publish deb and rpm' err
expect 0 olga --json candidate list
jq -e '.candidates == []' out > /dev/null
