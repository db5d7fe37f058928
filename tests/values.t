#!/usr/bin/env bash
# The values that a ring brings, in the manifests of tenants: set, changed and taken back, byte for byte.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
cat >ring.yaml <<'END'
manifests: "{tenant}.yaml"
services:
  cart:
    repository: shop/cart
    image: ghcr.io/shop/cart-{ring}
    charts: {cart: image, shop/cart: image}
    values: {file: "deploy/{ring}.yaml", allow: [cart/graph, cart/env, shop/cart/x, cart/list]}
END
export RING_CATALOG=$tmp/ring.yaml
git init -q -b main gitops
g() { git -C gitops "$@"; }
cat >before.yaml <<'END'
# the tenant's values
cart:
  env:
    LEVEL: info   # of ours
    EMPTY:
    SAME: 7
    'odd key': "it's"
  other: {a: 1}
  list:
    - 1
shop:
  cart:
    y: 1
END
tenant() { printf '{"type":"tenant","tenant":"acme"}\n{"type":"end","by":"x","records":1,"refused":0}\n'; }
start() { cp "${1-before.yaml}" gitops/acme.yaml && g add -A && g commit -qm Start --allow-empty; }
# apply: the stream on standard input, as a commit on main; then the work tree follows
apply() { run applypatch -C gitops --branch main --update-worktree; g reset -q --hard; }
set_values() { tenant | mkpatch -C gitops --service cart --ring "${ring-ring-a}" --tag "${tag-1111111}" "$@" >patches 2>"$tmp/said"; }
clear() { tenant | mkpatch -C gitops --service cart --ring "${ring-ring-a}" --remove >patches 2>"$tmp/said"; apply <patches; }
values() { cat >v.yaml && set_values --values v.yaml && apply <patches; }
refuses() { cat >v.yaml; set_values --values v.yaml; jq -se --arg c "$1" '.[0].type == "refused" and .[0].code == $c' patches >/dev/null; }
has() { [ "$(yq -r "$1" gitops/acme.yaml)" = "$2" ]; }
as_before() { cmp -s "${1-before.yaml}" gitops/acme.yaml; }

start
values <<'END'
cart:
  graph: {enabled: true, deep: {size: 1.5, name: "yes"}}
  env: {LEVEL: debug, SAME: 7, odd key: 'x # y', EMPTY: "1"}
shop/cart: {x: 12}
END
ok 'leaves are added and replaced' eval 'exits 0 && has .cart.graph.enabled true && has .cart.graph.deep.size 1.5 && has .cart.env.LEVEL debug && has .shop.cart.x 12'
ok '... as strings that stay strings' eval 'has ".cart.graph.deep.name" yes && has ".cart.graph.deep.name | type" string && has ".cart.env.EMPTY | type" string'
ok '... each under its mark' eval '[ "$(grep -c "# ringkit: cart/ring-a [0-9a-f]\{8\}" gitops/acme.yaml)" = 7 ]'
ok '... that says what was there' grep -q 'LEVEL: debug  # ringkit: cart/ring-a ........ was "info"   # of ours' gitops/acme.yaml
ok '... except one that is the same already' grep -qx '    SAME: 7' gitops/acme.yaml
ok '... with the image, in one commit' eval 'has .cart.image.tag 1111111 && [ "$(g rev-list --count HEAD)" = 2 ]'
cp gitops/acme.yaml first.yaml
set_values --values v.yaml
ok 'the same again changes nothing' jq -se '.[0].edits == []' patches
clear
ok 'a clear gives back every byte' as_before

apply < <(set_values --values v.yaml; cat patches)
values <<'END'
cart: {graph: {enabled: false}, env: {LEVEL: warn}}
END
ok 'other values of the ring replace the first' eval 'has .cart.graph.enabled false && has .cart.graph.deep null && has .cart.env.LEVEL warn && has .cart.env.EMPTY null && has .shop.cart.x null'
ok '... and what was there before is not forgotten' grep -q 'LEVEL: warn  # ringkit: cart/ring-a ........ was "info"   # of ours' gitops/acme.yaml
apply < <(tag=2222222 set_values; cat patches)
ok 'without --values they stay' eval 'has .cart.env.LEVEL warn && has .cart.image.tag 2222222'
values </dev/null
ok 'an empty file takes them back' eval 'has .cart.env.LEVEL info && has .cart.graph null && ! grep -q "ringkit.*was" gitops/acme.yaml'
clear
ok '... and a clear gives back every byte' as_before

