# verbs-pacman.sh - pacman, with its own configuration, and none of the hooks that other packages brought.
printf '[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n' > /etc/pacman-matrix.conf
mkdir -p /var/lib/pacman/local /var/lib/pacman/sync
rm -rf /usr/share/libalpm/hooks
do_pacman() { pacman --config /etc/pacman-matrix.conf --noconfirm "$@"; }
install() { do_pacman -Udd "/share/$1.pkg.tar.zst"; }
upgrade() { do_pacman -Udd "/share/$1.pkg.tar.zst"; }
remove() { do_pacman -Rdd rec; }
purge() { :; }
erase() { remove; }
clear() { ! do_pacman -Q rec || do_pacman -Rdd --noscriptlet rec; }
