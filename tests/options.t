# Options: each is used by a test, and those that every program has do the same in each.

. "$(dirname "$0")/lib.sh"

version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
common='help version quiet verbose cpu-limit'
unused() { python3 "$top/tests/options.py" "$1" "$RINGKIT_BIN"/* | grep -vE -- "--(${common// /|})$"; }
ok 'a test uses each option of each program' test -z "$(unused "$top/tests")"

# What is not used is found: without the test of a program, with another that has another option of that name
mkdir "$tmp/tests"
cp "$top"/tests/*.t "$top"/tests/*.sh "$tmp/tests"
rm "$tmp/tests/ringlint.t" && sed -i '/ringlint/d' "$tmp/tests"/*.t "$tmp/tests"/*.sh
unused "$tmp/tests" >"$tmp/unused"
ok '... and would be missed' diff <(printf 'ringlint --%s\n' repo rev catalog charts releases releases-rev) "$tmp/unused"

# What every program has
for prog in "$RINGKIT_BIN"/*; do
	name=${prog##*/}
	run "$name" --help
	ok "$name --help prints the usage" eval 'exits 0 && err_empty && grep -q "^usage: $name \[option \.\.\.\] " "$tmp/out"'
	cp "$tmp/out" "$tmp/usage"
	run "$name" -h
	ok '... and so does -h' eval 'exits 0 && same "$tmp/usage" "$tmp/out"'
	for option in -V --version; do
		run "$name" "$option"
		ok "$name $option prints the version" eval 'exits 0 && out_is <<<"$name (ringkit) $version"'
	done
	run "$name" --cpu-limit 0 --version
	ok "$name --cpu-limit needs a second" eval 'exits 2 && err_has "$name: --cpu-limit: expected at least 1 second"'
	for option in -q --quiet -v --verbose; do
		run "$name" "$option" unexpected
		ok "$name knows $option" eval 'exits 2 && err_has "$name: unexpected argument \"unexpected\""'
	done
done
finish
