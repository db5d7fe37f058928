# Completions: every option of every program is in its usage, in its page, and in what bash, zsh and fish offer; values complete; and
# nothing that a repository or a catalogue says is executed.
#
# tests/completions/offers.* print what a shell offers; tests/completions/type.py types into one.

. "$(dirname "$0")/lib.sh"

export TERM=vt100 SHELL=/bin/sh
shells='bash zsh fish'
made=$tmp/made
work=$tmp/work
progs=$(cd "$RINGKIT_BIN" && echo *)

run sh "$top/examples/packaging/completions.sh" "$made" "$RINGKIT_BIN"/*
ok 'the completions of all programs are made' eval 'exits 0 && err_empty'
syntax() {
	for file in "$made/$1"/*; do "$1" -n "$file" || return; done
}
for shell in $shells; do ok "$shell can read them" syntax "$shell"; done
ok '... and shellcheck finds nothing in those for bash' shellcheck -s bash "$made"/bash/*

# offers SHELL <lines: what the shell offers at the end of each, as "LINE<tab>WORD"; its messages are in $tmp/err
offers() {
	case $1 in
	bash) timeout 300 bash "$top/tests/completions/offers.sh" "$made/bash" ;;
	zsh) timeout 300 zsh -f "$top/tests/completions/offers.zsh" "$made/zsh" ;;
	fish) timeout 300 fish --no-config "$top/tests/completions/offers.fish" "$made/fish" ;;
	esac 2>"$tmp/err"
}

# What they complete: a repository with an override, branches, a tag and a remote
overridden() {
	echo '{"type":"tenant","tenant":"acme"}' | framed |
		mkpatch --service atlas --ring ring-fast --tag 5e0c1f7 | applypatch --branch main --update-worktree >/dev/null
}
repo gitops
mv "$tmp/gitops" "$work" && cd "$work" || exit
cp "$examples/releases/ring.yaml" . && git add ring.yaml && git commit -qm 'A catalogue' && overridden || exit
git clone -q --bare . "$tmp/origin.git" && git -C "$tmp/origin.git" branch topic
git remote add origin "$tmp/origin.git" && git fetch -q && git remote set-head origin main
git branch feature/a && git tag v1
git clone -q . "$tmp/other" && git -C "$tmp/other" branch elsewhere && cp -R "$tmp/other" "$tmp/an other" && cp -R "$tmp/other" ~/other
echo 'services: # ours
    "quoted": {}
    cart:  # one
        image: x
    shop.eu_1: {image: y}
defaults:
    none: 1' >"$tmp/other/ring.yaml"
mkfifo "$tmp/pipe"

# the options in a program's usage, as "OPTION VALUE", and those in its page
usage() {
	"$1" --help | awk '/^  (-., |    )--/ {
		rest = substr($0, 7); sub(/  .*/, "", rest)
		long = rest; sub(/ .*/, "", long)
		value = substr(rest, length(long) + 1)
		if (substr($0, 3, 1) == "-") print substr($0, 3, 2) value
		print long value
	}'
}
page_options() {
	awk '/^\.Sh / { on = $2 == "OPTIONS" }
		on && /^\.It/ { for (i = 2; i < NF; i++) if (($i == "Fl" || $i == ",") && $(i + 1) != "Fl") print "-" $(i + 1) }' "$top/man/$1.1"
}

# What each kind of value is completed with in $work
values_of() {
	case $2 in
	DIR) echo tenants ;;
	FILE | PATH) printf '%s\n' tenants ring.yaml ;;
	REV | REFS) printf '%s\n' HEAD main feature/a v1 origin/main origin/topic ;;
	BRANCH) printf '%s\n' main feature/a topic ;;
	REMOTE) echo origin ;;
	NAME)
		case $1 in
		--service) printf '%s\n' atlas heracles ;;
		--ring | --tenant) ringls | jq -r "select(.type == \"override\").${1#--}" | sort -u ;;
		--remote) echo origin ;;
		esac
		;;
	*[!a-z0-9\|-]*) ;;
	*) tr '|' '\n' <<<"$2" ;;
	esac
}

