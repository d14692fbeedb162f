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

# Nobody has voted.
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
rm -rf "$WORK/people"
new_org "deb, pacman"
acme 1.0
expect 2 submit_acme 1.0
grep -q 'the target pacman, which is pacman: channels publish deb and rpm' err
expect 0 olga --json candidate list
jq -e '.candidates == []' out > /dev/null
