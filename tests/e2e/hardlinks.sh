# Hard links in every order a source may have them are installed right by dpkg and rpm: one inode, the right content.
mkdir tree && cd tree
mkdir -p opt/links
echo "the content" > opt/links/a
ln opt/links/a opt/links/m
ln opt/links/a opt/links/z
echo "another" > opt/links/other
ln opt/links/other opt/links/b-other
echo single > opt/links/single
cd ..
in_order() { tar -C tree --no-recursion --owner=0 --group=0 --mtime=@1700000000 --format="$1" -cf "$2" opt opt/links "${@:3}"; }
in_order gnu file-first.tar opt/links/a opt/links/m opt/links/z opt/links/other opt/links/b-other opt/links/single
in_order gnu scattered.tar opt/links/z opt/links/other opt/links/single opt/links/a opt/links/b-other opt/links/m
in_order pax backwards.tar opt/links/z opt/links/m opt/links/a opt/links/b-other opt/links/other opt/links/single
cp -a tree from-dir

same() { [ "$1" = "$2" ] || { echo "$1 is not $2"; exit 1; }; }
check() { # ROOT
	local d=$1/opt/links
	same "$(cat "$d/a")" "the content"
	same "$(cat "$d/other")" another
	same "$(cat "$d/single")" single
	same "$(stat -c %i "$d/m" "$d/z" | sort -u)" "$(stat -c %i "$d/a")"
	same "$(stat -c %i "$d/b-other")" "$(stat -c %i "$d/other")"
	same "$(stat -c %h "$d/a" "$d/other" "$d/single" | tr '\n' ' ')" "3 2 1 "
}
install_deb() { # DEB ROOT
	mkdir -p "$2/var/lib/dpkg/info" "$2/var/lib/dpkg/updates"
	: > "$2/var/lib/dpkg/status"
	dpkg --root="$2" --force-not-root --force-bad-path --force-depends -i "$1" > log 2>&1 || { cat log; return 1; }
}
install_rpm() { # RPM ROOT
	mkdir -p "$2"
	rpm --root "$(realpath "$2")" --dbpath /var/lib/rpm --nodeps --nosignature --noscripts -i "$1" > log 2>&1 || { cat log; return 1; }
}
for source in file-first.tar scattered.tar backwards.tar from-dir; do
	"$SLUICE" convert "$source" --to deb,rpm --output "out-$source" --set name=links --set version=1 --set architecture=noarch > paths
	install_deb "out-$source"/*.deb "root-deb-$source"
	check "root-deb-$source"
	install_rpm "out-$source"/*.rpm "root-rpm-$source"
	check "root-rpm-$source"
done
# And back: rpm has the data with a set's last member, deb with its first.
"$SLUICE" convert out-scattered.tar/*.rpm --to deb --output back > paths
install_deb back/*.deb root-back-deb
check root-back-deb
"$SLUICE" convert out-scattered.tar/*.deb --to rpm --output back > paths
install_rpm back/*.rpm root-back-rpm
check root-back-rpm

# In an rpm a set stands where its first name does, before folders that hold its other names: these keep mode and time.
mkdir -p far/opt/far/bin far/opt/far/late
echo tool > far/opt/far/bin/tool
ln far/opt/far/bin/tool far/opt/far/late/tool
chmod 2750 far/opt/far/late
tar -C far --owner=0 --group=0 --mtime=@1700000000 --sort=name -cf far-1.0.tar opt
"$SLUICE" --quiet convert far-1.0.tar --to rpm --output far-out --set architecture=noarch > paths
"$SLUICE" --quiet convert far-out/far-*.rpm --to deb,pacman,tar.zst --output far-out > paths
same "$(dpkg-deb --fsys-tarfile far-out/far_*.deb | tar -tv --utc --full-time | grep 'late/$' | tr -s ' ')" "drwxr-s--- root/root 0 2023-11-14 22:13:20 ./opt/far/late/"
for packed in far-out/far-*.zst; do
	same "$(tar --zstd -tvf "$packed" --utc --full-time | grep 'late/$' | tr -s ' ')" "drwxr-s--- root/root 0 2023-11-14 22:13:20 opt/far/late/"
done