# The questions, and the answers that are right: "LINE<tab>WORD"
for prog in $progs; do
	usage "$prog" >"$tmp/usage"
	cut -d ' ' -f 1 "$tmp/usage" | sort >"$tmp/$prog.usage"
	sed "s/^/$prog -	/" "$tmp/$prog.usage" >>"$tmp/right"
	sed -n "s/^--/$prog --	&/p" "$tmp/$prog.usage" >>"$tmp/right"
	printf '%s\n' "$prog -" "$prog --" "$prog -- -" "$prog -q -- --" "$prog -" >>"$tmp/lines"
	while read -r option value; do
		case $value in
		'') echo "$prog $option -" >>"$tmp/flags" && continue ;;
		esac
		printf '%s\n' "$prog $option " "$prog $option -" >>"$tmp/lines"
		values_of "$option" "$value" | sed "s/^/$prog $option 	/" >>"$tmp/right"
		case $option in --*) ;; *) continue ;; esac
		echo "$prog $option=" >>"$tmp/lines"
		values_of "$option" "$value" | sed "s/^/$prog $option=	/" >>"$tmp/right"
	done <"$tmp/usage"
done
sort -u "$tmp/right" -o "$tmp/right"

# plain: without what depends on the shell: the option before a value, the / after a folder, and hidden files
plain() { sed -E 's/	--[a-z0-9-]+=(.)/	\1/; s,/$,,; /	\.git[^	]*$/d; s/	(--.*)=$/	\1/' | sort -u; }
about() { grep -- "^$1 $2" "$tmp/$3" || true; }

for shell in $shells; do
	offers "$shell" <"$tmp/lines" | plain >"$tmp/offered"
	ok "$shell says nothing" test ! -s "$tmp/err"
	for prog in $progs; do
		ok "$shell offers the options of $prog" diff <(about "$prog" '--\?	' right) <(about "$prog" '--\?	' offered)
		ok '... and their values, but no option where a value is expected or after --' \
			diff <(about "$prog" '-.*[ =]' right) <(about "$prog" '-.*[ =]' offered)
	done
	offers "$shell" <"$tmp/flags" >"$tmp/offered"
	ok "$shell offers options after an option without a value" diff <(sort "$tmp/flags") <(cut -f 1 "$tmp/offered" | sort -u)
done
for prog in $progs; do
	ok "the page of $prog has the same options" diff "$tmp/$prog.usage" <(page_options "$prog" | sort)
done

# Words that are in the usage are those of the page, and the program accepts each.
words_of_page() { awk -v option="-$2" '/^\.It/ { on = $3 == option } on && /^\.Cm/ { $1 = ""; print }' "$top/man/$1.1" | tr -s ' ,.' '\n' | grep . | sort; }
usage ringreport | sed -n 's/^--format //p' | tr '|' '\n' | sort >"$tmp/formats"
ok 'the formats in the page of ringreport are those in its usage' diff "$tmp/formats" <(words_of_page ringreport format)
accepts() {
	while read -r word; do "$@" "--format=$word" </dev/null || return; done <"$tmp/formats"
}
ok '... and ringreport accepts each' accepts ringreport --unframed
run ringsync --all --from main --dry-run "--conflicts=$(usage ringsync | sed -n 's/^--conflicts //p')"
ok 'ringsync accepts the word of --conflicts' exits 0

