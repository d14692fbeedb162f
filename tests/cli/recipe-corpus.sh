# recipe new over a few dozen valid files of the corpus: check finds no error in what it writes, and it converts as it stands.
corpus=${SLUICE_CORPUS:-$SOURCES/../shared/corpus}
if [ ! -e "$corpus/corpus.tar.zst" ]; then
	skip "no corpus at $corpus (SLUICE_CORPUS says where it is)"
fi
awk -F'\t' '$6 == "valid" && $4 < 300000 && $2 ~ /^(deb|rpm|tar|zip|7z|cpio|apk|pacman)$/ && seen[$2]++ < 9 {print $1 "\t" $2}' "$corpus/INDEX.tsv" > list
mkdir files
cut -f1 list | sed 's|^|./|' > names
tar -I zstd -xf "$corpus/corpus.tar.zst" -C files -T <(sed 's|^\./||' names)
count=0
while IFS=$'\t' read -r name format; do
	file=$(find files -path "*/$name" | sed -n 1p)
	"$SLUICE" inspect "$file" > inspected 2>&1 || continue # this version does not read it, and says so
	case $format in deb | rpm) target=$format ;; *) target=deb,rpm ;; esac
	rm -rf r.yaml made
	got=0
	"$SLUICE" recipe new "$file" --output r.yaml > out 2>&1 || got=$?
	case $name:$got in
	*.src.rpm:3) continue ;; # a source rpm installs nothing
	*:0) ;;
	*) echo "new: $name: $got"; cat out; exit 1 ;;
	esac
	"$SLUICE" recipe check r.yaml "$file" > out 2>&1 || { echo "check: $name"; cat out r.yaml; exit 1; }
	"$SLUICE" --quiet convert "$file" --to "$target" --output made --recipe r.yaml > out 2>&1 || { echo "convert: $name"; cat out r.yaml; exit 1; }
	count=$((count + 1))
done < list
echo "$count files"
[ "$count" -ge 25 ]
