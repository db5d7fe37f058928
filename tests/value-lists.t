#!/usr/bin/env bash
# The lists that a ring brings: added where neither the tenant nor the chart has one, or appended item by item; changed, and taken
# back, byte for byte.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
cat >ring.yaml <<'END'
manifests: "{tenant}.yaml"
umbrella: {chart: shop, path: shop, revision: "v{version}"}
services:
  cart:
    repository: shop/cart
    image: ghcr.io/shop/cart-{ring}
    charts: {cart: image}
    values: {file: "deploy/{ring}.yaml", allow: [cart/env, cart/new, cart/args, cart/plain, cart/flow, cart/db, cart/x, cart/other]}
END
export RING_CATALOG=$tmp/ring.yaml
git init -q charts && mkdir -p charts/shop/charts/cart
cat >charts/shop/Chart.yaml <<'END'
name: shop
version: 1.0.0
dependencies: [{name: cart, version: 1.0.0}, {name: db, version: 1.0.0, condition: "shop.db, cart.db.enabled"}]
END
printf 'name: cart\nversion: 1.0.0\ndependencies: [{name: in, version: 1.0.0, condition: x.in.enabled}]\n' >charts/shop/charts/cart/Chart.yaml
printf 'args: [a]\nempty: null\n' >charts/shop/charts/cart/values.yaml
git -C charts add -A && git -C charts commit -qm one && git -C charts tag v1.0.0
git init -q -b main gitops
g() { git -C gitops "$@"; }
cat >before.yaml <<'END'
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: acme}
spec:
  source:
    repoURL: https://charts.example.com
    chart: shop
    targetRevision: 1.0.0
    helm:
      valuesObject:
        cart:
          env:   # of ours
            - name: A
              value: a   # why
            # about B
            - name: B
              # inside
          plain:
          - x
          - {name: w}

          flow: [1]
        other: 1
END
tenant() { printf '{"type":"tenant","tenant":"acme"}\n{"type":"end","by":"x","records":1,"refused":0}\n'; }
start() { cp "${1-before.yaml}" gitops/acme.yaml && g add -A && g commit -qm Start --allow-empty; }
by_hand() { sed -i "$@" gitops/acme.yaml && g commit -qam 'By hand'; }
apply() { run applypatch -C gitops --branch main --update-worktree; g reset -q --hard; }
charts='--charts charts'
set_values() { tenant | mkpatch -C gitops $charts --service cart --ring "${ring-ring-a}" --tag 1111111 "$@" >patches 2>"$tmp/said"; }
clear() { tenant | mkpatch -C gitops --service cart --ring "${ring-ring-a}" --remove >patches 2>"$tmp/said"; apply <patches; }
values() { cat >v.yaml && set_values --values v.yaml && apply <patches; }
refuses() { cat >v.yaml; set_values --values v.yaml; jq -se --arg c "$1" '.[0].type == "refused" and .[0].code == $c' patches >/dev/null; }
read_values() { yq -c ".spec.source.helm.valuesObject.cart$1" gitops/acme.yaml; }
has() { [ "$(read_values "$1")" = "$2" ]; }
as_before() { cmp -s "${1-before.yaml}" gitops/acme.yaml; }
again() { set_values --values v.yaml && jq -se '.[0].edits == []' patches >/dev/null; }
told() { jq -se --argjson p "$1" '.[0].changed_by_hand == $p' patches >/dev/null; }
held() { ringls -C gitops | jq -c 'select(.chart == "cart").values'; }

# Appended

start
values <<'END'
cart:
  env+:
    - {name: C, value: "yes", deep: {list: [1, {a: b}], none: {}}}
    - {name: B}
    - {value: a, name: A}
  plain+: [w, {name: z}, x, []]
END
ok 'items are appended to lists of the tenant' eval 'has ".env[2:]" "[{\"name\":\"C\",\"value\":\"yes\",\"deep\":{\"list\":[1,{\"a\":\"b\"}],\"none\":{}}}]" && has ".plain[2:]" "[\"w\",{\"name\":\"z\"},[]]"'
ok '... except those that are there' eval '[ "$(read_values .env | jq length)" = 3 ] && [ "$(read_values .plain | jq -c length)" = 5 ]'
ok '... each under marks of its own' eval '[ "$(grep -c "# ringkit: cart/ring-a \([0-9a-f]\{8\}\|made\)$" gitops/acme.yaml)" = 13 ]'
ok '... and what was there is as it was' eval '! diff before.yaml gitops/acme.yaml | grep -q "^<"'
ok 'the same again changes nothing' again
ok 'ringls shows what was appended' test "$(held)" = '{"env+":[{"name":"C","value":"yes","deep":{"list":[1,{"a":"b"}],"none":{}}}],"plain+":["w",{"name":"z"},[]]}'
cp gitops/acme.yaml one.yaml
values <<'END'
cart: {env+: [{name: D}, {name: C, value: "no"}], plain+: [w, x, new, {name: z}]}
END
ok 'other items replace the first, in the order of the file' eval 'has ".env[2:]" "[{\"name\":\"D\"},{\"name\":\"C\",\"value\":\"no\"}]" && has ".plain[2:]" "[\"w\",\"new\",{\"name\":\"z\"}]"'
ok '... as if they had been the first' eval 'cp gitops/acme.yaml two.yaml; start; apply < <(set_values --values v.yaml; cat patches); as_before two.yaml'
clear
ok 'a clear gives back every byte' as_before
start one.yaml && values </dev/null
ok '... and so does an empty file' eval 'clear; as_before'

