# examples/scripts/lint: what a pull request to the releases or the charts repository would make of the catalogue.

. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit
for name in releases charts gitops; do
	repo $name && mv $name made && git clone -q --bare made $name.git && git clone -q $name.git $name && rm -rf made
done
# proposed REPOSITORY NUMBER SED FILE: a pull request that changes a file
proposed() {
	git clone -q "$1.git" people && sed -i -E "$3" "people/$4" && git -C people commit -qam Change &&
		git -C people push -q origin "HEAD:refs/pull/$2/head" && rm -rf people
}
lint() { RELEASES=releases CHARTS=charts GITOPS=gitops run "$examples/scripts/lint" "$@"; }
as_before() { [ -z "$(git -C "$1" status --porcelain)" ] && [ "$(git -C "$1" worktree list | wc -l)" -eq 1 ]; }

proposed releases 1 's/max-tenants: 20/max-tenants: 19/' ring.yaml
lint releases 1
ok 'a good change of the catalogue has no finding' exits 0
proposed releases 2 's/atlas-read: atlas/atlas-raed: atlas/' ring.yaml
lint releases 2
ok 'a chart that the umbrella does not have is found' eval 'exits 1 && out_has unknown-chart && out_has atlas-raed'
ok '... although the catalogue of the default branch is right' grep -q atlas-read releases/ring.yaml
proposed releases 3 's/^services:/servces:/' ring.yaml
lint releases 3
ok 'a catalogue that does not load is an error, with its line' eval "exits 78 && err_has 'ring.yaml:13:'"
proposed releases 4 's/- acme/- acme: {}/' cohorts/internal-level-1.yaml
lint releases 4
ok 'a cohort file that cannot be read is found, and one that includes it' eval \
	'exits 1 && out_has internal-level-1 && out_has internal-level-2'
proposed releases 5 's/max-tenants: 20/max-tenants: 2/' ring.yaml
lint releases 5
ok 'a cohort with too many tenants is found' eval 'exits 1 && out_has too-many'
proposed releases 7 's/^services:/allowed: {"github:path:internal-level-1": ann, "github:path:internal-levle-1": ann}\n&/' ring.yaml
lint releases 7
ok 'a cohort of allowed that does not exist is found, and no label is refused' eval 'exits 1 && out_has internal-levle-1 && out_lacks not-allowed'
GITHUB_STEP_SUMMARY=$tmp/summary lint releases 2
ok 'in a job, the findings are annotations and a summary' eval 'exits 1 && out_has ::error && grep -q unknown-chart summary'

proposed charts 1 's/tag/tga/' charts/atlan/charts/atlas/values.yaml
lint charts 1
ok 'a chart that no longer has the path of an image is found' eval 'exits 1 && out_has no-such-path'
ok '... and the clone is as before' as_before charts
git clone -q charts.git people && rm -r people/charts/atlan/charts/atlas &&
	ln -s "$examples/charts/charts/atlan/charts/atlas" people/charts/atlan/charts/atlas && git -C people add -A && git -C people commit -qm Link && git -C people push -q origin HEAD:refs/pull/2/head
lint charts 2
ok 'a symbolic link of a pull request is not followed' eval 'exits 1 && out_has no-values'
git clone -q releases.git people.2 && ln -sf "$examples/releases/ring.yaml" people.2/ring.yaml && git -C people.2 commit -qam Link &&
	git -C people.2 push -q origin HEAD:refs/pull/6/head
lint releases 6
ok '... nor as the catalogue' exits 78

lint gitops 1
ok 'another repository is refused' eval 'exits 2 && err_has usage'
lint releases main
ok '... and so is a number that is not one' eval 'exits 2 && err_has usage'
lint releases 99
ok '... and a pull request that does not exist' not exits 0
CHARTS='' RELEASES=releases GITOPS=gitops run "$examples/scripts/lint" charts 1
ok 'the charts repository needs a clone' eval 'exits 2 && err_has CHARTS'

finish
