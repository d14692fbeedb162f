# AppImages of type 2, put together as appimagetool does it: a program, and a squashfs image right behind it; of type 1: an image around a program. Nothing runs.
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

# Type 1: an ISO image whose files are compressed, and the program in the 32 KiB in front that images leave free.
type1() { # IMAGE OUT
	cp "$1" "$2"
	head -c 64 /bin/true | dd of="$2" conv=notrunc status=none
	printf 'AI\1' | dd of="$2" bs=1 seek=8 conv=notrunc status=none
}
mkzftree d packed
xorrisofs -quiet -R -z -o image.iso packed
type1 image.iso first.AppImage
expect 0 "$SLUICE" --json inspect first.AppImage
jq -e '.format == "appimage" and .package.name == "acme-tool" and .package.version == "3.4.5" and .package.summary == "Does things" and .warnings == []' out > /dev/null
jq -e --arg arch "$(uname -m)" '.package.architecture == $arch and .package.fields["update-information"] == null' out > /dev/null
expect 0 "$SLUICE" convert first.AppImage --to deb --output made1 --set prefix=/opt/acme-tool
mkdir x1
dpkg-deb -x made1/acme-tool_3.4.5*_"$arch".deb x1
diff -r --no-dereference d x1/opt/acme-tool
# It may tell where updates are, in the 512 bytes that a volume descriptor leaves to applications.
cp first.AppImage update.AppImage
printf 'zsync|https://example.org/acme.zsync' | dd of=update.AppImage bs=1 seek=33651 conv=notrunc status=none
expect 0 "$SLUICE" --json inspect update.AppImage
jq -e '.package.fields["update-information"] == "zsync|https://example.org/acme.zsync"' out > /dev/null
# Without the magic it is an image and a program at once, with type 2's magic two formats, and cut or bent no image.
type1 image.iso bare
printf '\0\0\0' | dd of=bare bs=1 seek=8 conv=notrunc status=none
refused E_POLYGLOT bare
type1 image.iso both
printf '\2' | dd of=both bs=1 seek=10 conv=notrunc status=none
refused E_POLYGLOT both
head -c 60000 first.AppImage > short1.AppImage
refused E_TRUNCATED short1.AppImage
head -c 20000 first.AppImage > shorter1.AppImage
refused E_TRUNCATED shorter1.AppImage
type1 image.iso bent.AppImage
printf '\9' | dd of=bent.AppImage bs=1 seek=4 conv=notrunc status=none
refused E_UNSUPPORTED bent.AppImage
# A link to the .desktop file is followed inside the image only.
mkdir l
ln -s ../../../etc/x.desktop l/x.desktop
echo hi > l/AppRun
xorrisofs -quiet -R -o link.iso l
type1 link.iso link.AppImage
expect 0 "$SLUICE" --json inspect link.AppImage
jq -e '.package.name == "" and any(.warnings[]; .code == "E_LINK_ESCAPE")' out > /dev/null

# Nobody writes a .desktop file of that size; compressed it is small.
mkdir long
head -c 300000 /dev/zero > long/a.desktop
mkzftree long long.z
genisoimage -quiet -R -z -o long.iso long.z
type1 long.iso long.AppImage
refused E_LIMIT_METADATA long.AppImage

# Devices do not work where an AppImage is mounted; they are left out, and told.
mksquashfs d device -quiet -no-progress -p 'null c 666 0 0 1 3'
build device device.AppImage
expect 0 "$SLUICE" --json inspect device.AppImage
jq -e 'any(.warnings[]; .code == "E_SPECIAL_FILE" and .where == "/null") and all(.entries[]; .path != "/null")' out > /dev/null
[ ! -e ran ]