values <<<'cart: {graph: {a: 1, b: 2}, env: {LEVEL: debug}}'
sed -i 's/    a: 1 /    a: 5 /; s/LEVEL: debug/LEVEL: trace/' gitops/acme.yaml && echo '    mine: 1' >add
sed -i '/^  graph:/r add' gitops/acme.yaml && g commit -qam 'By hand'
clear
ok 'what a person has written over a value stays' eval 'has .cart.graph.a 5 && has .cart.env.LEVEL trace && has .cart.graph.mine 1'
ok '... and is reported' eval 'jq -se ".[0].changed_by_hand | sort == [\"/cart/env/LEVEL\", \"/cart/graph/a\"]" patches && out_has "\"changed_by_hand\":"'
ok '... what is the ring'"'"'s goes, and so do all marks' eval 'has .cart.graph.b null && ! grep -q ringkit: gitops/acme.yaml'

start
values <<<'cart: {graph: {a: 1}}'
echo '    mine: 1' >add && sed -i '/^  graph:/r add' gitops/acme.yaml && g commit -qam 'By hand'
tenant | mkpatch -C gitops --service cart --ring ring-a --remove --keep-value >patches
ok 'with --keep-value all stays, and nothing is reported' jq -se '.[0] | has("changed_by_hand") | not' patches
clear
ok 'what a person has added to a map of the ring stays, and is reported' eval 'has .cart.graph.mine 1 && has .cart.graph.a null && jq -se ".[0].changed_by_hand == [\"/cart/graph\"]" patches'

start
values <<<'cart: {env: {LEVEL: debug}}'
ring='ring-b'
ok 'another ring'"'"'s value is not touched' eval 'refuses held-by-another-ring <<<"cart: {env: {LEVEL: warn}}"'
ring='ring-a'
ok 'a scalar is not written over a list' eval 'refuses value-in-the-way <<<"cart: {list: 2}"'
ok '... nor below a scalar' eval 'refuses not-a-map <<<"cart: {env: {LEVEL: {x: 1}}}"'
clear
ok 'nothing of this remains' as_before
printf 'cart:\n  env:\n    LEVEL: debug  # ringkit: cart/ring-z 12345678 was "info"\n' >other.yaml && start other.yaml
ok 'a value that only the mark of another ring holds is not touched' \
	eval 'refuses held-by-another-ring <<<"cart: {env: {LEVEL: warn}}" && grep -q "value of /cart/env/LEVEL is that of cart/ring-z" patches'
printf 'cart: {env: {LEVEL: info}}\n' >flow.yaml && start flow.yaml
ok 'in a flow map there is no place for a mark' eval 'refuses no-mark <<<"cart: {env: {LEVEL: debug}}"'
printf '{"cart": {"env": {"LEVEL": "info"}}}\n' >flow.yaml && start flow.yaml
ok '... nor in JSON' eval 'refuses no-mark <<<"cart: {env: {NEW: debug}}"'
printf 'cart:\r\n  env:\r\n    LEVEL: info\r\n' >crlf.yaml && start crlf.yaml
values <<<'cart: {env: {LEVEL: debug, NEW: 1}}'
ok 'lines that end in carriage returns keep them' eval 'exits 0 && ! grep -qv $'"'"'\r$'"'"' gitops/acme.yaml'
clear
ok '... and come back' as_before crlf.yaml
: >empty.yaml && start empty.yaml
values <<<'cart: {env: {LEVEL: debug}}'
ok 'an empty file can be set' has .cart.env.LEVEL debug
clear
ok '... and is empty again' as_before empty.yaml

run mkpatch -C gitops --service cart --ring ring-a --tag 1 --values nowhere.yaml < <(tenant)
ok 'a file of values that is not there is 66' exits 66
run mkpatch -C gitops --service cart --ring ring-a --tag 1 --values <(echo 'cart: {other: {a: 2}}') < <(tenant)
ok 'a value that the catalogue does not allow is 77' eval 'exits 77 && out_empty && err_has "/cart/other/a: not at or below a path"'
run mkpatch -C gitops --service cart --ring ring-a --tag 1 --values <(echo 'cart: [') < <(tenant)
ok '... and one that is not YAML 65' eval 'exits 65 && out_empty'
run mkpatch -C gitops --service cart --ring ring-a --remove --values v.yaml < <(tenant)
ok '--values requires --tag' eval 'exits 2 && err_has "--values requires --tag"'
# An open proposal that is made again for a ring that is kept has the values that it had

