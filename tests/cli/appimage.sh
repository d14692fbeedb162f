# AppImages of type 2, put together as appimagetool does it: a program, and a squashfs image right behind it. Nothing of them runs.
. "$SOURCES/tests/cli/_expect.sh"
mkdir -p d/usr/bin d/usr/share/applications
printf '#!/bin/sh\ntouch ran\n' > d/AppRun
chmod 755 d/AppRun
printf '[Desktop Entry]\nType=Application\nName=Acme Tool\nComment=Does things\nExec=tool\nX-AppImage-Version=3.4.5\n[Desktop Action x]\nName=Other\n' > d/usr/share/applications/acme.desktop
ln -s usr/share/applications/acme.desktop d/acme.desktop
cp /bin/true d/usr/bin/tool
mksquashfs d image -quiet -no-progress -comp zstd -all-root

# Any ELF program will do as the runtime, with the magic in its header.
build() { # IMAGE OUT
	cp /bin/true "$2"
	printf 'AI\2' | dd of="$2" bs=1 seek=8 conv=notrunc status=none
	cat "$1" >> "$2"
}
build image acme.AppImage
expect 0 "$SLUICE" --json inspect acme.AppImage
jq -e '.format == "appimage" and .package.name == "acme-tool" and .package.version == "3.4.5" and .package.summary == "Does things"' out > /dev/null
jq -e '[.entries[].path] | index("/AppRun") and index("/usr/bin/tool")' out > /dev/null
jq -e '.warnings == []' out > /dev/null
expect 0 "$SLUICE" convert acme.AppImage --to deb,rpm --output made --set prefix=/opt/acme-tool
arch=$(dpkg --print-architecture)
mkdir x
dpkg-deb -x made/acme-tool_3.4.5*_"$arch".deb x
diff -r --no-dereference d x/opt/acme-tool

refused() { # CODE FILE
	expect 3 "$SLUICE" --json inspect "$2"
	[ "$(jq -r .error.code out)" = "$1" ] || { cat out; exit 1; }
}
build /dev/null empty.AppImage
refused E_TRUNCATED empty.AppImage
{ printf 'x'; cat image; } > shifted
build shifted shifted.AppImage
refused E_CORRUPT shifted.AppImage
head -c $(($(stat -c %s acme.AppImage) - 4096)) acme.AppImage > short.AppImage
refused E_TRUNCATED short.AppImage
cat image image > two
build two two.AppImage
expect 0 "$SLUICE" --json inspect two.AppImage
jq -e 'any(.warnings[]; .code == "E_TRAILING_DATA")' out > /dev/null
# Type 1 and no ISO image there.
cp acme.AppImage one.AppImage
printf '\1' | dd of=one.AppImage bs=1 seek=10 conv=notrunc status=none
refused E_CORRUPT one.AppImage
# Devices do not work where an AppImage is mounted; they are left out, and told.
mksquashfs d device -quiet -no-progress -p 'null c 666 0 0 1 3'
build device device.AppImage
expect 0 "$SLUICE" --json inspect device.AppImage
jq -e 'any(.warnings[]; .code == "E_SPECIAL_FILE" and .where == "/null") and all(.entries[]; .path != "/null")' out > /dev/null
[ ! -e ran ]
