# Scripts of deb and rpm, run by the real dpkg and the real rpm: at home and translated. They write down their name, arguments and which
# version's files they see; both records must be the same, but for what `lost` tells (the order of files and scripts on upgrade, purge,
# installing again what was removed and not purged). Versions 1 and 2 have every script, 0 and 3 have none.
# needs: root

. "$SOURCES/tests/e2e/_root.sh"
needs_root

# What every script does: one line in the record of this root.
body() { # VERSION NAME
	cat <<'BODY' | sed "s/@NAME@/$2/"
{
	printf '%s' '@NAME@'
	for word; do printf " '%s'" "$word"; done
	printf ' sees'
	for file in /opt/rec/only-?; do [ ! -e "$file" ] || printf ' %s' "${file##*/}"; done
	echo
} >> /share/record
BODY
}

for version in 0 1 2 3; do
	deb_scripts=() rpm_scripts=()
	if [ $version = 1 ] || [ $version = 2 ]; then
		deb_scripts=(preinst postinst prerm postrm) rpm_scripts=(pretrans pre post preun postun posttrans)
	fi
	make_deb rec $version body "${deb_scripts[@]}"
	make_rpm rec $version body "${rpm_scripts[@]}"
	"$SLUICE" --quiet convert share/rec_$version.deb --to rpm --output made > paths
	mv made/*.rpm share/from-deb_$version.rpm
	"$SLUICE" --quiet convert share/rec_$version.rpm --to deb --output made > paths
	mv made/*.deb share/from-rpm_$version.deb
done
[ -z "$(rpm -qp --nosignature --scripts share/from-deb_0.rpm)" ]
[ -z "$(dpkg-deb -I share/from-rpm_0.deb | grep -E ' (pre|post)(inst|rm)$')" ]

# One step a line: what is written down, the command. What is removed is gone, and so is what the generated scripts kept.
cat > steps <<'STEPS'
install         install 1
upgrade         upgrade 2
again           upgrade 2
remove          remove
purge           purge
anew            install 2
remove          remove
purge           purge
bare            install 0
upgrade-bare    upgrade 2
again           upgrade 2
upgrade-to-bare upgrade 3
remove          remove
purge           purge
downgrade       install 2
upgrade-down    downgrade 1
remove          remove
purge           purge
STEPS
printf 'install install 1\nremove remove\nunpurged install 2\nremove remove\npurge purge\n' > steps-unpurged
cat > rpm-verbs <<'VERBS'
at() { for file in /share/$family*_$1.rpm; do echo "$file"; done; }
install() { rpm -i --nodeps --nosignature "$(at "$1")"; }
upgrade() { rpm -U --replacepkgs --nodeps --nosignature "$(at "$1")"; }
downgrade() { rpm -U --oldpackage --nodeps --nosignature "$(at "$1")"; }
remove() { rpm -e --nodeps rec; gone; }
purge() { :; }
VERBS
cat > deb-verbs <<'VERBS'
at() { for file in /share/$family*_$1.deb; do echo "$file"; done; }
install() { dpkg -i "$(at "$1")"; }
upgrade() { install "$1"; }
downgrade() { install "$1"; }
remove() { dpkg -r rec; gone; }
purge() { dpkg -P rec; gone; }
VERBS
life() { # VERBS FAMILY STEPS: the sh of that life
	echo "family=$2"
	cat "$1"
	echo 'gone() { [ ! -e /opt/rec ] && [ ! -e /var/lib/sluice-scripts ]; }'
	while read -r name verb; do
		printf 'echo %s >> /share/record\n%s\n' "$name" "$verb"
	done < "$3"
}

for steps in steps steps-unpurged; do
	record deb-at-home.$steps "$(life deb-verbs rec $steps)"
	record deb-under-rpm.$steps "$(life rpm-verbs from-deb $steps)"
	record rpm-at-home.$steps "$(life rpm-verbs rec $steps)"
	record rpm-under-dpkg.$steps "$(life deb-verbs from-rpm $steps)"
done

# rpm does not purge, and what it removed it has forgotten: so `lost` says.
"$SLUICE" --json convert share/rec_2.deb --to rpm --output made > to-rpm.json
"$SLUICE" --json convert share/rec_2.rpm --to deb --output made > to-deb.json
grep -q '"order:postrm upgrade' to-rpm.json
grep -q '"call:postrm purge"' to-rpm.json
grep -q '"call:preinst install OLD, postinst configure OLD"' to-rpm.json
grep -q '"order:%preun 1"' to-deb.json
[ "$(grep -c "^postrm 'purge'" deb-at-home.steps)" -ge 2 ]
sed -i "/^postrm 'purge'/d" deb-at-home.*
grep -qx "preinst 'install' '1-1' '2-1' sees" deb-at-home.steps-unpurged
sed -i "s/^preinst 'install' '1-1' '2-1'/preinst 'install'/; s/^postinst 'configure' '1-1'/postinst 'configure' ''/" deb-at-home.steps-unpurged

# Names, arguments and order: no difference at all. The files they saw: none but on upgrade, where `lost` says so.
not_upgrade() { awk '!/ sees/ { skipped = /^upgrade/ } !skipped' "$1"; }
for steps in steps steps-unpurged; do
	for home in deb-at-home:deb-under-rpm rpm-at-home:rpm-under-dpkg; do
		for file in ${home%:*}.$steps ${home#*:}.$steps; do
			sed 's/ sees.*//' $file > $file.calls
			not_upgrade $file > $file.files
			[ "$(grep -c ' sees' $file.files)" -ge 8 ]
		done
		same ${home%:*}.$steps.calls ${home#*:}.$steps.calls
		same ${home%:*}.$steps.files ${home#*:}.$steps.files
	done
done
