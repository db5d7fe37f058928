# The stand-in for GitHub (tests/github): what the real gh, git and curl get from it, and what it refuses as GitHub does.

. "$(dirname "$0")/lib.sh"
. "$top/tests/github.sh"

cd "$tmp" || exit 1
mkdir world
cat >world/github.json <<'EOF'
{"tokens": {
	"person": {"login": "ann", "type": "User", "repositories": {"*": {"contents": "write", "pull_requests": "write", "issues": "write"}}},
	"service": {"login": "ringkit[bot]", "type": "Bot", "repositories": {
		"o/app": {"contents": "read", "actions": "read", "pull_requests": "write"}}},
	"gitops": {"login": "ringkit[bot]", "type": "Bot", "repositories": {"o/gitops": {"contents": "write", "pull_requests": "write"}}}},
 "repositories": {
	"o/app": {"git": "app.git", "first": 120}, "o/gitops": {"git": "gitops.git"}, "zoe/app": {"git": "fork.git", "parent": "o/app"}}}
EOF
git init -q people
git -C people commit -q --allow-empty -m First
for n in 1 2 3; do
	git -C people checkout -q -b ring-$n main
	git -C people commit -q --allow-empty -m "Ring $n"
done
git -C people checkout -q main
for name in app gitops fork; do git clone -q --bare people world/$name.git; done
head=$(git -C people rev-parse ring-1)
echo 1772442000 >world/clock
github_start "$tmp/world/github.json"

# as TOKEN COMMAND ...: the real gh; rest TOKEN METHOD PATH [BODY]: curl, status and body in $tmp/out
as() { run env GH_TOKEN="$1" "${@:2}"; }
rest() {
	run curl -sS -X "$2" -H "Authorization: token $1" ${4:+--data-binary "$4"} -w '%{http_code}\n' -D "$tmp/headers" \
		"http://api.github.localhost/$3"
}
says() { out_has "\"message\": \"$1\""; }
is() { [ "$("${@:2}")" = "$1" ]; }
answers() { [ "$(tail -n 1 "$tmp/out" | tail -c 4)" = "$1" ] || { echo "not $1" && false; }; }

# Pull requests: gh's queries and mutations
printf 'The body\n' >body
as service gh pr create -R o/app --head ring-1 --base main --title 'Ring 1' --body-file body
ok 'gh pr create makes a pull request and prints its address' eval "exits 0 && out_is <<<http://github.localhost/o/app/pull/120"
as service gh pr create -R o/app --head ring-1 --base main --title 'Ring 1' --body-file body
ok '... and no second one for the same head' eval "exits 1 && err_has 'already exists'"
rest service POST repos/o/app/pulls '{"title":"x","head":"ring-1","base":"main"}'
ok '... nor does REST, with 422' eval "answers 422 && says 'A pull request already exists for o:ring-1.' && says 'Validation Failed'"
as service gh api graphql -f query='mutation {createPullRequest(input: {repositoryId: "R_1", title: "x", headRefName: "ring-1",
	baseRefName: "main"}) {pullRequest {url}}}'
ok '... nor does GraphQL' eval "exits 1 && err_has 'A pull request already exists for o:ring-1.'"
as service gh pr create -R o/app --head ring-9 --base main --title 'Ring 9' --body-file body
ok 'a head that does not exist is refused' eval "exits 1 && err_has 'Head ref must be a branch'"
rest service POST repos/o/app/pulls '{"title":"x","head":"main","base":"main"}'
ok '... and so is one without a commit of its own' eval "answers 422 && says 'No commits between main and main'"
rest service POST repos/o/app/pulls '{"title":"x","head":"ring-2"}'
ok '... and a request without its base' eval 'answers 422 && out_has "base"'
rest service POST repos/o/app/pulls '{"title":"x","head":"ring-2","base":"main","body":5}'
ok '... and a body that is not a string' eval 'answers 422 && out_has "is not a string"'
rest service POST repos/o/app/pulls '{"title":'
ok '... and what is not JSON' eval "answers 400 && says 'Problems parsing JSON'"
for n in 2 3; do rest service POST repos/o/app/pulls '{"title":"Ring","head":"ring-'$n'","base":"main"}'; done
ok 'REST makes a pull request, with 201' answers 201