# asked SENTENCE <<'LINE<tab>WORD ...': for each line, every shell offers exactly these words
asked() {
	local sentence=$1 shell line words word
	: >"$tmp/lines"
	: >"$tmp/right"
	while IFS=$'\t' read -r line words; do
		printf '%s\n' "$line" >>"$tmp/lines"
		for word in $words; do printf '%s\t%s\n' "$line" "$word" >>"$tmp/right"; done
	done
	for shell in $shells; do
		offers "$shell" <"$tmp/lines" | plain >"$tmp/offered"
		ok "$shell $sentence" diff <(sort -u "$tmp/right") "$tmp/offered"
		ok '... and says nothing' test ! -s "$tmp/err"
	done
}
asked 'finds the repository however it is given' <<END
mkpatch -C $tmp/other --rev elsew	elsewhere
mkpatch -C$tmp/other --rev elsew	elsewhere
mkpatch -qC $tmp/other --rev elsew	elsewhere
mkpatch --repo $tmp/other --rev=elsew	elsewhere
mkpatch --repo=$tmp/other -q -r elsew	elsewhere
mkpatch -C "$tmp/an other" -r elsew	elsewhere
mkpatch -C '$tmp/an other' -r elsew	elsewhere
mkpatch -C $tmp/an\\ other -r elsew	elsewhere
mkpatch -C ~/other -r elsew	elsewhere
mkpatch -C there-is-none -r 	HEAD
ringlint --releases $tmp/other --releases-rev elsew	elsewhere
ringlint -C $tmp/other --releases-rev elsew
ringlint -C $tmp/other -r elsew	elsewhere
END
# A catalogue that is a pipe would block, and the lines after it would have no answer.
asked 'reads the services of the catalogue that is given' <<END
mkpatch -c $tmp/pipe --service 
mkpatch -c $tmp/pipe --ring 
mkpatch -c $tmp/other/ring.yaml --service 	cart shop.eu_1
mkpatch --catalog=$tmp/other/ring.yaml --service=s	shop.eu_1
mkpatch -c there-is-none --service 
END
export RING_CATALOG=$tmp/other/ring.yaml
asked 'reads that of RING_CATALOG' <<END
mkpatch --service 	cart shop.eu_1
END
unset RING_CATALOG
asked 'completes files after < and >' <<'END'
mkpatch <ri	ring.yaml
mkpatch --remove < ri	ring.yaml
mkpatch >ri	ring.yaml
END

asked 'completes nothing where no argument is expected' <<'END'
mkpatch t
mkpatch -q t
END

# Hostile names
hostile='$(touch${IFS}pwned)'
branches=("rel$hostile" 'tick`touch${IFS}pwned`' 'semi;touch${IFS}pwned;' "both'a\"b" 'hist!!x!$' 'brace{a,b}' 'groß')
for branch in "${branches[@]}"; do git branch "$branch" || exit; done
git config 'remote.far$(touch pwned).url' x
touch 'fi$(touch pwned)' $'new\nline' 'co:lon' 'sp ace' "qu\"o'te"
mkdir 'di$(touch pwned)'
printf '    "$(touch pwned)": {}\n    $(touch pwned): {}\n' >>"$tmp/other/ring.yaml"
asked 'does not run what is on the command line' <<'END'
mkpatch -C $(touch pwned) -r f
mkpatch -C "$(touch pwned)" -r f
mkpatch -C `touch pwned` -r f
mkpatch -C (touch pwned) -r f
mkpatch -c $(touch pwned) --service a
mkpatch -c (touch pwned) --service a
END
ok '... in no shell' test ! -e pwned
rm -f pwned
asked 'offers no service with a hostile name' <<END
mkpatch -c $tmp/other/ring.yaml --service 	cart shop.eu_1
END

