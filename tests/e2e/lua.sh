# A scriptlet for rpm's own lua, by the real rpm and, converted, by the real dpkg with lua5.3: it sees the same, byte for byte.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root
command -v lua5.3 > lua-path || (cd share && apt-get download -q lua5.3 liblua5.3-0 lua-posix) > apt.log 2>&1 || skip "no lua5.3"

body() { # VERSION NAME
	case $2 in
	%postun) echo "echo '%postun of $1' \$* >> /share/record" ;;
	%post* | %pretrans*) cat <<BODY ;;
local file = io.open("/share/record", "a")
file:write("${2%% *} of $1: ", tostring(arg[2]), " ", type(arg[2]), " ", #arg, "\n")
local entry = posix.stat("/etc/passwd")
file:write(entry.type, " ", entry.mode, " ", posix.stat("/etc", "type"), " ", tostring(posix.stat("/no-such")), "\n")
for _, pair in ipairs { { "1.0", "1.0~rc1" }, { "1.0^git", "1.0" }, { "1:1", "2" }, { "1.10-2", "1.9-3" }, { "a", "1" }, { "1.0", "1.0.0" } } do
	file:write(string.format("%d ", rpm.vercmp(pair[1], pair[2])))
end
file:write("\n")
posix.mkdir("/share/made")
posix.symlink("made", "/share/link")
file:write(tostring(posix.readlink("/share/link")), " ", posix.stat("/share/made", "type"), "\n")
os.remove("/share/link")
posix.rmdir("/share/made")
file:write(rpm.execute("true") and "done" or "failed", " ", rpm.execute("false") and "done" or "failed", "\n")
rpm.execute("sh", "-c", "echo init \${LUA_INIT-none} >> /share/record")
file:close()
BODY
	*) echo "echo '$2 of $1' \$* >> /share/record" ;;
	esac
}
for version in 1 2; do
	make_rpm rec $version body "pretrans -p <lua>" "post -p <lua>" preun postun
done
for version in 1 2; do
	"$SLUICE" --json convert share/rec_$version.rpm --to deb --output made > to-deb.json
	mv made/*.deb share/rec_$version.deb
done
dpkg-deb -f share/rec_2.deb Pre-Depends | finds 'lua5.3, lua-posix'
record at-home 'rpm -i --nodeps --nosignature /share/rec_1.rpm; rpm -U --nodeps --nosignature /share/rec_2.rpm; rpm -e rec'
record away 'ls /share/lua5.3_*.deb > /dev/null 2>&1 && dpkg --no-triggers --force-all -i /share/lib*.deb /share/lua*.deb
	dpkg --no-triggers --force-depends -i /share/rec_1.deb; dpkg --no-triggers --force-depends -i /share/rec_2.deb; dpkg -P rec; [ ! -e /var/lib/sluice-scripts ]'
[ "$(grep -c ' of ' at-home)" = 8 ]
same at-home away

# What nothing there offers is said by its name.
sed -i 's/rpm.vercmp/rpm.expand/' rpm-rec-1/it.spec
rpmbuild --quiet --define "_topdir $WORK/rpm-rec-1" --define "_rpmdir $WORK" --define "_build_name_fmt more.rpm" -bb rpm-rec-1/it.spec > rpmbuild.log 2>&1
"$SLUICE" --json convert more.rpm --to deb --output made > more.json 2> err && { echo "rpm.expand is no loss"; exit 1; }
grep -q 'rpm.expand' more.json err
