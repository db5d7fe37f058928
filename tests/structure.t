#!/usr/bin/env bash
# The sources keep to the rules of lib/README.md, and each rule is seen to fail on a tree that breaks it.
. "$(dirname "$0")/lib.sh"

check() { python3 "$top/tests/structure.py" "$1" "${2:-$top}"; }
ok 'a file includes headers of its own folder and of lower floors only' check includes
ok 'no folder, file or function is too large' check sizes
ok "a public function carries its file's name, and what is opened can be closed" check names
ok 'a public function has a caller outside its file' check used
ok 'every prototype has its contract' check contracts
ok 'no private member is in a header' check private
ok 'nothing decides by the words of a message' check messages
ok 'comments, messages, pages and test sentences have no banned phrase' check phrases
ok 'lib/README.md names paths and functions that exist, and every file' check paths

# breaks CHECK FILE TEXT SENTENCE WHY [N]: with TEXT at its end, FILE breaks the rule, and TEXT's line N (default 1) is named
breaks() {
	local line
	cp "$src/$2" "$tmp/kept"
	printf '%s\n' "$3" >>"$src/$2"
	line=$(($(wc -l <"$tmp/kept") + ${6-1}))
	run check "$1" "$src"
	ok "$4" exits 1
	ok '... and the line is named' out_has "$2:$line: $5"
	cp "$tmp/kept" "$src/$2"
}
src=$tmp/src
mkdir "$src"
cp -a "$top"/{Makefile,README.md,bin,lib,man,examples,tests,.ci} "$src"
[ ! -d "$top/.github" ] || cp -a "$top/.github" "$src"

breaks includes lib/base/err.h '#include "git/git.h"' 'a header of a higher floor is found' 'base may not include git'
breaks includes lib/base/err.c '#include "process/scratch.h"' 'a header of process is found in base' 'base may not include process'
breaks includes lib/git/pack.c '#include "yaml/yaml.h"' 'a header of a neighbour is found' 'git may not include yaml'
breaks includes lib/git/pack.c '#include "pack.h"' 'a header without its folder is found' '"pack.h" does not have the form'
breaks includes bin/ringls.c '#include "yaml/yaml_internal.h"' "another folder's internal header is found" \
	'"yaml/yaml_internal.h" belongs to yaml only'
breaks names lib/git/pack.c $'int\nrk_packet(void)\n{\n\treturn 0;\n}' \
	'another name of a public function is found' 'rk_packet() does not start with rk_pack_' 2
breaks names lib/git/pack.h 'void rk_pack_none(void);' 'a prototype without a function is found' 'rk_pack_none() is declared'
breaks names lib/git/sign.h $'/* Open. */\nvoid rk_sign_open(void);' 'an _open without a _close is found' \
	'rk_sign_open() has no rk_sign_close()' 2
breaks contracts lib/git/sign.h $'\nvoid rk_sign_none(void);' \
	'a prototype without a contract is found' 'rk_sign_none() has no contract' 2
breaks contracts lib/git/sign.h $'\n/* What is signed? */\nvoid rk_sign_none(void);' \
	'a contract that is a question is found' 'the contract of rk_sign_none() does not start' 2
breaks private lib/git/sign.h $'struct rk_sign_kept {\n\tint never_read;\n};' \
	'a member that nothing else uses is found' 'only sign.c uses the member never_read' 2
breaks messages lib/git/sign.c 'static int f(struct rk_err *err) { return !strcmp(err->msg, "x"); }' \
	'a decision by a message is found' 'searches a message'
breaks sizes lib/git/sign.c "$(echo 'int' && echo 'rk_sign_long(void)' && echo '{' && printf '\t;\n%.0s' {1..61} && echo '}')" \
	'a function that is too long is found' 'rk_sign_long() has 61 lines' 2
breaks phrases lib/git/sign.c '/* The key is no key. */' 'a banned phrase in a comment is found' '"is no"'
breaks phrases lib/git/sign.c 'static const char s[] = "a name is wanted";' 'a banned phrase in a message is found' '"wanted"'
breaks phrases man/ringls.1 'It stands there.' 'a banned phrase in a page is found' '"stands"'
breaks phrases tests/build.t "ok 'nobody is hurt' true" "a banned phrase in a test's sentence is found" '"nobody"'
breaks phrases README.md 'It is behind.' 'a banned phrase in the README is found' '"behind"'
breaks paths lib/README.md 'See `git/packet.c`.' 'a path that does not exist is found' 'git/packet.c does not exist'
breaks paths lib/README.md 'See `rk_packet()`.' 'a function that does not exist is found' 'rk_packet() does not exist'

printf '%801s' '' | tr ' ' '\n' >"$src/lib/git/long.c"
run check sizes "$src"
ok 'a file that is too long is found' out_has 'lib/git/long.c:801: 801 lines'
rm "$src/lib/git/long.c"
for n in $(seq 21); do touch "$src/lib/git/more$n.c"; done
run check sizes "$src"
ok 'a folder that is too full is found' out_has 'lib/git:1: '
run check paths "$src"
ok 'a file that lib/README.md does not name is found' out_has 'lib/git/more1.c is not named'

finish
