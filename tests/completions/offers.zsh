# offers.zsh DIRECTORY <lines: for each command line, print "LINE<tab>WORD" for each word that zsh offers at its end.
# An interactive zsh on a terminal completes it, with a compadd that also writes down what matches.
zmodload zsh/zpty
out=$(mktemp)
inner='
PS1= PS2= PROMPT_SP=
fpath=('${(q)1}' $fpath)
autoload -U compinit && compinit -u -D
typeset -ga _seen
compadd() {
	local -a _matching
	if [[ ${@[1,(i)(-|--)]} != *-[OAD]" "* ]]; then
		builtin compadd -O _matching "$@"
		_seen+=("$_matching[@]")
	fi
	builtin compadd "$@"
}
tell() {
	print -rl -- "$_seen[@]" >>'${(q)out}'
	_seen=() compstate[insert]= compstate[list]= comppostfuncs=(tell)
	print "TO""LD"
}
comppostfuncs=(tell)
bindkey "^I" complete-word
print "REA""DY"'
zpty terminal zsh -f -i
zpty -w terminal $inner
zpty -r terminal said '*READY*'
while IFS= read -r line; do
	: >$out
	zpty -w -n terminal $'\C-u'$line$'\t'
	zpty -r terminal said '*TOLD*'
	while IFS= read -r word; do
		[[ -z $word ]] || print -r -- "$line"$'\t'"$word"
	done <$out
done
zpty -d terminal
rm -f $out
