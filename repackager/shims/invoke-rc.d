# invoke-rc.d [OPTION...] NAME ACTION - by systemctl or the init script. What is disabled is not started; what has a unit is left alone while
# systemd does not run, as when an image is built.
sluice_native=
while [ "${1#-}" != "$1" ]; do
	case $1 in
	--query) exit 104 ;;
	--skip-systemd-native) sluice_native=skip ;;
	esac
	shift
done
sluice_name=${1%.service} sluice_action=${2-} sluice_unit=
for sluice_folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
	[ ! -e "$sluice_folder/$sluice_name.service" ] || sluice_unit=$sluice_name.service
done
if [ -x /usr/sbin/policy-rc.d ]; then
	sluice_status=0
	/usr/sbin/policy-rc.d "$sluice_name" "$sluice_action" || sluice_status=$?
	[ "$sluice_status" -ne 101 ] || exit 0
fi
if [ -d /run/systemd/system ]; then
	[ -z "$sluice_unit" ] || [ -z "$sluice_native" ] || exit 0
	case $sluice_action in
	start | restart)
		case $(systemctl is-enabled "$sluice_name.service" 2>/dev/null) in
		enabled* | static | indirect | generated | alias) ;;
		*) systemctl is-active --quiet "$sluice_name.service" && [ "$sluice_action" = restart ] || exit 0 ;;
		esac
		;;
	force-reload) sluice_action=reload-or-restart ;;
	esac
	exec systemctl "$sluice_action" "$sluice_name.service"
fi
[ -z "$sluice_unit" ] || exit 0
[ ! -x "/etc/init.d/$sluice_name" ] || exec "/etc/init.d/$sluice_name" "$sluice_action"
