# update-rc.d [OPTION...] NAME ACTION - by systemctl for a unit, by chkconfig for an init script. Links of units are made elsewhere.
while [ "${1#-}" != "$1" ]; do shift; done
for sluice_folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
	[ -e "$sluice_folder/$1.service" ] || continue
	command -v systemctl >/dev/null || exit 0
	case ${2-} in enable | disable) exec systemctl --no-reload --quiet "$2" "$1.service" ;; esac
	exit 0
done
command -v chkconfig >/dev/null || exit 0
case ${2-} in
remove) [ -e "/etc/init.d/$1" ] || exec chkconfig --del "$1" ;;
enable) exec chkconfig "$1" on ;;
disable | defaults-disabled) exec chkconfig "$1" off ;;
*) [ ! -e "/etc/init.d/$1" ] || exec chkconfig --add "$1" ;;
esac
