# Triggers on paths, by the real dpkg and the real rpm, at home and translated: the same files are told to rpm's file triggers, the same names
# to a postinst that dpkg calls with "triggered".
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root

# A line a file told: which script, its arguments, the file.
body() { # VERSION NAME
	cat <<'BODY' | sed "s,@NAME@,${2%% *},"
echo "@NAME@ $* called" >> /share/record
case '@NAME@' in *trigger*) while read -r file; do echo "@NAME@ $* $file" >> /share/record; done ;; esac
:
BODY
}
quiet() { echo :; }
triggers=()
for kind in filetriggerin filetriggerun filetriggerpostun transfiletriggerin transfiletriggerun transfiletriggerpostun; do
	triggers+=("$kind -P 500 -- /opt")
done
triggers+=("transfiletriggerin -P 700 -- /opt/other")
make_rpm own 1 body "${triggers[@]}"
make_rpm other 1 quiet post
make_deb own 1 body postinst
echo 'interest-noawait /opt' > deb-own-1/DEBIAN/triggers
dpkg-deb --root-owner-group -b deb-own-1 share/own_1.deb > /dev/null
make_deb other 1 quiet postinst
"$SLUICE" --json convert share/own_1.rpm --to deb --output made > to-deb.json
mv made/*.deb share/own_1.from-rpm.deb
"$SLUICE" --json convert share/own_1.deb --to rpm --output made > to-rpm.json
mv made/*.rpm share/own_1.from-deb.rpm
grep -q '"trigger:interest-noawait /opt"' to-rpm.json
[ "$(dpkg-deb -I share/own_1.from-rpm.deb triggers)" = "interest-noawait /opt
interest-noawait /opt/other" ]
rpm -qp --nosignature --filetriggers share/own_1.from-deb.rpm 2> /dev/null | finds '^transfiletriggerin .*/opt'

# The priority survives a way there and back.
"$SLUICE" --quiet convert share/own_1.rpm --to rpm --output again > paths
[ "$(rpm -qp --nosignature --qf '[%{TRANSFILETRIGGERPRIORITIES} ]' again/*.rpm 2> /dev/null)" = "$(rpm -qp --nosignature --qf '[%{TRANSFILETRIGGERPRIORITIES} ]' share/own_1.rpm 2> /dev/null)" ]
rpm -qp --nosignature --qf '[%{TRANSFILETRIGGERPRIORITIES} ]' again/*.rpm 2> /dev/null | finds 700

by() { # TOOL OWN: the sh of the life
	cat <<LIFE
rpm_install() { rpm -i --nodeps --nosignature --replacefiles "\$1"; }
deb_install() { dpkg -i "\$1"; }
rpm_remove() { rpm -e --nodeps "\$1"; }
deb_remove() { dpkg -P "\$1"; }
step() { echo "# \$1" >> /share/record; shift; "\$@"; }
step early ${1}_install /share/other_1.$1
step own ${1}_install /share/$2
step go ${1}_remove other
step come ${1}_install /share/other_1.$1
step leave ${1}_remove own
[ ! -e /var/lib/sluice-scripts ]
LIFE
}
# rpm tells a package's files one by one, dpkg all at once; whose they are is the same
told() { # RECORD
	awk '/^#/ { step = $2 } / \/opt\/(own|other)/ { print step, $0 }' "$1" | LC_ALL=C sort -u
}
record rpm-at-home "$(by rpm own_1.rpm)"
record rpm-under-dpkg "$(by deb own_1.from-rpm.deb)"
told rpm-at-home > at-home
told rpm-under-dpkg > other
for step in own go come leave; do grep -q "^$step " at-home; done
same at-home other

record deb-at-home "$(by deb own_1.deb)"
record deb-under-rpm "$(by rpm own_1.from-deb.rpm)"
# told of its own coming, too, as `lost` says
sed '/^# own/,/^# go/{/triggered/d}' deb-under-rpm > other
[ "$(grep -c 'postinst triggered /opt called' deb-at-home)" = 2 ]
same deb-at-home other
