# Advisories that a release answers reach real clients: dnf and zypper list and take an update by its CVE, its severity and its number, whoever named it.
# needs: root
. "$SOURCES/tests/e2e/_org.sh"
. "$SOURCES/tests/e2e/_clients.sh"
new_org rpm
release_acme 1.0 1
tree=$(olga channel tree production) d=$WORK/dnf url=file://$store/channels/production/current
dnf_client "$d"
olga channel client production --format dnf --url "$url" > "$d/repos/production.repo"
dnf() { dnf_at "$d" "$@"; }
expect 0 dnf install org-acme-agent
cp "$(find -L "$tree/rpm" -name 'org-acme-agent*.rpm')" old.rpm
expect 0 dnf updateinfo list --security
if grep -q R- out; then echo "an update that answers nothing is no security update"; exit 1; fi
has_zypper=yes z=$WORK/zypper
zypper_there || { has_zypper=; echo "left out: zypper, which this machine's apt has no packages of"; }
zypper() { zypper_at "$z" "$@"; }
if [ -n "$has_zypper" ]; then
	zypper_client "$z" "$tree/keys/release.asc" "$tree/keys/package.asc"
	olga channel client production --format zypper --url "$url" > "$z/etc/zypp/repos.d/production.repo"
	expect 0 zypper install org-acme-agent
fi

# The vendor's advisory says what 1.1 mends; the RfC names another one, and no CVE of this.
jq '.document.references = [{category: "external", summary: "x", url: "https://other.example/"}, {category: "self", summary: "x", url: "https://acme.example/sa?id=1&v=2"}]' \
	"$SOURCES/tests/data/csaf/acme-agent.json" > advisory.json
expect 0 carl advisory import advisory.json
acme 1.1
expect 0 submit_acme 1.1
expect 0 pat rfc open C-2 --reason "release 1.1" --urgency low --impact minor --field cve="CVE-2026-99999, ACME-SA-2026-000"
expect 0 carl rfc vote R-2 --role change-manager --decision approve
expect 0 pat release R-2 --to production
jq -e '.releases[] | select(.rfc == "R-2").notice | .severity == "Critical" and (.advisories == [{id: "ACME-SA-2026-001", severity: "critical", url: "https://acme.example/sa?id=1&v=2", cves: ["CVE-2026-12345"]}])' \
	"$tree/release.json" > /dev/null
zcat "$tree/rpm/$(grep -o 'repodata/[0-9a-f]*-updateinfo.xml.gz' "$tree/rpm/repodata/repomd.xml")" > updateinfo.xml
python3 - << 'PYTHON'
import xml.etree.ElementTree
updates = {u.findtext("id"): u for u in xml.etree.ElementTree.parse("updateinfo.xml").getroot()}
assert updates["R-2"].get("type") == "security" and updates["R-2"].findtext("severity") == "Critical"
found = {(r.get("type"), r.get("id"), r.get("href")) for r in updates["R-2"].iter("reference")}
assert found == {("self", "R-2", ""), ("vendor", "ACME-SA-2026-001", "https://acme.example/sa?id=1&v=2"), ("cve", "CVE-2026-12345", ""), ("cve", "CVE-2026-99999", ""),
                 ("other", "ACME-SA-2026-000", "")}, found
PYTHON
expect 0 olga audit verify
olga trust export > trust.json
expect 0 "$SLUICE" audit verify "$tree" --trust trust.json

lists() { # WORD...
	expect 0 dnf updateinfo list "$@"
	grep -q '^R-2 .*org-acme-agent-1.1-1.noarch' out || { cat out; exit 1; }
}
expect 0 dnf --refresh makecache
lists --security
lists --cve CVE-2026-12345
lists --cve CVE-2026-99999
lists --advisory R-2
lists --sec-severity Critical
expect 0 dnf updateinfo list --cve CVE-2026-1234
if grep -q '^R-' out; then echo "a CVE that nobody named"; exit 1; fi
expect 0 dnf updateinfo info --advisory R-2
grep -q 'CVEs: CVE-2026-12345' out
grep -q 'Severity: Critical' out
back() { HOME=$d/home rpm --root "$d/root" -U --oldpackage old.rpm; }
takes() { # WORD...: from 1.0 to 1.1
	expect 0 dnf upgrade "$@"
	[ "$(HOME=$d/home rpm --root "$d/root" -q org-acme-agent)" = org-acme-agent-1.1-1.noarch ] || { cat out; exit 1; }
}
expect 0 dnf upgrade --cve CVE-2026-1234
expect 0 dnf upgrade --sec-severity Low
[ "$(HOME=$d/home rpm --root "$d/root" -q org-acme-agent)" = org-acme-agent-1.0-1.noarch ]
takes --cve CVE-2026-12345
back
takes --advisory R-2
back
takes --security
[ -n "$has_zypper" ] || exit 0
expect 0 zypper refresh
expect 0 zypper list-patches --cve=CVE-2026-12345
grep -q '| R-2 *| security *| critical' out
expect 0 zypper patch --category security
HOME=$z rpm --root "$z" -q org-acme-agent | grep -qx org-acme-agent-1.1-1.noarch
