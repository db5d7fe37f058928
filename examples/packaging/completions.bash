# Text from repositories and file names is never evaluated: no eval, and no compgen -W.

# _ringkit_plain WORD: set plain to the word without its quotes, and open to the quote that is not closed.  Fail if the shell would
# expand it.
_ringkit_plain() {
	local rest=$1 next
	plain='' open=''
	case $rest in \~ | \~/*) plain=$HOME rest=${rest:1} ;; esac
	while [[ -n $rest ]]; do
		next=${rest:0:1} rest=${rest:1}
		case $open$next in
		"'" | '"') open=$next ;;
		"''" | '""') open='' ;;
		\\) plain+=${rest:0:1} rest=${rest:1} ;;
		'"'\\)
			case $rest in [\$\`\"\\]*) next=${rest:0:1} rest=${rest:1} ;; esac
			plain+=$next
			;;
		'$' | '`' | '"$' | '"`') return 1 ;;
		*) plain+=$next ;;
		esac
	done
}

# Set words to those up to the cursor, with --name=value in one word although bash divides it, and trim to the part of the last one
# that bash does not replace.
_ringkit_words() {
	local line=${COMP_LINE:0:COMP_POINT} gap piece i
	words=() trim=''
	for ((i = 0; i <= COMP_CWORD; i++)); do
		gap=${line%%[![:space:]]*}
		line=${line#"$gap"}
		piece=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || piece=$line
		line=${line#"$piece"}
		if ((i)) && [[ -z $gap && ($piece == [=:]* || ${COMP_WORDS[i - 1]} == *[=:]) ]]; then
			trim=${words[-1]}
			words[-1]+=$piece
			case $piece in [=:]) trim+=$piece ;; esac
		else
			words+=("$piece")
			trim=''
		fi
	done
}

# Set name to the option that is meant by --name or its unambiguous beginning.
_ringkit_long() {
	local each found=()
	name=$1
	[[ -z ${kinds[$name]-} ]] || return 0
	for each in "${!kinds[@]}"; do
		[[ $each != "$name"* ]] || found+=("$each")
	done
	name=${found[0]-}
	((${#found[@]} == 1))
}

# Read the options before the cursor into given[], by their long names.  Set expected to that whose value comes next.  Fail after --.
_ringkit_given() {
	local word name plain open letters
	for word in "${words[@]:1:${#words[@]}-2}"; do
		_ringkit_plain "$word" || plain=/dev/null # neither a repository nor a catalogue
		if [[ -n $expected ]]; then
			given[$expected]=$plain expected=''
			continue
		fi
		case $plain in
		--) return 1 ;;
		--*=*) ! _ringkit_long "${plain%%=*}" || given[$name]=${plain#*=} ;;
		--*)
			_ringkit_long "$plain" || continue
			[[ ${kinds[$name]} == none ]] || expected=$name
			;;
		-?*)
			for ((letters = 1; letters < ${#plain}; letters++)); do
				name=${long[-${plain:letters:1}]-}
				[[ -n $name && ${kinds[$name]} != none ]] || continue
				expected=$name
				((letters + 1 == ${#plain})) || given[$name]=${plain:letters+1} expected=''
				break
			done
			;;
		esac
	done
}

# The values of an option, one a line
_ringkit_git() { command git -C "$repo" "$@" 2>/dev/null; }
_ringkit_rev() {
	echo HEAD
	_ringkit_git for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=2)%(end)' refs/heads refs/tags refs/remotes
}
_ringkit_branch() {
	_ringkit_git for-each-ref --format='%(refname:strip=2)' refs/heads
	_ringkit_git for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=3)%(end)' refs/remotes
}
_ringkit_remote() { _ringkit_git remote; }
_ringkit_service() {
	[[ -f $catalog ]] || return
	command awk '/^[^ #]/ { on = /^services:[ \t]*(#.*)?$/; indent = 0; next }
		on && match($0, /^ +[A-Za-z0-9._-]+:/) {
			key = substr($0, 1, RLENGTH - 1); sub(/^ +/, "", key)
			if (!indent) indent = RLENGTH - length(key)
			if (RLENGTH - length(key) == indent) print key
		}' <"$catalog"
}
_ringkit_overrides() {
	[[ ! -f $catalog ]] || command ringls -C "$repo" -c "$catalog" -q --cpu-limit 2 2>/dev/null </dev/null |
		command sed -n 's/^{"type":"override".*"'"$1"'":"\([A-Za-z0-9._/-]*\)".*/\1/p'
}
_ringkit_ring() { _ringkit_overrides ring; }
_ringkit_tenant() { _ringkit_overrides tenant; }

# _ringkit_offer BEFORE VALUE: add the candidates on standard input that begin with the value, quoted, after BEFORE.
_ringkit_offer() {
	local plain open each
	_ringkit_plain "$2" || return
	while IFS= read -r each; do
		[[ -n $each && $each == "$plain"* ]] || continue
		case $open in
		\') each=${each//\'/"'\\''"} ;;
		\") each=$(command sed 's/[$`"\\]/\\&/g; s/!/"'\''!'\''"/g' <<<"$each") ;;
		*) printf -v each %q "$each" ;;
		esac
		each=$1$each
		COMPREPLY+=("${each#"$trim"}")
	done < <(command sort -u)
}

# _ringkit_value OPTION BEFORE VALUE
_ringkit_value() {
	local fixed kind=${kinds[$1]} repo=${given[--repo]-.} catalog=${given[--catalog]-${RING_CATALOG:-ring.yaml}}
	case $kind in
	rev:*) repo=${given[--${kind#*:}]-.} kind=rev ;;
	esac
	case $kind in
	dir) compopt -o dirnames ;;
	file) compopt -o default ;;
	=*)
		IFS='|' read -ra fixed <<<"${kind:1}"
		_ringkit_offer "$2" "$3" < <(printf '%s\n' "${fixed[@]}")
		;;
	any | none) ;;
	*) _ringkit_offer "$2" "$3" < <("_ringkit_$kind") ;;
	esac
}

# _ringkit 'SHORT --LONG KIND' ...: complete the word at the cursor.
_ringkit() {
	local IFS=$' \t\n' words trim expected='' name option short each
	local -A kinds=() given=() long=()
	COMPREPLY=()
	for each; do
		short=${each%% *} option=${each#* } name=${each##* }
		option=${option% *}
		kinds[$option]=$name
		[[ $short == - ]] || long[$short]=$option
	done
	_ringkit_words
	for each in "${COMP_WORDS[COMP_CWORD - 1]}" "${words[-1]}"; do
		case $each in *[\<\>] | *[\<\>][\&\|]) compopt -o default && return ;; esac
	done
	_ringkit_given || return 0
	each=${words[-1]}
	if [[ -n $expected ]]; then
		_ringkit_value "$expected" '' "$each"
	elif [[ $each == --*=* ]]; then
		! _ringkit_long "${each%%=*}" || _ringkit_value "$name" "${each%%=*}=" "${each#*=}"
	elif [[ $each == -* ]]; then
		_ringkit_offer '' "$each" < <(printf '%s\n' "${!kinds[@]}" "${!long[@]}")
	fi
}
