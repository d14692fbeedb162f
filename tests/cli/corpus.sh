# Every file of the corpus through the program, as its index says: exit code, code, no crash, no hang, bounded memory; a table by format.
"$SOURCES/tests/corpus" "$SLUICE" "${SLUICE_CORPUS:-$SOURCES/../shared/corpus}"
