# Every file of the corpus through the program, as its index says: exit code, code, no crash, no hang, bounded memory, nothing written on refusal.
corpus=${SLUICE_CORPUS:-$SOURCES/../shared/corpus}
if [ ! -e "$corpus/corpus.tar.zst" ]; then
	skip "no corpus at $corpus (SLUICE_CORPUS says where it is)"
fi
mkdir files
tar -I zstd -xf "$corpus/corpus.tar.zst" -C files
python3 "$SOURCES/tests/cli/corpus.py" "$SLUICE" "$corpus/INDEX.tsv" files
