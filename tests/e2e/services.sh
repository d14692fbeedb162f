# A vendor's service under every package manager: running after install, restarted by an upgrade, gone after removal (services.py,
# tests/data/services). With a systemctl that keeps what it was told, and with init scripts and a real daemon where there is no systemd.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root
python3 -B "$SOURCES/tests/e2e/services.py" "$SLUICE" "$SOURCES/tests/data/services" "$SOURCES/tests/data/script-matrix" "$WORK" deb rpm pacman
