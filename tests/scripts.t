# examples/scripts: their options, and what they do when something is wrong.  tests/life.t tests what they are for.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world
push $ring
open_pull $ring $one
build $ring success
push ring-other
open_pull ring-other cohort:tenant:name:juniper
build ring-other success

# two runs at once, each on a machine of its own, RACES times (default 3)
on_machine() {
	SERVICE=service$1 GITOPS=gitops$1 GH_TOKEN=converge-service GITOPS_TOKEN=converge-gitops \
		"$examples/scripts/release" atlas $ring >"$tmp/said$1" 2>&1
	echo $? >"$tmp/status$1"
}
both() {
	on_machine '' &
	on_machine .2
	wait $!
	grep -qx 0 "$tmp/status" && grep -qx 0 "$tmp/status.2" || { cat "$tmp"/said*; false; }
}
at_once() {
	credentials service converge-service && credentials gitops converge-gitops
	cp -a service service.2 && cp -a gitops gitops.2
	# the slower one of two looks again only if the other has pushed, so that both ask GitHub at the same time
	[ "$1" -gt 1 ] || state '.together = [{match: "^POST /repos/atlanhq/gitops/pulls$", count: 2}, {match: "^POST .*/comments$", count: 2}]'
	no_writes_yet
	ok "$1: two runs at once on one ring both succeed" both
	[ "$1" -gt 1 ] || ok '... they ask for the proposal and the comment at the same time' is '2 2' eval \
		'echo $(writes | grep -c "^POST .*/pulls ") $(writes | grep -c "^POST .*/comments ")'
	ok '... and there is one proposal' gitops_pulls 'length == 1 and .[0].state == "open"'
	ok '... and one comment, which names it' eval 'comment 120 | grep -q "(http://github.localhost/atlanhq/gitops/pull/1)"'
}
for ((race = 1; race <= ${RACES:-3}; race++)); do
	aside at_once $race
done

# release
script release -n atlas $ring
ok 'a dry run lists what would be proposed' eval 'exits 0 && out_has planned'
ok '... and changes nothing' eval "is '' proposals && is '' comments 120"
script release atlas 120
ok "a pull request's number selects its ring" eval "exits 0 && is release/atlas/$ring proposals"
script release atlas
ok 'without a ring, every ring that has something to release is released' eval \
	"exits 0 && is 'release/atlas/$ring release/atlas/ring-other' eval 'proposals | xargs'"
script release atlas no-ring
ok 'a name that is not a ring is refused' eval "exits 1 && err_has 'invalid ring name: no-ring'"
script release atlas '../x' $ring
ok '... and so is a path' eval "exits 1 && err_has 'invalid ring name: ../x'"
ok "... and the next ring is released" out_has "service=atlas ring=$ring"
script release
ok 'the service is required' eval "exits 2 && err_has usage"
script release --dry atlas
ok '... and an unknown option is refused' eval "exits 2 && err_has usage"
script release nothing
ok '... and so is a service that the catalogue does not have' exits 2
GITOPS=$tmp/nowhere script release atlas
ok 'a missing clone is named, and nothing is done' eval 'not exits 0 && err_has nowhere'
summary() { GITHUB_STEP_SUMMARY=$tmp/summary script release -n atlas $ring; }
summary
ok "the report is written to the job's summary page if there is one" grep -q '^<!-- ringkit' "$tmp/summary"
ok '... and not to the log' out_lacks '<!-- ringkit'
ok 'each ring gets its report on its own pull request' eval 'comment 120 | grep -q acme && comment 121 | grep -q juniper'
script release atlas
ok '... in the comment that is already there' eval 'comment 120 | grep -q acme'

# a ring that contains another one
taken_over() { comments 120 | jq -r 'select(startswith("<!-- ringkit:report service=atlas ring='$ring' taken-over-by=ring-second -->\n"))'; }
take_over() {
	local before
	script release atlas $ring
	merge_proposals
	before=$(held_tenants)
	git -C people/service checkout -qb ring-second $ring
	push ring-second && open_pull ring-second $one && build ring-second success
	: >digests
	DIGESTS=digests script release atlas ring-second
	ok 'without a digest for its commit, a ring waits' eval "exits 0 && is '' proposals && comment 122 | grep -q '(no-digest)'"
	printf '%s sha256:%064d\n' "$commit" 1 >digests
	DIGESTS=digests script release atlas ring-second
	ok 'a ring that contains the commit of another one takes its tenants over' eval "exits 0 && is '$before' held_tenants release/atlas/ring-second ring-second"
	ok '... as its pull request says' eval "comment 122 | grep -q 'It takes [0-9]* tenants over from $ring, whose commit'"
	ok '... and that of the other ring' eval "taken_over | grep -q '^\*\*Taken over:\*\* #122, ring-second, .*(http://github.localhost/atlanhq/gitops/pull/[0-9]*)'"
	no_writes_yet
	DIGESTS=digests script release atlas ring-second
	ok '... once' is '' writes
	merge_proposals
	close_pull ring-second
	script release atlas ring-second
	merge_proposals
	ok 'when it is closed, the other ring has its image there again' eval "exits 0 && is '$before' held_tenants && is '' held_tenants main ring-second"
	push ring-second
	merge_pull $ring squash
	git -C people/service checkout -qB ring-third origin/master
	push ring-third && open_pull ring-third $one && build ring-third success
	script release atlas ring-third
	ok 'a ring that contains the squash merge of another one takes its tenants over, too' is "$before" held_tenants release/atlas/ring-third ring-third
}
aside take_over