# Added

values <<'END'
cart: {new: [1, {a: [x]}, [2]], env+: [{name: C}]}
END
ok 'a list is added where there is none' has .new '[1,{"a":["x"]},[2]]'
ok '... as ringls shows it' test "$(held)" = '{"env+":[{"name":"C"}],"new":[1,{"a":["x"]},[2]]}'
ok '... and the same again changes nothing' again
values <<<'cart: {new: [1, {a: [w]}, 3]}'
ok 'its items change' eval 'has .new "[1,{\"a\":[\"w\"]},3]" && ! grep -q "name: C" gitops/acme.yaml && again'
values <<<'cart: {new: [0, 1]}'
ok '... in the order of the file' has .new '[0,1]'
values <<<'cart: {new: []}'
values <<<'cart: {new: []}'
ok '... and an empty list is one, too' eval 'has .new "[]" && again'
values <<<'cart: {x: {k: [1]}}'
ok 'a list in a map that is missing' eval 'has .x.k "[1]" && has .new null'
clear
ok 'a clear gives back every byte' as_before
printf '%s' "$(sed '/other/d' before.yaml)" >unended.yaml && sed -i 's/flow: \[1\]/new: {a: 1}/' unended.yaml && start unended.yaml
values <<<'cart: {env+: [a], plain+: [{name: p, value: {}}], x: {z: [1]}}'
ok 'a file without a final line break' eval 'exits 0 && has .x.z "[1]"'
clear
ok '... comes back' as_before unended.yaml
sed 's/$/\r/' before.yaml >crlf.yaml && start crlf.yaml
values <<<'cart: {env+: [{name: C, value: 1}], new: [1, 2]}'
ok 'lines that end in carriage returns keep them' eval 'exits 0 && ! grep -qv $'"'"'\r$'"'"' gitops/acme.yaml'
clear
ok '... and come back' as_before crlf.yaml

# Refused

start
ok 'a list is not written over one' refuses value-in-the-way <<<'cart: {plain: [x]}'
ok '... nor a map or a scalar' eval 'refuses not-a-map <<<"cart: {env: {A: 1}}" && refuses value-in-the-way <<<"cart: {env: 1}"'
ok '... nor over one of the chart' refuses value-in-the-way <<<'cart: {args: [b]}'

start
values <<<'cart: {new: 1}'
ok 'a value of the ring does not become a list' refuses value-in-the-way <<<'cart: {new: [1]}'
values <<<'{}'
values <<<'cart: {new: [1]}'
ok '... until the ring was released without it' has .new '[1]'
ok '... and no list becomes a value' refuses value-in-the-way <<<'cart: {new: 1}'
clear
values <<<'cart: {new: 1}'
ok '... until the ring was cleared' has .new 1
clear
ok '... which leaves nothing' as_before
values <<<'cart: {args: [a], plain: [x, {name: w}]}'
ok 'an equal one is left alone' eval 'exits 0 && has .args null && ! grep -q "made" gitops/acme.yaml'
clear
for it in flow new other; do
	ok "items are appended only to a block list: $it" refuses no-list <<<"cart: {$it+: [1]}"
done
ok 'an item with the name of another is refused' eval 'refuses value-in-the-way <<<"cart: {env+: [{name: B, value: 1}]}" && grep -q "an item ..B.. for the list /spec/source/helm/valuesObject/cart/env" patches'
charts=''
ok 'without charts a list is not added' eval 'refuses no-list <<<"cart: {new: [1]}" && grep -q "give the charts (--charts)" patches'
charts='--charts charts'
by_hand 's/targetRevision: .*/targetRevision: 2.0.0/'
ok '... nor where their version is not known' eval 'refuses no-list <<<"cart: {new: [1]}" && grep -q "cannot tell whether the chart has one: revision" patches'
ok '... but items are appended' eval 'values <<<"cart: {env+: [1]}" && has ".env[2]" 1'
ring='ring-b'
ok "another ring's list is not touched" eval 'refuses held-by-another-ring <<<"cart: {env+: [2]}"'
ring='ring-a'
start
printf '%s\n' "$(sed 's/env: .*/new: # x/' before.yaml)" >null.yaml
ok 'a condition of a dependency is not set' eval 'refuses foreign-values <<<"cart: {db: {enabled: true}}" && grep -q "/cart/db/enabled: decides whether a dependency" patches'
ok '... nor what it is below' refuses foreign-values <<<'cart: {db: 1}'
ok '... nor one of a subchart' refuses foreign-values <<<'cart: {x: {in: {enabled: true}}}'
values <<<'cart: {db: {name: true}}'
ok '... but what is beside it' eval 'exits 0 && has .db.name true'
clear
run mkpatch -C gitops --index charts --service cart --ring ring-a --tag 1 < <(tenant)
ok '--index requires --charts' eval 'exits 2 && err_has "--index requires --charts"'