fields=number,state,isDraft,isCrossRepository,headRefName,headRefOid,baseRefName,labels,mergeCommit,updatedAt,url,title
as service gh pr list -R o/app --head ring-1 --state all --limit 100 --json $fields
ok 'gh pr list has what the pull request has' jq -e --arg head "$head" '. == [{number: 120, state: "OPEN", isDraft: false,
	isCrossRepository: false, headRefName: "ring-1", headRefOid: $head, baseRefName: "main", labels: [], mergeCommit: null,
	updatedAt: "2026-03-02T09:00:00Z", url: "http://github.localhost/o/app/pull/120", title: "Ring 1"}]' out
as service gh pr view -R o/app 121 --json headRefName --jq .headRefName
ok 'gh pr view finds one by its number' out_is <<<ring-2
as service gh pr view -R o/app 7 --json headRefName
ok '... and says what it does not find' eval "exits 1 && err_has 'Could not resolve to a PullRequest with the number of 7'"
as service gh api --method PATCH repos/o/app/pulls/120 -f title=Other -F body=@body --jq .title
ok 'a pull request is edited through REST' eval 'exits 0 && out_is <<<Other'
as service gh pr edit -R o/app 120 --title New --body-file body
ok 'gh pr edit fails: it asks for a field that GitHub has removed' eval 'exits 1 && err_has "Projects (classic)" && err_has projectCards'
ok '... and changes nothing' state_is '.repositories["o/app"].pulls[0].title == "Other"'
printf '%65537s' '' | tr ' ' x >long
as service gh api --method PATCH repos/o/app/pulls/120 -F body=@long
ok 'a body is at most 65,536 characters' eval 'exits 1 && err_has "HTTP 422" && out_has "body is too long"'

# Lists are in pages
state '.repositories["o/app"].pulls += [range(124; 374) as $n | .repositories["o/app"].pulls[0] | .number = $n | .state = "closed"]'
as service gh pr list -R o/app --state all --limit 1000 --json number --jq '[.[].number] | length, first, last'
ok 'gh pr list follows the pages of GraphQL' eval 'exits 0 && xargs <out | grep -qx "253 373 120"'
as service gh api --paginate 'repos/o/app/pulls?state=all&per_page=100' --jq '.[].number'
ok 'gh api follows those of REST' eval 'exits 0 && out_lines 253'
rest service GET 'repos/o/app/pulls?state=all'
ok 'a page of REST has 30 items, and a link to the next one' eval '[ "$(grep -o "\"node_id\"" out | wc -l)" -eq 30 ] &&
	grep -qi "^link: .*page=2>; rel=\"next\", .*page=9>; rel=\"last\"" headers'
rest service GET 'repos/o/app/pulls?state=all&per_page=500&page=3'
ok '... and at most 100' eval '[ "$(grep -o "\"node_id\"" out | wc -l)" -eq 53 ] && grep -qi "rel=\"prev\"" headers && ! grep -qi "rel=\"next\"" headers'
state '.repositories["o/app"].pulls |= .[:3]'

# Comments and labels
as service gh api --silent --method POST repos/o/app/issues/120/comments -F body=@body
as service gh api --paginate repos/o/app/issues/120/comments --jq '.[] | "\(.id) \(.user.login) \(.body)"'
ok 'a comment has its author and its body' eval "grep -qx '1001 ringkit\[bot\] The body' out"
as service gh api --silent --method PATCH repos/o/app/issues/comments/1001 -f body=Changed
ok '... and can be changed' state_is '.repositories["o/app"].comments[0].body == "Changed"'
as service gh api --method POST repos/o/app/issues/120/comments -F body=@long
ok '... and has the same limit' eval 'exits 1 && err_has "HTTP 422"'
as service gh api --method POST repos/o/app/issues/119/comments -F body=@body
ok '... and needs a pull request' eval 'exits 1 && err_has "HTTP 404"'
as person gh label create -R o/app new --color 1d76db --description 'It is new'
as person gh label create -R o/app new --color 1d76db --description 'It is newer'
ok 'a label exists once' eval 'exits 1 && err_has "already exists"'
as person gh label create -R o/app new --force --color 1d76db --description 'It is newer'
ok '... and is changed by force' eval 'exits 0 && state_is ".repositories[\"o/app\"].labels[0].description == \"It is newer\""'
as person gh label create -R o/app "$(head -c 51 long)" --color 1d76db
ok "... and its name has at most 50 characters" eval 'exits 1 && err_has "HTTP 422"'
as_person POST repos/o/app/issues/120/labels '{"labels":["new","other"]}'
as service gh pr view -R o/app 120 --json labels --jq '[.labels[].name] | join(" ")'
ok 'a pull request is labelled' out_is <<<'new other'
as_person DELETE repos/o/app/issues/120/labels/other
ok '... and the label is removed' state_is '.repositories["o/app"].pulls[0].labels == ["new"]'

