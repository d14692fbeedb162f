# targets.sh - one update for several distributions in one pass: what differs between targets is the suffix, codec, names and the recipe's own
# relations; names come from the house's scheme, versions from the vendor or, where the house does not keep them, from the recipe.
mkdir -p acme/DEBIAN acme/opt/acme
cat > acme/DEBIAN/control <<'CONTROL'
Package: acme-agent
Version: 2:4.2.0~rc1-3
Architecture: amd64
Maintainer: Acme <acme@example.org>
Depends: libc6 (>= 2.36), acme-lib (>= 1:2.0-1), acme-data (= 2:4.2.0~rc1-3), foo | bar
Recommends: acme-doc
Provides: agent (= 4)
Description: Acme's agent
CONTROL
echo agent > acme/opt/acme/agent
dpkg-deb --root-owner-group -b acme vendor.deb > /dev/null

cat > house.yaml <<'HOUSE'
version: 1
organisation: Example AG
targets:
  deb12: {format: deb, suffix: "~deb12", codec: xz}
  el9: {format: rpm, suffix: .el9, codec: zstd}
  arch: {format: pacman, suffix: .1, codec: zstd}
  alpine: {format: apk, suffix: _p1}
  plain: {format: tar.zst}
names: {scheme: "org-{vendor.name}"}
map:
  - {deb: "acme-lib (>= {v})", rpm: "acme-libs >= {v}", pacman: "acmelib>={v}", apk: "acme-lib1>={v}"}
  - {pacman: "arch-only>={v}", apk: alpine-only}
HOUSE
cat > recipe.yaml <<'RECIPE'
version: 1
product: acme-agent
relations: {requires: [curl], conflicts: [acme-agent]}
targets:
  deb12: {requires: ["libcap2 (>= 1:2.10)"]}
  el9: {requires: ["libc6 (>= 2.30)"]}
  arch: {requires: [extra-arch]}
  alpine: {requires: ["extra-alpine >= 1.2"]}
RECIPE

"$SLUICE" convert vendor.deb --house house.yaml --recipe recipe.yaml --to deb12,el9,arch,alpine,plain --output out --json > result
test "$(ls out | wc -l)" = 5
field() { dpkg-deb -f out/*.deb "$1"; }
[ "$(field Package) $(field Version)" = "org-acme-agent 2:4.2.0~rc1-3~deb12" ]
[ "$(field Depends)" = "libc6 (>= 2.36), acme-lib (>= 1:2.0-1), acme-data (= 2:4.2.0~rc1-3~deb12), foo | bar, curl, libcap2 (>= 1:2.10)" ] # the same name is another family's, too
[ "$(rpm -qp --qf '%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{PAYLOADCOMPRESSOR}' out/*.rpm)" = "org-acme-agent 2:4.2.0~rc1-3.el9 zstd" ]
rpm -qp --requires out/*.rpm | grep -v '^rpmlib\|^/' | sort > requires
printf '%s\n' '(foo or bar)' 'acme-data = 2:4.2.0~rc1-3.el9' 'acme-libs >= 2.0' curl 'glibc >= 2.36' | sort > want
diff want requires
tar -xOf out/*.pkg.tar.zst .PKGINFO > pkginfo
for line in 'pkgname = org-acme-agent' 'pkgver = 2:4.2.0rc1-3.1' 'depend = glibc>=2.36' 'depend = acmelib>=2.0' 'depend = acme-data=2:4.2.0rc1-3.1' \
	'depend = foo' 'depend = curl' 'depend = extra-arch' 'optdepend = acme-doc' 'provides = agent=4' 'conflict = acme-agent' 'arch = x86_64'; do
	grep -qxF "$line" pkginfo || { echo "pacman: no '$line'"; cat pkginfo; exit 1; }
done
tar -xzOf out/*.apk .PKGINFO > pkginfo 2> /dev/null || gzip -dc out/*.apk | tar -xiO .PKGINFO > pkginfo
for line in 'pkgname = org-acme-agent' 'pkgver = 1000000000000002.4.2.0_rc1_p3_p1-r0' 'depend = gcompat' 'depend = acme-lib1>=2.0' 'depend = foo' \
	'depend = extra-alpine>=1.2' 'provides = agent=4-r0' 'depend = !acme-agent' 'arch = x86_64'; do
	grep -qxF "$line" pkginfo || { echo "apk: no '$line'"; cat pkginfo; exit 1; }
done

# Every relation that is not as it was is told, and how.
told() { jq -e --arg t "$1" --arg w "$2" --arg y "$3" '[.lost[] | select(.target == $t and .what == $w and (.why | startswith($y)))] | length == 1' result > /dev/null ||
	{ echo "not told: $*"; exit 1; }; }
told el9 'relation:requires libc6 (>= 2.36)' 'mapped: glibc, by Sluice'
told el9 'relation:requires acme-lib (>= 1:2.0-1)' "mapped: acme-libs, by the house's map"
told el9 'relation:requires acme-data (= 2:4.2.0~rc1-3)' guessed:
told arch 'relation:requires foo | bar' changed:
told alpine 'relation:recommends acme-doc' dropped:
told alpine 'relation:requires libc6 (>= 2.36)' guessed:
told alpine 'epoch:2' 'apk knows no epochs'
told plain 'relation:requires foo | bar' dropped:

# A suffix that makes no version there, a map with one side: the house's mistakes, told with their place.
fails() { # TEXT ARGS...
	text=$1
	shift
	status=0
	"$SLUICE" "$@" > /dev/null 2> err || status=$?
	[ "$status" = 2 ]
	grep -qF "$text" err || { cat err; exit 1; }
}
sed 's/suffix: _p1/suffix: .el9/' house.yaml > bad.yaml
fails 'is no version for apk' convert vendor.deb --house bad.yaml --to alpine --output none
printf 'version: 1\nmap: [{deb: a, rpm: b}, {deb: x}]\n' > bad.yaml
fails 'bad.yaml:2' convert vendor.deb --house bad.yaml --to deb --output none

# versions: {keep: false}: the vendor's version is not taken.
printf 'versions: {keep: false}\n' >> house.yaml
fails 'does not keep' convert vendor.deb --house house.yaml --recipe recipe.yaml --to el9 --output none
"$SLUICE" convert vendor.deb --house house.yaml --recipe recipe.yaml --to el9,arch --output kept --set version=7.1 --json > result
[ "$(rpm -qp --qf '%{EPOCH} %{VERSION}-%{RELEASE}' kept/*.rpm)" = "(none) 7.1-1.el9" ]
tar -xOf kept/*.pkg.tar.zst .PKGINFO | finds -xF 'pkgver = 7.1-1.1'
rpm -qp --requires kept/*.rpm | finds -xF 'acme-data = 7.1-1.el9'
told el9 'version:4.2.0~rc1-3' 'the house does not keep'
printf 'package: {version: {match: "agent-([0-9.]*)[.]deb"}, release: "5", epoch: 1}\n' >> recipe.yaml
cp vendor.deb agent-8.0.deb
"$SLUICE" convert agent-8.0.deb --house house.yaml --recipe recipe.yaml --to el9 --output named > /dev/null 2>&1
[ "$(rpm -qp --qf '%{EPOCH}:%{VERSION}-%{RELEASE}' named/*.rpm)" = "1:8.0-5.el9" ]
