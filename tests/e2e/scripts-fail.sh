# Scripts of deb and rpm that fail, each in turn, and are healed: at home and translated, by the real dpkg and the real rpm. What is called to
# undo, with which arguments and of which version, must be the same; so must be whether the package manager stops.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root

# Fails when its version, name and first argument stand in /share/fail.
body() { # VERSION NAME
	cat <<'BODY' | sed "s/@NAME@/$2/; s/@VERSION@/$1/"
me='@VERSION@ @NAME@'
printf '%s' "$me" >> /share/record
for word; do printf " '%s'" "$word" >> /share/record; done
echo >> /share/record
if grep -qx "$me $1" /share/fail 2> /dev/null; then exit 1; fi
BODY
}

for version in 1 2 3; do
	make_deb rec $version body preinst postinst prerm postrm
	make_rpm rec $version body pretrans pre post preun postun posttrans
	"$SLUICE" --quiet convert share/rec_$version.deb --to rpm --output made > paths
	mv made/*.rpm share/from-deb_$version.rpm
	"$SLUICE" --quiet convert share/rec_$version.rpm --to deb --output made > paths
	mv made/*.deb share/from-rpm_$version.deb
done

# What fails (version, script, argument; several with commas), what is done, how it ends: ok, stops, or warns (to rpm; dpkg stops).
cat > deb-steps <<'STEPS'
1 preinst install|install 1  |stops
-|install 1  |ok
1 prerm remove|remove     |stops
2 preinst upgrade|upgrade 2  |stops
2 preinst upgrade,2 postrm abort-upgrade|upgrade 2  |stops
-|upgrade 2  |ok
2 prerm upgrade|upgrade 3  |ok
3 prerm upgrade|downgrade 2|ok
2 postrm upgrade,3 postinst configure|upgrade 3  |warns
-|upgrade 3  |ok
3 postrm upgrade|downgrade 2|ok
-|upgrade 3  |ok
-|remove     |ok
1 postinst configure|install 1  |warns
1 postinst configure|upgrade 2  |ok
3 postinst configure|upgrade 3  |warns
3 prerm upgrade,2 prerm failed-upgrade|downgrade 2|stops
-|upgrade 3  |ok
3 prerm remove,3 postinst abort-remove|remove     |stops
-|remove     |ok
STEPS
cat > rpm-steps <<'STEPS'
1 %pretrans 1|install 1  |stops
1 %pre 1|install 1  |stops
1 %post 1|install 1  |ok
2 %pre 2|upgrade 2  |stops
2 %pretrans 2|upgrade 2  |stops
2 %post 2,1 %postun 1,2 %posttrans 2|upgrade 2  |ok
2 %preun 0|remove     |stops
2 %postun 0|remove     |ok
1 %posttrans 1|install 1  |ok
-|upgrade 3  |ok
-|remove     |ok
STEPS
cat > verbs <<'VERBS'
at() { for file in /share/$family*_$1.$kind; do echo "$file"; done; }
rpm_install() { rpm -i --nodeps --nosignature "$(at "$1")"; }
rpm_upgrade() { rpm -U --replacepkgs --nodeps --nosignature "$(at "$1")"; }
rpm_downgrade() { rpm -U --oldpackage --nodeps --nosignature "$(at "$1")"; }
rpm_remove() { rpm -e --nodeps rec; [ ! -e /opt/rec ] && [ ! -e /var/lib/sluice-scripts ]; }
deb_install() { dpkg -i "$(at "$1")"; }
deb_upgrade() { dpkg -i "$(at "$1")"; }
deb_downgrade() { dpkg -i "$(at "$1")"; }
deb_remove() { dpkg -r rec && dpkg -P rec && [ ! -e /opt/rec ] && [ ! -e /var/lib/sluice-scripts ]; }
step() { # WANT FAILING VERB [VERSION]
	want=$1
	printf '%s\n' "$2" | tr , '\n' > /share/fail
	echo "$3 ${4-} while $2 fails" >> /share/record
	ended=ok
	"${kind}_$3" "${4-}" || ended=stops
	[ "$ended" = "$want" ] || { echo "$3 ${4-} while $2 fails: $ended, not $want"; exit 1; }
}
VERBS
life() { # KIND FAMILY STEPS: the sh of that life; `warns` stops dpkg and does not stop rpm
	local failing verb want warned
	printf 'kind=%s\nfamily=%s\n' "$1" "$2"
	cat verbs
	if [ "$1" = deb ]; then warned=stops; else warned=ok; fi
	sed 's/ *|/|/g' "$3" > parsed
	while IFS='|' read -r failing verb want; do
		[ "$want" != warns ] || want=$warned
		printf "step %s '%s' %s\n" "$want" "$failing" "$verb"
	done < parsed
}
record deb-at-home "$(life deb rec deb-steps)"
record deb-under-rpm "$(life rpm from-deb deb-steps)"
record rpm-at-home "$(life rpm rec rpm-steps)"
record rpm-under-dpkg "$(life deb from-rpm rpm-steps)"
for word in abort-install abort-upgrade abort-remove failed-upgrade; do
	grep -q "'$word'" deb-at-home
done
sed -i "/^. postrm 'purge'/d" deb-at-home # rpm has no purge, as `lost` says
same deb-at-home deb-under-rpm
same rpm-at-home rpm-under-dpkg