# Changed by hand

start
values <<<'cart: {env+: [{name: C, value: c}, {name: D, value: d}], new: [1, 2]}'
by_hand 's/value: c /value: mine /; s/- 2 .*/- 3/'
ok 'an item that was changed by hand stays' eval 'again; told "[\"/spec/source/helm/valuesObject/cart/env/2\"]" || true; set_values --values v.yaml && apply <patches && has ".env[2]" "{\"name\":\"C\",\"value\":\"mine\"}"'
ok '... and is reported' eval 'set_values --values v.yaml && told "[\"/spec/source/helm/valuesObject/cart/env/2\"]"'
ok '... each time, without a change' again
ok '... the other items are there' eval 'has .new "[1,3,2]" && has ".env[3]" "{\"name\":\"D\",\"value\":\"d\"}"'
apply <patches
ok '... in the result' out_has '"changed_by_hand":["/spec/source/helm/valuesObject/cart/env/2"]'
clear
ok 'a clear leaves it as a whole, without marks' eval 'has ".env[2:]" "[{\"name\":\"C\",\"value\":\"mine\"}]" && has .new "[3]" && ! grep -q ringkit: gitops/acme.yaml'
ok '... and reports it' told '["/spec/source/helm/valuesObject/cart/env/2","/spec/source/helm/valuesObject/cart/new"]'

# A proposal that is kept has its lists, also without the charts

start
echo 'cart: {new: [1, {a: b}], env+: [{name: C}]}' >v.yaml
set_values --values v.yaml && applypatch -q -C gitops --branch release/cart/ring-a --onto main <patches >/dev/null
cat >keep.json <<'END'
{"type":"release","action":"keep","service":"cart","repository":"shop/cart","ring":"ring-a","labels":[],"reasons":["running"],"warnings":[]}
{"type":"end","by":"ringcheck","records":1,"refused":0}
END
edits() { jq -sc '.[0].edits | map(.patch |= sort_by(.path) | .marks |= sort_by(.path))' "$1"; }
tenant | mkpatch -C gitops --release keep.json --proposals . >kept
ok 'a kept proposal has its lists' test "$(edits kept)" = "$(edits patches)"

# On generated manifests and values: a model of its own says what a set gives, another set gives the same as if it were the first,
# and a clear gives back every byte.  LISTS, SEED and ROUNDS choose how many and which; make check-long uses more.

count=${LISTS:-30} seed=${SEED:-1}
model() { /usr/bin/python3 "$top/tests/lists.py" "$@"; }
sed 's/^manifests: .*/manifests: [{path: "{tenant}.yaml", values: \/values, version: \/version}]/; s/allow: .*/allow: [cart\/env, cart\/new, cart\/level, cart\/sub, cart\/deep]}/' ring.yaml >made.yaml
export RING_CATALOG=$tmp/made.yaml
model write "$count" "$seed" before
cp -R before made && git -C made init -q -b main && git -C made add -A && git -C made commit -qm Start && git -C made tag start
all_tenants() { seq -f '{"type":"tenant","tenant":"t%.0f"}' 0 $((count - 1)) | framed; }
publish() { applypatch -q -C made --branch main --update-worktree --partial >results.jsonl 2>>log; git -C made reset -q --hard; }
set_all() { all_tenants | mkpatch -q -C made --charts charts --service cart --ring ring-a --tag 1 --values "$1" | publish; }
refused() { jq -r 'select(.type == "refused").tenant' results.jsonl | sort -u; }
tree() { git -C made rev-parse 'main^{tree}'; }
few=0
for round in $(seq "${ROUNDS:-3}"); do
	model values "$seed/$round" >"v$round.json"
	set_all "v$round.json"; refused >refused
	ok "what the model says is set ($round)" model check made before "v$round.json" refused
	ok '... others are refused by one of the rules' test -z "$(jq -r 'select(.type == "refused").code' results.jsonl | grep -vx -e no-list -e value-in-the-way -e not-a-map -e null-parent -e empty-flow -e no-mark)"
	few=$((few + $(wc -l <refused)))
	one=$(tree)
	set_all "v$round.json"
	ok '... and a second time nothing changes' test "$(tree)" = "$one"
	model values "$seed/$round/2" >w.json
	set_all w.json; refused | cat - refused >again
	ok '... other values replace them' model check made before w.json /dev/null again
	set_all "v$round.json"
	ok '... and are replaced by the first' model check made before "v$round.json" /dev/null again
	all_tenants | mkpatch -q -C made --service cart --ring ring-a --remove | publish
	ok '... and a clear gives back every byte' git -C made diff --quiet start main
	git -C made diff --stat start main | sed -n '1,3s/^/# /p'
	git -C made reset -q --hard start
done
ok 'most manifests were set' test $((few * 2)) -lt $((count * ${ROUNDS:-3}))
finish
