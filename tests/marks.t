# Generated YAML is edited with marks, and back: every byte is again what it was, and PyYAML agrees on each step.

. "$(dirname "$0")/lib.sh"
driver=${RINGKIT_BIN%/bin}/unit/edit-property

run python3 "$top/tests/marks.py" "$driver" "${DOCUMENTS:-600}" "${SEED:-1}"
grep '^#' "$tmp/out"
ok 'values that are replaced and added under marks are restored byte for byte' exits 0
ok '... and the editor refuses only strings that cannot hold their new lines, or not again their old ones' \
	test -z "$(grep -o 'refused: {[^}]*}' "$tmp/out" | grep -oE '"[a-z-]+( in >)?"' | grep -vxE '"string-style( in >)?"')"

finish
