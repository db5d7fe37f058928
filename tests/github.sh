# A stand-in for GitHub (tests/github/server.py) that the real gh, git and curl speak to.  A test sources this after lib.sh,
# writes the state, and calls github_start; tests/github/state.py describes the state.

# github_start STATE: start the server, and lead the clients to it
github_start() {
	github_state=$1 github_log=$tmp/github.log github_unknown=$tmp/github.unknown
	: >"$github_log"
	: >"$github_unknown"
	/usr/bin/python3 "$top/tests/github/server.py" "$github_state" "$github_log" "$github_unknown" "$tmp/github.port" $$ &
	github_pid=$!
	trap 'kill $github_pid; rm -rf "$tmp"' EXIT
	local try
	for ((try = 0; try < 200; try++)); do
		[ ! -e "$tmp/github.port" ] || break
		sleep 0.05
	done
	http_proxy=http://127.0.0.1:$(cat "$tmp/github.port")
	unset HTTP_PROXY no_proxy NO_PROXY ALL_PROXY all_proxy GH_ENTERPRISE_TOKEN GITHUB_TOKEN
	git config --global maintenance.auto false
	export TCELL_MINIMIZE=1 GOGC=off  # gh starts in half the time, and ends before its garbage is worth collecting
	remember_yq
	export http_proxy GH_HOST=github.localhost GH_CONFIG_DIR=$tmp/home/gh GH_NO_UPDATE_NOTIFIER=1 GH_PROMPT_DISABLED=1
}

# remember_yq: each script starts with "yq . CATALOG", which takes as long as ten filters: what the real yq has printed for a file
# is printed again for the same bytes
remember_yq() {
	local yq
	[ ! -e "$tmp/remember/yq" ] && yq=$(command -v yq) || return 0
	mkdir "$tmp/remember"
	cat >"$tmp/remember/yq" <<-EOF
		#!/bin/sh
		[ "\$#" -eq 2 ] && [ "\$1" = . ] || exec "$yq" "\$@"
		sum=\$(sha256sum <"\$2") && kept="$tmp/remember/\${sum%% *}" || exit
		[ -e "\$kept" ] || { "$yq" . "\$2" >"\$kept.\$\$" && mv "\$kept.\$\$" "\$kept"; } || exit
		cat "\$kept"
	EOF
	chmod +x "$tmp/remember/yq"
	PATH=$tmp/remember:$PATH
}

# state JQ-PROGRAM [ARG ...]: change the state, as things do that have no request
state() { jq "$1" "$github_state" "${@:2}" >"$github_state.mine" && mv "$github_state.mine" "$github_state"; }
# state_is JQ-PROGRAM [ARG ...]: the program holds for the state
state_is() { jq -e "$1" "$github_state" "${@:2}"; }
# as_person METHOD PATH [BODY]: a request with the token "person", which must succeed
as_person() {
	curl -sS --fail-with-body -X "$1" -H 'Authorization: token person' ${3:+--data-binary "$3"} \
		"http://api.github.localhost/$2" -o "$tmp/answer" || { cat "$tmp/answer" >&2 && false; }
}
# credentials DIR TOKEN: let a clone use a token, as actions/checkout does
credentials() {
	git -C "$1" config http.http://github.localhost/.extraheader "AUTHORIZATION: basic $(printf 'x-access-token:%s' "$2" | base64)"
}
# clone_from TOKEN OWNER/NAME DIR
clone_from() {
	git -c "http.http://github.localhost/.extraheader=AUTHORIZATION: basic $(printf 'x-access-token:%s' "$1" | base64)" \
		clone -q "http://github.localhost/$2.git" "$3" && credentials "$3" "$1"
}
# writes: the requests since the last call of no_writes_yet that write, one a line
writes() { tail -n +"$((${log_seen:-0} + 1))" "$github_log" | jq -r 'select(.write) | "\(.method) \(.path) \(.query // "")"'; }
no_writes_yet() { log_seen=$(wc -l <"$github_log"); }
# understood: the server has known every request
understood() { [ ! -s "$github_unknown" ] || { cat "$github_unknown" && false; }; }
