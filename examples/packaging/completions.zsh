# Text from repositories is never evaluated: it goes from arrays to compadd, which quotes it.

# _ringkit_given DEFAULT OPTION ...: set REPLY to the value of the first option that is given, without its quotes.
_ringkit_given() {
	local option
	REPLY=$1
	shift
	for option; do
		[[ -n ${opt_args[$option]-} ]] || continue
		# _arguments puts a backslash before colons and backslashes
		REPLY=${(Q)${opt_args[$option]//(#b)\\([:\\])/$match[1]}}
		case $REPLY in '~' | '~/'*) REPLY=$HOME${REPLY#'~'} ;; esac
		return
	done
}

# _ringkit_offer DESCRIPTION LINE ...
_ringkit_offer() {
	local expl
	local -aU offered=("${@:2}")
	_wanted values expl "$1" compadd -a offered
}

_ringkit_git() {
	local REPLY option=${1:-repo}
	_ringkit_given . --$option ${${(M)option:#repo}:+-C}
	command git -C "$REPLY" "${@:2}" 2>/dev/null
}
_ringkit_rev() {
	_ringkit_offer revision HEAD ${(f)"$(_ringkit_git "$1" for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=2)%(end)' refs/heads refs/tags refs/remotes)"}
}
_ringkit_branch() {
	_ringkit_offer branch ${(f)"$(
		_ringkit_git repo for-each-ref --format='%(refname:strip=2)' refs/heads
		_ringkit_git repo for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname:strip=3)%(end)' refs/remotes
	)"}
}
_ringkit_remote() { _ringkit_offer remote ${(f)"$(_ringkit_git repo remote)"} }
_ringkit_service() {
	local REPLY
	_ringkit_given "${RING_CATALOG:-ring.yaml}" --catalog -c
	[[ ! -f $REPLY ]] || _ringkit_offer service ${(f)"$(
		command awk '/^[^ #]/ { on = /^services:[ \t]*(#.*)?$/; indent = 0; next }
			on && match($0, /^ +[A-Za-z0-9._-]+:/) {
				key = substr($0, 1, RLENGTH - 1); sub(/^ +/, "", key)
				if (!indent) indent = RLENGTH - length(key)
				if (RLENGTH - length(key) == indent) print key
			}' <"$REPLY"
	)"}
}
_ringkit_overrides() {
	local REPLY repo
	_ringkit_given . --repo -C
	repo=$REPLY
	_ringkit_given "${RING_CATALOG:-ring.yaml}" --catalog -c
	[[ ! -f $REPLY ]] || _ringkit_offer $1 ${(f)"$(
		command ringls -C "$repo" -c "$REPLY" -q --cpu-limit 2 2>/dev/null </dev/null |
			command sed -n 's/^{"type":"override".*"'"$1"'":"\([A-Za-z0-9._/-]*\)".*/\1/p'
	)"}
}
_ringkit_ring() { _ringkit_overrides ring }
_ringkit_tenant() { _ringkit_overrides tenant }