# Runs
state '.repositories["o/app"].runs = [range(150) | {id: (9000 + .), name: "Build", path: ".github/workflows/b.yml", run_attempt: 1,
	event: "push", head_branch: (if . == 7 then "main" else "ring-1" end), head_sha: "x", status: "completed", conclusion: "success"}]'
as service gh api --paginate 'repos/o/app/actions/runs?branch=ring-1&event=push&per_page=100' --jq '.workflow_runs[] | .id'
ok 'the runs of a branch come newest first, in pages' eval 'exits 0 && out_lines 149 && head -n 1 out | grep -qx 9149'

# Who may do what
as gitops gh api repos/o/app
ok 'a repository that a token does not reach is not found' eval 'exits 1 && err_has "Not Found (HTTP 404)"'
as gitops gh pr list -R o/app
ok '... by GraphQL, too' eval "exits 1 && err_has \"Could not resolve to a Repository with the name 'o/app'.\""
as gitops gh api repos/o/gitops/actions/runs
ok 'without the permission: 403' eval 'exits 1 && err_has "Resource not accessible by integration (HTTP 403)"'
state '.tokens.service.repositories["o/app"].pull_requests = "read"'
as service gh api --method POST repos/o/app/issues/120/comments -F body=@body
ok '... also for one that may only read, and writes' eval 'exits 1 && err_has "HTTP 403"'
as service gh api graphql -f query='mutation {createPullRequest(input: {repositoryId: "R_1", title: "x", headRefName: "ring-1",
	baseRefName: "main"}) {pullRequest {url}}}'
ok '... by GraphQL, too' eval 'exits 1 && err_has "Resource not accessible by integration"'
state '.tokens.service.repositories["o/app"].pull_requests = "write"'
as nothing gh api repos/o/app
ok 'a wrong token: 401' eval 'exits 1 && err_has "Bad credentials (HTTP 401)"'
state '.rate = {remaining: 1}'
as service gh api repos/o/app --jq .full_name
ok 'the last request of the limit is answered' exits 0
as service gh api repos/o/app
ok '... the next one is not, with 403' eval 'exits 1 && err_has "rate limit exceeded" && err_has "HTTP 403"'
as service gh pr list -R o/app
ok '... also by GraphQL' eval 'exits 1 && err_has "rate limit exceeded"'
state 'del(.rate)'
state '.broken = [{match: "GET /repos/o/app$", status: 502, times: 1}]'
as service gh api repos/o/app
ok 'a fault of GitHub that the test asks for' eval 'exits 1 && err_has "HTTP 502"'
as service gh api repos/o/app
ok '... occurs as often as it asks for' exits 0

# Git
clone_from service o/app app
ok 'a repository is cloned' is "$head" git -C app rev-parse origin/ring-1
ok 'a pull request has its ref' eval 'git -C app fetch -q origin refs/pull/120/head && is "$head" git -C app rev-parse FETCH_HEAD'
run git -C app push origin HEAD:refs/heads/new
ok 'a token that may only read cannot push' eval 'exits 128 && err_has 403 && err_has "Permission to o/app.git denied to ringkit[bot]"'
run git -c credential.helper= clone http://github.localhost/o/app.git nothing </dev/null
ok 'without a token there is nothing' exits 128
credentials app gitops
run git -C app fetch
ok '... nor with another repository'"'"'s' eval 'exits 128 && err_has "not found"'
credentials app person
no_writes_yet
run git -C app push origin HEAD:refs/pull/120/head
ok 'the ref of a pull request accepts no push' eval 'exits 1 && err_has hidden'
state '.repositories["o/app"].protected = ["main"]'
git -C app commit -q --allow-empty -m Direct
run git -C app push origin HEAD:main
ok 'nor does a protected branch' eval 'exits 1 && err_has GH006'
state 'del(.repositories["o/app"].protected)'

