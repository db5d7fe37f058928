# Rings, tools and people change one manifest in random orders: in the end nothing is left of the rings, and everything of the
# others.  ORDERS (default 12) is the number of orders, SEED chooses them.

. "$(dirname "$0")/lib.sh"

run python3 "$top/tests/interleaving.py" "${ORDERS:-6}" "${SEED:-1}" "$tmp"
grep '^#' "$tmp/out"
ok 'after each step, and after the last, a manifest has what the model has, byte for byte' exits 0
ok '... with rings that took over, and values that others wrote' grep -q '"taken over": [1-9]' "$tmp/out"

finish
