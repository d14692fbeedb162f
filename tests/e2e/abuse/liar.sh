# SAFE: a package manager's tools that were replaced by the package do not make a failed removal pass.
# SAFE-SYSTEMD: the same.
# VERDICT: any
for tool in dpkg dpkg-query dpkg-deb; do
	printf '#!/bin/sh\nexit 0\n' >"/usr/bin/$tool.new"
	chmod 755 "/usr/bin/$tool.new"
	mv "/usr/bin/$tool.new" "/usr/bin/$tool"
done
