# _clients.sh - sourced by end-to-end tests: an apt and a dnf with states of their own, and our server, for a channel and nothing else.
# shellcheck disable=SC2034 # who sources this uses what is set here

serve_store() { # sets url and server: our own server, on a port of the kernel's choice; it says which one
	rm -f told && mkfifo told
	"$SLUICE" --store "$store" serve --listen 127.0.0.1:0 > told &
	server=$!
	read -r url < told
}

serve_nginx() { # ROOT LISTEN: sets server; docs/nginx.conf as it stands, but for these two; all that nginx writes lies in $WORK/run
	local nginx what
	nginx=$(command -v nginx || echo /usr/sbin/nginx)
	mkdir -p "$WORK/run"
	chmod 755 "$WORK"
	{
		printf 'pid %s/run/pid;\nerror_log %s/run/error.log;\ndaemon off;\nmaster_process off;\nevents {}\nhttp {\naccess_log off;\n' "$WORK" "$WORK"
		for what in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/run/%s;\n' $what "$WORK" $what; done
		sed -e "s,listen 8080,listen $2," -e "s,root /srv/sluice,root $1," "$SOURCES/docs/nginx.conf"
		echo '}'
	} > nginx.conf
	"$nginx" -t -q -c "$WORK/nginx.conf" -e "$WORK/run/error.log" || { cat run/error.log; exit 1; }
	"$nginx" -c "$WORK/nginx.conf" -e "$WORK/run/error.log" &
	server=$!
}

apt_client() { # DIR: everything of an apt below it; DIR/apt.conf is its configuration
	local a=$1
	mkdir -p "$a"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$a"/var/{lib/apt/lists/partial,cache/apt/archives/partial,log/apt}
	: > "$a/status"
	cat > "$a/apt.conf" <<-CONF
		Dir "$a/"; Dir::Etc "etc/apt"; Dir::State "var/lib/apt"; Dir::State::status "$a/status"; Dir::Cache "var/cache/apt"; Dir::Log "var/log/apt";
		Dir::Etc::Trusted "/dev/null"; Dir::Etc::TrustedParts "$a/etc/apt/trusted.gpg.d"; APT::Architecture "amd64"; APT::Architectures {"amd64";};
		APT::Sandbox::User ""; Acquire::http::Proxy "DIRECT"; Acquire::Languages "none"; Acquire::Retries "0";
		#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success; #clear DPkg::Pre-Install-Pkgs;
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

dnf_at() { # DIR WORD...; DNF_AT: a command that dnf is run through
	local d=$1
	shift
	# shellcheck disable=SC2086
	HOME=$d/home env ${DNF_AT:-} dnf -c "$d/dnf.conf" --installroot="$d/root" --releasever=9 --forcearch=x86_64 --setopt=reposdir="$d/repos" --setopt=varsdir="$d/vars" "$@"
}
