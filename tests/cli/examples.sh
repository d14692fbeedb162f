# The example recipe and house, as they are handed out: check, and a conversion in which every key is seen to act.
. "$SOURCES/tests/cli/_expect.sh"
cp -r "$SOURCES/tests/data/example" example
expect 0 "$SLUICE" recipe check example/recipe.example.yaml --house example/house.example.yaml
[ ! -s out ] || { cat out; exit 1; }

# The vendor's package, with what the recipe's rules are about.
mkdir -p v/DEBIAN v/opt/acme/{bin,etc,lib} v/usr/share/doc
printf '#!/bin/sh\necho agent\n' > v/opt/acme/bin/acme-agent
echo 'port = 1' > v/opt/acme/etc/agent.conf
echo symbols > v/opt/acme/lib/agent.pdb
echo old > v/opt/acme/lib/data
chmod 700 v/opt/acme/bin/acme-agent
cat > v/DEBIAN/control <<'END'
Package: acme-agent
Version: 4.2.0-3
Architecture: amd64
Maintainer: Acme <support@acme.example>
Depends: libssl3
Description: the vendor's own words
END
dpkg-deb -b --root-owner-group v acme-agent_4.2.0.deb > /dev/null

# `inner` is about an archive with packages in it; here the package comes by itself.
sed '/^  inner:/d' example/recipe.example.yaml > example/recipe.yaml
expect 0 "$SLUICE" --json convert acme-agent_4.2.0.deb --to deb12,el9 --output made --recipe example/recipe.yaml --house example/house.example.yaml
cp out result.json
deb=made/org-acme-agent_4.2.0-1~deb12_amd64.deb rpm=made/org-acme-agent-4.2.0-1.el9.x86_64.rpm
[ -e "$deb" ] && [ -e "$rpm" ] || { ls made; exit 1; }

see() { grep -qE -- "$2" "$1" || { echo "$1 has no '$2'"; cat "$1"; exit 1; }; }
see_not() { grep -qE -- "$2" "$1" && { echo "$1 has '$2'"; cat "$1"; exit 1; } || true; }
dpkg-deb -f "$deb" > control
see control '^Package: org-acme-agent$'
see control '^Maintainer: Packaging Team <packaging@example.org>$'
see control '^License: LicenseRef-Acme$'
see control '^Description: Acme monitoring agent$'
see control '^Depends: .*libssl3'
see control '^(Pre-)?Depends: .*libc6 \(>= 2\.36\)'
see control '^Conflicts: .*acme-agent'
see control '^Replaces: .*acme-agent \(<< 4\.0\)'
see_not control 'openssl-libs'
rpm -qp --qf '%{name}|%{vendor}|%{packager}|%{license}|%{summary}|%{arch}\n[%{changelogtext}\n]' "$rpm" > tags
see tags '^org-acme-agent\|.*LicenseRef-Acme\|Acme monitoring agent\|x86_64$'
see tags '4\.2\.0: -' # the house's changelog; no RfC can be named yet
rpm -qp --requires "$rpm" > requires
see requires '^glibc >= 2\.36$'
see requires '^openssl-libs'
rpm -qp --conflicts "$rpm" > conflicts
see conflicts '^acme-agent'
rpm -qp --obsoletes "$rpm" > obsoletes
see obsoletes '^acme-agent < 4\.0'

# files
dpkg-deb -c "$deb" > list
see list '^-rwxr-xr-x root/root .* \./opt/org/acme/bin/acme-agent$'
see list '^drwxr-x--- acme/root .* \./var/lib/acme/$'
see list '^lrwxrwxrwx .* \./usr/bin/acme-agent -> /opt/org/acme/bin/acme-agent$'
see list ' \./lib/systemd/system/acme-agent\.service$'
see_not list '\.pdb|\./opt/acme'
dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles > conffiles
see conffiles '^/opt/org/acme/etc/agent\.conf$'
rpm -qp --qf '[%{filenames} %{fileflags:fflags} %{fileusername}\n]' "$rpm" > files
see files '^/opt/org/acme/etc/agent\.conf cn root$'
see files '^/var/lib/acme  acme$'

# users, services, scripts: ours around the vendor's, the house's last
dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./preinst > preinst
see preinst "adduser --quiet --system --ingroup 'acme' .*useradd --system .*--home-dir '?/var/lib/acme'?"
see preinst 'stops the agent that was installed by hand'
dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./postinst > postinst
see postinst 'sluice_unit=acme-agent.service'
see postinst 'tells the inventory'
see postinst 'one line in the log of installations'
rpm -qp --scripts "$rpm" > scripts
see scripts 'one line in the log of installations'
see scripts 'systemctl enable'
ar t "$deb" > members
see members '^data\.tar\.xz$'
[ "$(rpm -qp --qf '%{payloadcompressor}' "$rpm")" = zstd ]

