# The script matrix: what vendors' scripts see under another package manager is what they see at home, or `lost` says what differs
# (script_matrix.py, tests/data/script-matrix). The table it makes is docs/script-matrix.md; SLUICE_WRITE=1 renews it.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root

python3 -B "$SOURCES/tests/e2e/script_matrix.py" "$SLUICE" "$SOURCES/tests/data/script-matrix" "$WORK" deb,rpm,pacman,apk deb,rpm,pacman > table.md
if [ "${SLUICE_WRITE:-0}" = 1 ]; then
	cp table.md "$SOURCES/docs/script-matrix.md"
else
	same "$SOURCES/docs/script-matrix.md" table.md
fi
