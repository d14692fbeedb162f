# verbs-deb.sh - dpkg. What a failing script left half-way is cleared away by force.
package() { dpkg --force-unsafe-io -i "/share/$1.deb"; }
install() { package "$1"; }
upgrade() { package "$1"; }
remove() { dpkg -r rec; }
purge() { dpkg -P rec; }
erase() { dpkg -P rec; }
clear() {
	dpkg --force-all -P rec || { rm -f /var/lib/dpkg/info/rec.*; dpkg --force-all -P rec; }
}