# Word for word, with `inner`: an archive with the package in it as an rpm.
mkdir -p upload/rpms
expect 0 "$SLUICE" --quiet convert acme-agent_4.2.0.deb --to rpm --output upload/rpms
tar -czf acme-upload.tar.gz -C upload rpms
expect 0 "$SLUICE" recipe check example/recipe.example.yaml acme-upload.tar.gz --house example/house.example.yaml
grep "warning: the vendor's file has no script for 'verify'" out
grep "warning: 'strip' is for plain archives" out
[ "$(wc -l < out)" = 2 ] || { cat out; exit 1; }
expect 0 "$SLUICE" --json convert acme-upload.tar.gz --to deb12,el9 --output inner --recipe example/recipe.example.yaml --house example/house.example.yaml
[ "$(jq -r '.outputs[].path' out | LC_ALL=C sort)" = "inner/org-acme-agent-4.2.0-1.el9.x86_64.rpm
inner/org-acme-agent_4.2.0-1~deb12_amd64.deb" ]
[ "$(find inner -name '*.json' | wc -l)" = 4 ] # the house's sbom
rpm -qp --qf '[%{filenames} %{fileflags:fflags}\n]' inner/*.rpm > files
see files '^/opt/org/acme/etc/agent\.conf cn'
tar -czf other.tar.gz -C v opt
expect 2 "$SLUICE" recipe check example/recipe.example.yaml other.tar.gz --house example/house.example.yaml
grep -E "^example/recipe.example.yaml:7:[0-9]+: error: nothing in other.tar.gz fits 'rpms/acme-agent-\*.rpm'" out

# The house's rules refuse, and say where.
refuse() { # CODE TEXT RULE: a recipe with one more rule
	sed "s|^files: .*|&\n  - $3|" example/recipe.yaml > example/bad.yaml
	expect "$1" "$SLUICE" convert acme-agent_4.2.0.deb --to deb12 --output no --recipe example/bad.yaml --house example/house.example.yaml
	grep -qE -- "$2" err || { echo "no '$2'"; cat err; exit 1; }
	[ ! -e no ]
}
refuse 3 'lies in /home, which the house forbids' '{move: /opt/acme/lib, to: /home/acme}'
refuse 3 "belongs to 'nobody', whom neither the house knows" '{match: "/opt/acme/lib/*", owner: nobody}'
refuse 2 'bad.yaml:[0-9]+:[0-9]+: ' '{add: files/nothing, as: /opt/x}'
printf '#!/usr/bin/ruby\n' > example/scripts/register.sh
expect 2 "$SLUICE" convert acme-agent_4.2.0.deb --to deb12 --output no --recipe example/recipe.yaml --house example/house.example.yaml
grep -qE 'recipe.yaml:[0-9]+:[0-9]+: scripts/register.sh runs /usr/bin/ruby, which the house does not allow' err

# Limits of the house hold.
for limit in 'output: 10' 'entries: 2' 'path: 16' 'depth: 2' 'script: 1'; do
	sed "s|^limits: .*|limits: {$limit}|" example/house.example.yaml > example/house.yaml

	expect 3 "$SLUICE" convert "$SOURCES/tests/data/fidelity/full.deb" --to deb --output no --house example/house.yaml
	grep -q 'E_LIMIT_' err || { echo "no limit: $limit"; cat err; exit 1; }
done
for limit in 'path: 1' 'memory: 1KiB' 'time: 0s' 'depth: x' 'script: 1GiB' 'colour: 1'; do
	sed "s|^limits: .*|limits: {$limit}|" example/house.example.yaml > example/house.yaml
	expect 2 "$SLUICE" convert acme-agent_4.2.0.deb --to deb --output no --house example/house.yaml
	grep -qE 'example/house.yaml:[0-9]+:[0-9]+: ' err || { echo "no place: $limit"; cat err; exit 1; }
done

# Special files come in only when the recipe says so.
mkdir special
mkfifo special/pipe
tar -cf special-1.0.tar -C special pipe
printf 'product: special\n' > special.yaml
expect 3 "$SLUICE" convert special-1.0.tar --to deb --output no --recipe special.yaml
grep -q E_SPECIAL_FILE err
printf 'product: special\nsource: {devices: true}\n' > special.yaml
expect 0 "$SLUICE" convert special-1.0.tar --to deb,rpm --output made --recipe special.yaml
dpkg-deb -c made/special_1.0-1_all.deb | grep -e '^prw.* \./pipe$'
rpm -qp --qf '[%{filemodes:perms} %{filenames}\n]' made/special-1.0-1.noarch.rpm | grep -e '^p.* /pipe$'
