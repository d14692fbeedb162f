# Closed and odd streams, names of any bytes: messages never land in our files, and JSON is JSON.
. "$SOURCES/tests/cli/_expect.sh"
deb=$SOURCES/tests/data/fidelity/full.deb

# With stdout closed the first file opened would be it; a package that was made is whole, and the printing's failure is told.
expect 4 bash -c '"$0" --quiet convert "$1" --to deb --output closed >&-' "$SLUICE" "$deb"
expect 0 "$SLUICE" --quiet convert "$deb" --to deb --output open
diff -r closed open
expect 4 bash -c '"$0" --json inspect "$1" > /dev/full' "$SLUICE" "$deb"
expect 0 bash -c '"$0" --json inspect "$1" <&- 2>&-' "$SLUICE" "$deb"
# A reader that has gone (`| head`) fails the command as well, without a word.
expect 4 bash -c 'mkfifo gone && exec 3<>gone 4>gone 3<&- && "$0" --help >&4' "$SLUICE"
[ ! -s err ] || { cat err; exit 1; }

# The error says the file once, printable; the document has its bytes.
expect 4 "$SLUICE" --json inspect $'no\nsuch file'
jq -e '.error.file == "no\nsuch file" and .error.text == "no\\x0asuch file: cannot open: No such file or directory"' out > /dev/null
expect 4 "$SLUICE" --json inspect $'no\xff'
jq -e '.error.file_raw == "no\u00ff" and (.error | has("file") | not)' out > /dev/null
cp "$deb" $'a b\n\xff.deb'
expect 0 "$SLUICE" --json inspect $'a b\n\xff.deb'
jq -e '.file.path_raw == "a b\n\u00ff.deb"' out > /dev/null

# What is no file is not waited for, nor read without end.
mkfifo pipe
expect 3 timeout 10 "$SLUICE" inspect pipe
expect 3 timeout 10 "$SLUICE" sign pipe --key 0123456789ABCDEF0123456789ABCDEF01234567
expect 3 timeout 10 "$SLUICE" test pipe --root /
expect 2 timeout 10 "$SLUICE" verify pipe --keyring /dev/null --signature /dev/null
for from in /dev/zero pipe; do
	printf 'version: 1\nproduct: x\nfiles:\n  - {add: %s, as: /etc/x}\n' "$from" > r.yaml
	expect 2 timeout 10 "$SLUICE" convert "$deb" --to deb --output none --recipe r.yaml
	grep -q 'r.yaml:4:11: .*neither a file nor a folder' err
done
