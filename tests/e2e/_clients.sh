# _clients.sh - sourced by end-to-end tests: an apt, a dnf and a zypper with states of their own, our server and nginx, for a channel and nothing else.
# shellcheck disable=SC2034 # who sources this uses what is set here

serve_store() { # sets url and server: our own server, on a port of the kernel's choice; it says which one
	rm -f told && mkfifo told
	"$SLUICE" --store "$store" serve --listen 127.0.0.1:0 > told &
	server=$!
	read -r url < told
}

serve_nginx() { # ROOT LISTEN: sets server; docs/nginx.conf as it stands, but for these two; all that nginx writes lies in $WORK/run. LISTEN 127.0.0.1:0: sets url, too
	local nginx what
	nginx=$(command -v nginx || echo /usr/sbin/nginx)
	mkdir -p "$WORK/run"
	chmod 755 "$WORK"
	{
		printf 'pid %s/run/pid;\nerror_log %s/run/error.log;\ndaemon off;\nmaster_process off;\nevents {}\nhttp {\naccess_log off;\n' "$WORK" "$WORK"
		for what in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/run/%s;\n' $what "$WORK" $what; done
		sed -e "s,listen 8080,listen $2," -e "s,root /srv/sluice,root $1," -e "s,unix:/run/,unix:$WORK/run/," -e "s,/var/cache/nginx/,$WORK/run/," "$SOURCES/docs/nginx.conf"
		echo '}'
	} > nginx.conf
	set -- "$2" "$nginx" -c "$WORK/nginx.conf" -e "$WORK/run/error.log"
	if [ "$1" = 127.0.0.1:0 ]; then
		rm -f told && mkfifo told
		python3 -c "$on_a_port" "$WORK/nginx.conf" "${@:2}" > told &
		server=$!
		read -r url < told
	else
		"${@:2}" -t -q || { cat run/error.log; exit 1; }
		"${@:2}" &
		server=$!
	fi
}
# nginx cannot tell which port the kernel chose, but it takes over a socket that listens already, as it does from an older nginx.
on_a_port='
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0), backlog=128)
port = listening.getsockname()[1]
listening.set_inheritable(True)
with open(sys.argv[1]) as file:
    text = file.read().replace("127.0.0.1:0;", f"127.0.0.1:{port};")
text = text.replace("master_process off;", "user root;")  # which takes over no sockets
with open(sys.argv[1], "w") as file:
    file.write(text)
print(f"http://127.0.0.1:{port}/", flush=True)
os.dup2(2, 1)
os.environ["NGINX"] = f"{listening.fileno()};"
os.execv(sys.argv[2], sys.argv[2:])
'

apt_client() { # DIR: everything of an apt below it; DIR/apt.conf is its configuration
	local a=$1
	mkdir -p "$a"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$a"/var/{lib/apt/lists/partial,cache/apt/archives/partial,log/apt}
	: > "$a/status"
	cat > "$a/apt.conf" <<-CONF
		Dir "$a/"; Dir::Etc "etc/apt"; Dir::State "var/lib/apt"; Dir::State::status "$a/status"; Dir::Cache "var/cache/apt"; Dir::Log "var/log/apt";
		Dir::Etc::Trusted "/dev/null"; Dir::Etc::TrustedParts "$a/etc/apt/trusted.gpg.d"; APT::Architecture "amd64"; APT::Architectures {"amd64";};
		APT::Sandbox::User ""; Acquire::http::Proxy "DIRECT"; Acquire::Languages "none"; Acquire::Retries "0";
		#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success; #clear DPkg::Pre-Install-Pkgs; #clear DPkg::Post-Invoke;
	CONF
}

dnf_client() { # DIR: everything of a dnf below it
	local d=$1
	mkdir -p "$d"/{root,cache,persist,log,repos,vars,home,plugins}
	printf '%%_dbpath /var/lib/rpm\n' > "$d/home/.rpmmacros"
	cat > "$d/dnf.conf" <<-CONF
		[main]
		reposdir=$d/repos
		varsdir=$d/vars
		cachedir=$d/cache
		persistdir=$d/persist
		logdir=$d/log
		assumeyes=1
		retries=1
		plugins=1
		pluginpath=$d/plugins
		pluginconfpath=$d/plugins
	CONF
}

dnf_guard() { # DIR: the guard's plugin in it, for what lies in $WORK/guard
	cp "$SOURCES/clients/guard/sluice_guard_dnf.py" "$1/plugins/"
	sed "s#^library=.*#library=$SOURCES/clients/guard#; s#^channels=.*#channels=$WORK/guard/channels#; s#^state=.*#state=$WORK/guard/state#" \
		"$SOURCES/clients/guard/sluice_guard.conf" > "$1/plugins/sluice_guard.conf"
}

dnf_at() { # DIR WORD...; DNF_AT: a command that dnf is run through
	local d=$1
	shift
	# shellcheck disable=SC2086
	HOME=$d/home env ${DNF_AT:-} dnf -c "$d/dnf.conf" --installroot="$d/root" --releasever=9 --forcearch=x86_64 --setopt=reposdir="$d/repos" --setopt=varsdir="$d/vars" "$@"
}

# Debian's zypper cannot be installed beside dnf's plugins, and would be a second manager of a machine's rpms. So it is unpacked, once, and laid over /usr where
# nobody else sees it.
zypper_there() { # sets zypper_usr; 1: this machine's apt has no packages of it
	local kept=$XDG_DATA_HOME/zypper new names
	zypper_usr=$kept/usr
	[ ! -d "$kept" ] || return 0
	mkdir -p "$XDG_DATA_HOME"
	new=$(mktemp -d "$kept.XXXXXX")
	mkdir "$new/fetched"
	mapfile -t names < <(env -u APT_CONFIG apt-get -s --no-install-recommends install zypper 2> /dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
	if [ ${#names[@]} = 0 ] || ! (cd "$new/fetched" && env -u APT_CONFIG apt-get -qq -o APT::Sandbox::User=root download "${names[@]}") > fetching 2>&1; then
		rm -rf "$new"
		return 1
	fi
	for deb in "$new"/fetched/*.deb; do dpkg-deb -x "$deb" "$new"; done
	rm -rf "$new/fetched"
	mv -T "$new" "$kept" 2> /dev/null || rm -rf "$new" # another test was faster
}
zypper_client() { # DIR KEY...: everything of a zypper below it, an installed system as well; it has these keys
	local z=$1 key
	mkdir -p "$z/etc/zypp/repos.d"
	printf '%%_dbpath /var/lib/rpm\n' > "$z/.rpmmacros"
	for key in "${@:2}"; do HOME=$z rpm --root "$z" --import "$key"; done
}
zypper_at() { # DIR WORD...
	# shellcheck disable=SC2016
	unshare -m sh -eu -c 'mount -t overlay zypper -o "lowerdir=$1:/usr" /usr; export HOME=$2; shift 2; exec zypper --root "$HOME" --non-interactive "$@"' \
		sh "$zypper_usr" "$@"
}