# typed SHELL <lines: what is run if each is typed into an interactive shell with a tab at its end
mkdir "$tmp/stubs" "$tmp/share"
printf '#!/bin/sh\nprintf "%%s\\0" "$@" >"%s/ran.new"\nexec mv "%s/ran.new" "%s/ran"\n' "$tmp" "$tmp" "$tmp" >"$tmp/stubs/mkpatch"
chmod +x "$tmp/stubs/mkpatch"
mkdir -p "$tmp/share"/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d} ~/fish
cp "$made"/bash/* "$tmp/share/bash-completion/completions"
cp "$made"/zsh/* "$tmp/share/zsh/site-functions"
cp "$made"/fish/* "$tmp/share/fish/vendor_completions.d"
echo "PS1='READY> ' && . /usr/share/bash-completion/bash_completion" >~/.bashrc
echo "PS1='READY> ' && fpath=($tmp/share/zsh/site-functions \$fpath) && autoload -U compinit && compinit -u -D" >~/.zshrc
echo 'function fish_prompt; echo "READY> "; end; function fish_greeting; end' >~/fish/config.fish
typed() {
	XDG_DATA_HOME=$HOME XDG_DATA_DIRS=$tmp/share:/usr/share ZDOTDIR=$HOME PATH=$tmp/stubs:$PATH \
		python3 "$top/tests/completions/type.py" "$tmp/ran" "$1" -i
}
cat >"$tmp/right" <<'END'
mkpatch --adop	--adopt
mkpatch --serv	--service
mkpatch --proposal rel	--proposal	rel$(touch${IFS}pwned)
mkpatch --proposal=rel	--proposal=rel$(touch${IFS}pwned)
mkpatch --proposal "rel	--proposal	rel$(touch${IFS}pwned)
mkpatch --proposal 'rel	--proposal	rel$(touch${IFS}pwned)
mkpatch --proposal tick	--proposal	tick`touch${IFS}pwned`
mkpatch --proposal "tick	--proposal	tick`touch${IFS}pwned`
mkpatch --proposal semi	--proposal	semi;touch${IFS}pwned;
mkpatch --proposal both	--proposal	both'a"b
mkpatch --proposal "both	--proposal	both'a"b
mkpatch --proposal 'both	--proposal	both'a"b
mkpatch --proposal hist	--proposal	hist!!x!$
mkpatch --proposal "hist	--proposal	hist!!x!$
mkpatch --proposal brace	--proposal	brace{a,b}
mkpatch --proposal gro	--proposal	groß
mkpatch --proposals far	--proposals	far$(touch pwned)
mkpatch --open fi	--open	fi$(touch pwned)
mkpatch --open new	--open	new\nline
mkpatch --open=co	--open=co:lon
mkpatch --open sp	--open	sp ace
mkpatch --open qu	--open	qu"o'te
mkpatch --repo di	--repo	di$(touch pwned)
mkpatch --repo=di	--repo=di$(touch pwned)
END
for shell in $shells; do
	cut -f 1 "$tmp/right" | typed "$shell" | sed 's,/$,,' >"$tmp/ran.all"
	ok "$shell finds the installed completion, and quotes what it inserts" diff "$tmp/right" "$tmp/ran.all"
	ok '... and runs nothing of it' test ! -e pwned
	rm -f pwned
done

# The generator: programs whose help has another kind of value, no option, or quotes
program() { printf '#!/bin/sh\ncat <<"END"\nusage: %s [option ...]\n\n%s\nEND\n' "$1" "$2" >"$tmp/stubs/$1" && chmod +x "$tmp/stubs/$1"; }
generate() { run sh "$top/examples/packaging/completions.sh" "$tmp/$1" "$tmp/stubs/$1"; }
program odd '      --moon PHASE  the phase'
generate odd
ok 'a value that nothing completes is an error' eval '! exits 0 && err_has "completions: odd: --moon: unknown kind of value: PHASE"'
ok '... and no completion is made' test ! -e "$tmp/odd/bash/odd"
program empty ''
generate empty
ok 'a program without options is an error' eval '! exits 0 && err_has "completions: empty: --help lists no options"'
program quotes "  -x, --text KEY: VALUE  it's \"[\$(touch pwned)]\": \`touch pwned\` \\ back; [x]:y (may be repeated)
      --fast                %s && touch pwned"
generate quotes
ok 'help may have quotes' eval 'exits 0 && err_empty'
made=$tmp/quotes PATH=$tmp/stubs:$PATH
asked 'offers options whose help has quotes' <<'END'
quotes -	-x --text --fast
quotes --text x --te	--text
quotes --text 
END
ok '... and runs nothing of them' test ! -e pwned

finish