# a person's commit on a proposal
person() {
	git -C people/gitops fetch -q origin
	git -C people/gitops checkout -q "release/atlas/$ring"
	echo '# mine' >>people/gitops/tenants/acme/application.yaml
	git -C people/gitops commit -qam 'Mine' && git -C people/gitops push -q origin "release/atlas/$ring"
	theirs=$(git -C people/gitops rev-parse HEAD)
	push $ring
	build $ring success
	unlabel ring-other cohort:tenant:name:juniper
	label ring-other cohort:tenant:name:lumen
	script release atlas
	ok "a person's commit on a proposal stays" is "$theirs" git -C gitops.git rev-parse "release/atlas/$ring"
	ok "... and is reported on the ring's pull request" eval "exits 1 && comment 120 | grep -q foreign-commit"
	ok '... and the other ring is still released' is lumen held_tenants release/atlas/ring-other ring-other
}
aside person

login() {
	RINGKIT_LOGIN=ann script release atlas $ring
	ok 'RINGKIT_LOGIN says whose proposals are ours' eval 'not exits 0 && err_has "was opened by ringkit[bot]"'
}
aside login

# clean-up
old() {
	merge_proposals
	state '.repositories["atlanhq/atlas-metastore"].pulls |= map(select(.number != 121))'
	clock=$((clock + 86400 * 40))
	converge $ring
	script cleanup --max-age 30 atlas
	ok 'an override whose ring has no pull request is reported' eval "exits 0 && out_has 'No pull request' && out_has 'cleanup --ring ring-other --without-gate atlas'"
	ok '... and so is an old one, once a tenant' is 1 eval "sed -n '/Older than/,/No pull request/p' '$tmp/out' | grep -c '\`acme\`'"
ok '... which is not an error' out_lacks '❌'
	script cleanup --max-age=100000 atlas
	ok 'with a higher --max-age, fewer are reported as old' eval "exits 0 && out_lacks 'Older than'"
	script cleanup --max-age x atlas
	ok 'an age must be a number' exits 2
}
aside old

# labels
labels() { GH_TOKEN=person run "$examples/scripts/labels" "$@"; }
labels $repository atlanhq/heracles
ok 'each cohort becomes a label of each repository' eval 'exits 0 && diff <(ls releases/cohorts | sed "s/\.[a-z]*\$//") \
	<(jq -r ".repositories[\"atlanhq/heracles\"].labels[].name" github.json | sed s/cohort:github:path:// | sort)'
ok '... whose description has the number of its tenants' state_is \
	'any(.repositories["atlanhq/atlas-metastore"].labels[]; .name == $one and (.description | contains("5 tenants")))' --arg one "$one"
no_writes_yet
labels
ok 'without a repository, those of all services get them' eval "exits 0 && is '' writes"
labels --all
ok 'there is no option' exits 2
printf '%s\n' 'allowed:' '  github:path:*: [ann]' >>releases/ring.yaml
labels
ok 'cohorts that only some users may label have labels, too' eval "exits 0 && err_empty && is '' writes"
seq -f '"tenant-%g"' 21 | jq -s '{tenants: .}' >releases/cohorts/wide.yaml
echo '[acme]' >releases/cohorts/a-cohort-whose-name-is-too-long-for-a-label.yaml
labels $repository
ok 'a cohort with more tenants than max-tenants is passed over, and reported' eval "exits 0 && err_has 'cohort:github:path:wide: passed over'"
ok '... and so is one whose label would be too long' eval 'err_has "passed over: label \"cohort:github:path:a-cohort-whose-name-is-too-long-for-a-label\": longer than" && is "" writes'
sed -i 's,^cohorts: .*,cohorts: cohorts/{value}-level-1.yaml,' releases/ring.yaml
echo '[acme]' >releases/cohorts/new-level-1.yaml
labels $repository
ok 'the catalogue says what the files of cohorts are called' state_is \
	'[.repositories["atlanhq/atlas-metastore"].labels[].name] | contains(["cohort:github:path:new", "cohort:github:path:internal"])'

ok 'GitHub knows every request of the scripts' understood
finish