# Pull requests follow Git
git -C app checkout -q ring-1 && git -C app commit -q --allow-empty -m More && git -C app push -q
head=$(git -C app rev-parse HEAD)
view() { as service gh pr view -R o/app "$1" --json state,headRefOid,mergeCommit --jq '"\(.state) \(.headRefOid) \(.mergeCommit.oid)"'; }
view 120
ok 'a push moves the head' out_is <<<"OPEN $head null"
git -C app checkout -q main && git -C app merge -q --no-ff -m Merge ring-1 && git -C app push -q origin main :ring-1
view 120
ok 'a push of the merge merges it' out_is <<<"MERGED $head $(git -C app rev-parse HEAD)"
git -C app push -q origin :ring-2
view 121
ok 'a deleted branch closes it' eval 'grep -q ^CLOSED out'
rest person PATCH repos/o/app/pulls/121 '{"state":"open"}'
ok '... and it cannot be opened again' answers 422
as_person PUT repos/o/app/pulls/122/merge '{"merge_method":"squash"}'
view 122
ok 'a squash merge makes a new commit' out_is <<<"MERGED $(git -C people rev-parse ring-3) $(git -C world/app.git rev-parse main)"
rest person POST repos/o/app/pulls '{"title":"x","head":"zoe:ring-2","base":"main"}'
as service gh pr list -R o/app --head ring-2 --state open --json isCrossRepository,number --jq '.[] | "\(.isCrossRepository) \(.number)"'
ok "a fork's pull request has the name of its branch, and is from another repository" out_is <<<'true 123'

# The commands of the pages, as they are printed: gh finds the repository by the clone's remote
commands() {
	sed 's/^\.Dl //' "$top"/man/*.[157] | sed -n '/^gh /{:a;/\\e$/{N;s/\\e\n//;ba};s/ *\(>\|| *$\|| labels2json\).*//;p;}' | sed 's/\\(aq/'"'"'/g' | sort -u
}
commands >commands
ok 'the pages have commands of gh' test "$(wc -l <commands)" -ge 5
while read -r command; do
	command=${command/123/120} command=$(sed "s,atlanhq/atlas-metastore\|shop/cart,o/app," <<<"$command")
	run env -C app GH_TOKEN=service OWNER=o NAME=app GITOPS=app RING=ring-1 R=repos/o/app N=120 BRANCH=ring-1 bash -c "$command" </dev/null
	ok "runs as it is printed: $command" exits 0
done <commands

# Writes are counted, and a request that the server does not know fails
no_writes_yet
as service gh pr list -R o/app
as service gh api --method PATCH repos/o/app/pulls/123 -f title=Title
git -C app fetch -q && git -C app push -q origin HEAD:refs/heads/other
ok 'queries and fetches are not writes; edits and pushes are' diff - <(writes) <<'EOF'
PATCH /repos/o/app/pulls/123 
POST /o/app.git/git-receive-pack 
EOF
ok 'up to here, every request was one that GitHub has' understood
unknown() {
	: >"$github_unknown"
	as service gh api "$@"
	ok "unknown: $*" eval 'exits 1 && err_has "HTTP 500" && not understood'
}
unknown repos/o/app/nothing
unknown 'repos/o/app/pulls?stat=all'
unknown repos/o/app/pulls/123 --method PATCH -f titel=x
unknown graphql -f 'query={repository(owner:"o",name:"app"){stargazers}}'
unknown graphql -f 'query={repository(owner:"o",name:"app"){pullRequests(first:1,nothing:2){totalCount}}}'
unknown graphql -f 'query=mutation {closePullRequest(input:{pullRequestId:"PR_1_123"}) {clientMutationId}}'

finish
