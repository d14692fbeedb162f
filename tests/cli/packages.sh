# Alpine, Arch and OpenWrt packages, whole and broken in one place each: what inspect says of them.
mkdir made
python3 "$SOURCES/tests/cli/packages.py" "$SLUICE" made
