# people.sh - sourced by ./demo and the end-to-end tests: keys for made-up people, and a policy that names them.

new_key() { # HOME NAME
	mkdir -p "$1" && chmod 700 "$1"
	gpg --homedir "$1" --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key "$2" ed25519 sign never 2>/dev/null
}

fingerprint() { # HOME
	gpg --homedir "$1" --batch --with-colons --list-keys 2>/dev/null | awk -F: '/^fpr/ {print $10; exit}'
}

sign_detached() { # HOME FILE: FILE.asc
	rm -f "$2.asc"
	gpg --homedir "$1" --batch --quiet --armor --detach-sign --output "$2.asc" "$2" 2>/dev/null
}

# An organisation in FOLDER around STORE (already made by `sluice init`): Olga (the trial person) owns the policy, Pat packages, Carl and Dana vote, Acme and
# Debian are vendors. Leaves FOLDER/{people/,keyring.asc,policy.yaml,policy.yaml.asc}. TARGETS: "deb12, el9".
make_policy() { # FOLDER STORE TARGETS
	local folder=$1 store=$2 targets=$3 who debian_keys debian=/usr/share/keyrings/debian-archive-keyring.gpg
	for who in pat carl dana acme; do
		[ -d "$folder/people/$who" ] || new_key "$folder/people/$who" "$who <$who@example.org>"
	done
	{
		gpg --homedir "$store/trial" --batch --armor --export 2>/dev/null
		for who in pat carl dana acme; do gpg --homedir "$folder/people/$who" --batch --armor --export 2>/dev/null; done
		gpg --homedir "$folder/people/acme" --no-default-keyring --keyring "$debian" --batch --armor --export 2>/dev/null
	} > "$folder/keyring.asc"
	debian_keys=$(gpg --homedir "$folder/people/acme" --show-keys --with-colons "$debian" 2>/dev/null |
		awk -F: '$1 == "pub" {p = 1} $1 == "fpr" && p {printf "%s\"openpgp:%s\"", sep, $10; sep = ", "; p = 0}')
	cat > "$folder/policy.yaml" <<-POLICY
		version: 1
		organisation: Example AG
		timezone: Europe/Berlin
		keyring: keyring.asc
		people:
		  trial: {name: Olga Owner, keys: ["openpgp:$(fingerprint "$store/trial")"]}
		  pat: {name: Pat Packager, keys: ["openpgp:$(fingerprint "$folder/people/pat")"]}
		  carl: {name: Carl Change, keys: ["openpgp:$(fingerprint "$folder/people/carl")"]}
		  dana: {name: Dana Desk, keys: ["openpgp:$(fingerprint "$folder/people/dana")"]}
		owners: {threshold: 1, people: [trial]}
		roles:
		  packager: [pat]
		  change-manager: [carl]
		  cab: [carl, dana, trial]
		  security-officer: [trial]
		vendors:
		  acme: {name: Acme GmbH, keys: ["openpgp:$(fingerprint "$folder/people/acme")"]}
		  debian: {name: Debian, keys: [$debian_keys]}
		priority:
		  low: {minor: low, significant: low, far-reaching: medium}
		  medium: {minor: low, significant: medium, far-reaching: high}
		  high: {minor: medium, significant: high, far-reaching: critical}
		categories:
		  minor: {evidence: [vendor-signature, test, comparison], votes: [{role: change-manager, count: 1}]}
		  significant: {evidence: [vendor-signature, test, comparison], votes: [{role: cab, count: 2}]}
		  far-reaching: {evidence: [vendor-signature, test, comparison], votes: [{role: security-officer, count: 1, first: true}, {role: cab, count: 2}]}
		separation: {requester-may-vote: false, submitter-may-vote: false, implementer-may-vote: false}
		schedule: optional
		unmapped: warn
		findings: {fail-on: high, accept: {default: [change-manager], "tls-*": [security-officer], "config-weakened": [security-officer], "url-cleartext": [security-officer], "trust-changed": [security-officer], "system-weakened": [security-officer], "recipe-changed": [packager]}}
		unsigned-vendor: {allow: false}
		channels:
		  production: {targets: [$targets], valid-for: 7d, apt: {origin: Example, label: Example, suite: bookworm, components: [main]}}
	POLICY
	sign_detached "$store/trial" "$folder/policy.yaml"
}
