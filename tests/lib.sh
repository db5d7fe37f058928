# What every test shares: run a command, then check sentences about its results.
# A test sources this file, ends with `finish`, and has $tmp (its own, removed on exit), $top (the checkout),
# $examples, and the programs in PATH.

set -u -o pipefail
shopt -s inherit_errexit lastpipe  # lastpipe: "... | run" sets the status here
export LC_ALL=${RINGKIT_LOCALE:-C} TZ=UTC PYTHONDONTWRITEBYTECODE=1
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
examples=$top/examples
corpus=${RINGKIT_CORPUS:-$top/../shared/corpus}
case :$PATH: in
*:"${RINGKIT_BIN:=$top/build/bin}":*) ;;
*) PATH=$RINGKIT_BIN:$PATH ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ringkit.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/home"
export HOME=$tmp/home GIT_CONFIG_NOSYSTEM=1 XDG_CONFIG_HOME=$tmp/home
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.com GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.com
unset RING_CATALOG GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git config --global init.defaultBranch main
tests=0

# run COMMAND [ARG ...] <input: keeps its output, its messages and its status
run() {
	ran="$*"
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# run full COMMAND, run no_out COMMAND, run no_in COMMAND: on a full disk, with a standard stream closed
full() { "$@" >/dev/full; }
no_out() { "$@" >&-; }
no_in() { "$@" <&-; }

# ok SENTENCE COMMAND [ARG ...]: the sentence holds if the command succeeds
ok() {
	local sentence=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $tests - $sentence"
		return
	fi
	echo "not ok $tests - $sentence"
	{
		echo "failed: $*"
		cat "$tmp/why"
		[ -z "${ran-}" ] || echo "after: $ran (status $status)"
		[ ! -s "$tmp/out" ] || { echo "its output:" && head -c 2000 "$tmp/out" && echo; }
		[ ! -s "$tmp/err" ] || { echo "its messages:" && head -c 2000 "$tmp/err" && echo; }
	} | sed 's/^/# /'
}

exits() { [ "$status" -eq "$1" ] || { echo "status $status, not $1" && false; }; }
out_has() { grep -qF -- "$1" "$tmp/out"; }
out_lacks() { ! grep -qF -- "$1" "$tmp/out"; }
out_lines() { [ "$(wc -l <"$tmp/out")" -eq "$1" ]; }
out_empty() { [ ! -s "$tmp/out" ]; }
err_has() { grep -qF -- "$1" "$tmp/err"; }
err_lines() { [ "$(wc -l <"$tmp/err")" -eq "$1" ]; }
err_empty() { [ ! -s "$tmp/err" ]; }
# out_is: the output equals standard input; same: two files are equal
out_is() { diff -u - "$tmp/out"; }
same() { cmp -- "$1" "$2"; }
not() { ! "$@"; }
# the distribution's, which has the modules that the tests need
[ ! -x /usr/bin/python3 ] || python3() { /usr/bin/python3 "$@"; }

# framed [PROG]: frame the lines of standard input as a whole stream
framed() {
	awk -v by="${1:-test}" '{ print; n++; r += /"type":"refused"/ }
		END { printf "{\"type\":\"end\",\"by\":\"%s\",\"records\":%d,\"refused\":%d}\n", by, n, r }'
}

# repo NAME [DIR]: a Git repository $tmp/NAME with the files of DIR (default: examples/NAME) in one commit
repo() {
	cp -R "${2:-$examples/$1}" "$tmp/$1" &&
		git -C "$tmp/$1" init -q && git -C "$tmp/$1" add -A && git -C "$tmp/$1" commit -qm 'As it was'
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

finish() { echo "1..$tests"; }
