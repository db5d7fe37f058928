# offers.sh DIRECTORY <lines: for each command line, print "LINE<tab>WORD" for each word that bash offers at its end.
# The line is divided as bash does it: at blanks, and around = : < and >.  What compopt(1) lets bash add is added here.
set -u

compopt() { options+=" $2"; }

while IFS= read -r line; do
	prog=${line%% *}
	. "$1/$prog"
	COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=() options=
	rest=$line
	pattern='^[[:blank:]]*([=:<>]+|("[^"]*("|$)|'\''[^'\'']*('\''|$)|\\.|[^[:blank:]=:<>"'\''\\])+)'
	while [[ $rest =~ $pattern ]]; do
		COMP_WORDS+=("${BASH_REMATCH[1]}")
		rest=${rest:${#BASH_REMATCH[0]}}
	done
	case $line in *' ') COMP_WORDS+=('') ;; esac
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	read -r _ _ function _ <<<"$(complete -p "$prog")"
	COMPREPLY=()
	"$function" "$prog" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	word=${COMP_WORDS[-1]}
	[[ $word != [=:\<\>] ]] || word=
	if ((${#COMPREPLY[@]} == 0)); then
		case $options in
		*dirnames*) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
		*default*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
		esac
	fi
	((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]/#/"$line"$'\t'}"
done