start
cat >v.yaml <<<'cart: {graph: {enabled: true}, env: {LEVEL: debug}}'
set_values --values v.yaml && applypatch -q -C gitops --branch release/cart/ring-a --onto main <patches >/dev/null
cat >keep.json <<'END'
{"type":"release","action":"keep","service":"cart","repository":"shop/cart","ring":"ring-a","labels":[],"reasons":["running"],"warnings":[]}
{"type":"end","by":"ringcheck","records":1,"refused":0}
END
# the marks of an edit have no order
edits() { jq -sc '.[0].edits | map(.marks |= sort_by(.path))' "$1"; }
keep() { tenant | mkpatch -C gitops --release keep.json --proposals . "$@" >kept; }
keep
ok 'a kept proposal has its values' test "$(edits kept)" = "$(edits patches)"
keep --reconcile --max-clear 5
ok '... also if the selection is reconciled' test "$(edits kept)" = "$(edits patches)"
apply <patches
cat >v.yaml <<<'cart: {graph: {enabled: false}}'
set_values --values v.yaml && applypatch -q -C gitops --branch release/cart/ring-a --onto main <patches >/dev/null
keep
ok 'a proposal that changes values only is kept, too' test "$(edits kept)" = "$(edits patches)"

# The values are in ringls, and the gate does not let them go by itself

start
values <<<'cart: {graph: {enabled: true}, env: {LEVEL: debug}}'
ringls -C gitops >held.jsonl
ok 'ringls shows the values of each chart' test "$(jq -c 'select(.chart == "cart").values' held.jsonl)" = '{"env":{"LEVEL":"debug"},"graph":{"enabled":true}}'
ok '... and those that a clear gives back' test "$(jq -c 'select(.chart == "cart").ga_values' held.jsonl)" = '{"env":{"LEVEL":"info"}}'
ok '... and none where there are none' jq -se '.[] | select(.chart == "shop/cart") | has("values") | not' held.jsonl
git init -q service && git -C service commit -q --allow-empty -m one && git -C service branch -q ring-a && head=$(git -C service rev-parse HEAD)
sed -i 's/^    charts:/    ga-version: "^([0-9a-f]{7,40})$"\n&/' ring.yaml
sed "s/1111111/${head:0:7}/g" held.jsonl | jq -c "if .type == \"override\" then .target_revision = \"$head\" else . end" >gated.jsonl
run ringgate -C service <gated.jsonl
ok 'an override that has values is held, and so are those that go with it' test "$(jq -r 'select(.gate).gate' "$tmp/out" | sort -u)" = held
ok '... for their sake' out_has 'a clear gives back /env/LEVEL: \"info\", and the ring has \"debug\"'
run ringgate -C service --drop-values <gated.jsonl
ok "with --drop-values the image decides" test "$(jq -r "select(.gate).gate" "$tmp/out" | sort -u)" = open

# A chart that is deployed by itself has its values at the root

sed '1i umbrella: {chart: shop}' ring.yaml | sed 's/charts: {cart: image, shop\/cart: image}/charts: {shop\/cart: image}/; s/allow: .*/allow: [shop\/cart\/x]}/' >alone.yaml
export RING_CATALOG=$tmp/alone.yaml
cat >alone <<'END'
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: acme}
spec:
  source:
    repoURL: https://charts.example.com
    chart: cart
    targetRevision: 1.0.0
    helm:
      valuesObject:
        y: 1
END
start alone
values <<<'shop/cart: {x: {z: 12}}'
ok 'a chart by itself gets its values' has .spec.source.helm.valuesObject.x.z 12
ok '... and ringls shows them' test "$(ringls -C gitops | jq -c 'select(.chart).values')" = '{"x":{"z":12}}'
clear
ok '... and a clear gives back every byte' as_before alone

# applypatch takes at most 1,000 operations and marks for a manifest: a tenant with more is refused before it stops others

export RING_CATALOG=$tmp/ring.yaml
{
	printf 'cart:\n  image: {repository: ghcr.io/shop/cart-ring-a, tag: "1111111"}\n'
	seq -f "  k%.0f: v  # ringkit: cart/ring-a $(printf v | sha256sum | head -c 8) was \"w\"" 334
} >many.yaml
start many.yaml
run mkpatch -C gitops --service cart --ring ring-a --remove < <(tenant)
ok 'a manifest with too many values of the ring is refused' eval 'exits 1 && out_has "\"code\":\"too-large\""'
ok '... with the number' out_has 'acme.yaml: 1006 operations and marks, more than 1000 in one patch'
{ sed 2q many.yaml && seq -f "  k%.0f: v  # ringkit: cart/ring-a $(printf v | sha256sum | head -c 8) was \"w\"" 1001; } >more.yaml
start more.yaml
run ringls -C gitops
ok 'with more than 1,000 of them, ringls refuses it, too' out_has 'acme.yaml: more than 1000 values with marks of ring-a'
finish
