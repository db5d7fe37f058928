# examples/scripts/notify: one message to Slack for a change, none for a repetition.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world
rm clock # what is old depends on the clock

# Slack: it keeps each message in a file of its own, and answers with the status in "$tmp/slack/status"
mkdir "$tmp/slack"
echo 200 >"$tmp/slack/status"
cat >"$tmp/slack.py" <<'END'
import http.server, os, sys
class Slack(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        status = int(open('status').read())
        if status == 200 and self.path == '/services/T0/B0/secret' and self.headers['Content-Type'] == 'application/json':
            with open(f'message{len([name for name in os.listdir() if name.startswith("message")]) + 1}', 'wb') as file:
                file.write(body)
        self.send_response(status)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Slack)
with open('port.new', 'w') as file:
    file.write(str(server.server_address[1]))
os.rename('port.new', 'port')
server.serve_forever()
END
(cd "$tmp/slack" && exec /usr/bin/python3 "$tmp/slack.py") &
slack_pid=$!
trap 'kill $github_pid $slack_pid; rm -rf "$tmp"' EXIT
for ((try = 0; try < 200; try++)); do
	[ ! -e "$tmp/slack/port" ] || break
	sleep 0.05
done
export no_proxy=127.0.0.1
SLACK_WEBHOOK=http://127.0.0.1:$(cat "$tmp/slack/port")/services/T0/B0/secret
export SLACK_WEBHOOK

messages() { find "$tmp/slack" -name 'message*' | wc -l; }
message() { jq -e "$2" "$tmp/slack/message$1"; }
notify() { credentials gitops converge-gitops && GH_TOKEN=converge-service run "$examples/scripts/notify" "$@"; }
release() { script release atlas "$ring" && notify atlas; }

push $ring
open_pull $ring cohort:github:path:internal-level-1
build $ring success
tick && rm -f clock
as_person POST repos/$repository/issues/120/comments '{"body": "<!-- ringkit:report service=atlas ring=ring-mine -->\nMine\n<!-- ringkit:state aa -->"}'
notify atlas
ok 'without a comment of ours there is no message' eval "exits 0 && is 0 messages"

release
ok 'a proposal is one message' eval 'exits 0 && is 1 messages'
ok '... with the service, the ring and its tenants' message 1 \
	'(.text | startswith("atlas from ring-leangraph")) and ([.blocks[].text.text] | join(" ") | contains("acme") and contains("fjord"))'
ok '... that links to the comment' message 1 '[.blocks[].text.text] | join(" ") | contains("http://github.localhost/atlanhq/atlas-metastore/pull/120#issuecomment-")'
ok '... within the limits of Slack' message 1 '(.blocks | length) <= 50 and all(.blocks[]; (.text.text | length) <= 3000) and (.blocks[0].text.text | length) <= 150'
ok "the comment keeps its report and has the stamp of the message, hidden" eval \
	"state_is '[.repositories[\"$repository\"].comments[] | select(.user != \"ann\")] | length == 1 and (.[0].body | contains(\"committed\") and
		test(\"<!-- ringkit:state ([0-9a-f]+) -->\\n<!-- ringkit:notified [0-9a-f]+ -->\$\"))'"
no_writes_yet
notify atlas
ok 'a repetition sends no message' eval 'exits 0 && is 1 messages'
ok '... and writes nothing' is '' writes
release
ok '... nor is a run of release that finds nothing new' eval 'exits 0 && is 1 messages'
ok '... which leaves the comment as it is' is '' eval 'writes | sed /git-receive-pack/d'

label $ring cohort:tenant:name:mistral
rm -f clock
release
ok 'a change is another message' eval "exits 0 && is 2 messages"
ok '... with what has changed' message 2 '[.blocks[].text.text] | join(" ") | contains("mistral")'
notify atlas
ok '... and only one' is 2 messages

unlabel $ring cohort:tenant:name:mistral
rm -f clock
script release atlas $ring
echo 500 >"$tmp/slack/status"
notify atlas
ok 'if Slack does not answer, the run fails' not exits 0
ok '... without the secret in its messages' eval 'not err_has secret && out_lacks secret'
echo 200 >"$tmp/slack/status"
notify atlas
ok '... and the next run sends the message' eval 'exits 0 && is 3 messages'
notify atlas
ok '... once' is 3 messages

label $ring cohort:tenant:name:mistral
rm -f clock
script release atlas $ring
no_writes_yet
notify -n atlas
ok 'a dry run prints the message' eval 'exits 0 && out_has mistral && is 3 messages'
ok '... and writes nothing' is '' writes
notify atlas ring-other
ok 'another ring has no message' eval 'exits 0 && is 3 messages'
credentials gitops person && GH_TOKEN=person run "$examples/scripts/notify" heracles
ok '... nor another service' eval 'exits 0 && is 3 messages'
SLACK_WEBHOOK='' notify atlas
ok 'without an address nothing is done' eval 'exits 0 && is 3 messages'
SLACK_WEBHOOK=$'http://x/"\n' notify atlas
ok '... and a bad one is refused' eval 'exits 2 && err_has SLACK_WEBHOOK'
notify
ok 'the service is required' eval 'exits 2 && err_has usage'
notify --all atlas
ok '... and an unknown option is refused' eval 'exits 2 && err_has usage'
notify atlas $ring
ok 'a ring is selected by its name' eval 'exits 0 && is 4 messages'
ok 'GitHub knows every request' understood

finish
