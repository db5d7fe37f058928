# Tarballs are the same wherever and whenever they are made, static programs need no library, and the package's templates fit.
# make check-installed makes packages, and tests what they install.

. "$(dirname "$0")/lib.sh"

export MAKEFLAGS=
unset CFLAGS CPPFLAGS LDFLAGS CC PREFIX DESTDIR WERROR SOURCE_DATE_EPOCH
version=$(sed -n 's/^VERSION = //p' "$top/Makefile")

# A repository with the files of this one, and a clone elsewhere of another user, at another time
mkdir "$tmp/one"
(cd "$top" && tar --exclude=./build --exclude=./.git --exclude=__pycache__ -c .) | tar -x -C "$tmp/one"
cd "$tmp/one" || exit
git init -q && git add -A && GIT_COMMITTER_DATE='@1767225600 +0000' git commit -qm 'As it was'
mkdir -p "$tmp/else/where/deep" && git clone -q . "$tmp/else/where/deep/two"
make -s -C "$top" BUILD="$tmp/build" "$tmp/build/clock/clock.so" || exit
run make -s dist
ok 'make dist makes a tarball of the sources' eval 'exits 0 && err_empty && [ -s build/dist/ringkit-$version.tar.gz ]'
(cd build/dist && run sha256sum --check "ringkit-$version.tar.gz.sha256")
ok '... with its checksum' exits 0
cd "$tmp/else/where/deep/two" || exit
git config core.autocrlf true && git config tar.umask 0077 && git config core.attributesFile "$tmp/attributes"
echo '*.sh text eol=crlf' >"$tmp/attributes"
find . -path ./.git -prune -o -exec touch -d '2001-01-01' {} +
umask 077
LD_PRELOAD=$tmp/build/clock/clock.so CLOCK_OFFSET=500000000 TZ=Asia/Tokyo run make -s dist
umask 022
ok 'another user makes one in another directory, years later' eval 'exits 0 && [ "$(stat -c %Y build/dist/*.gz)" != "$(stat -c %Y "$tmp"/one/build/dist/*.gz)" ]'
ok '... and it is the same' same build/dist/ringkit-$version.tar.gz "$tmp/one/build/dist/ringkit-$version.tar.gz"
cd "$tmp/one" || exit
echo '# mine' >>Makefile
run make -s dist
ok 'changes that are not committed are left out' eval 'exits 0 && same build/dist/ringkit-$version.tar.gz "$tmp/else/where/deep/two/build/dist/ringkit-$version.tar.gz"'
ok '... which is said' eval 'err_lines 1 && err_has "not committed"'
tar -C "$tmp" -xzf build/dist/ringkit-$version.tar.gz
ok 'the tarball has every file of the commit' diff <(git ls-tree -r --name-only HEAD) <(cd "$tmp/ringkit-$version" && find . -type f -o -type l | sed 's,^\./,,' | sort)
git checkout -q Makefile
cd "$tmp/ringkit-$version" || exit
run make -s dist
ok 'in an unpacked tarball it cannot be made again' eval 'exits 2 && err_has "a clone is required"'
# what deb.sh packs there
mkdir build && touch build/old
packed() { (. examples/packaging/files.sh && files x | tar -t && epoch); }
ok '... but a package can, of the same files and with the same date' diff <(cd "$tmp/one" && packed | grep -v '/$' | sort) <(packed | grep -v '/$' | sort)

# The package's templates
cd "$top" || exit
debian=examples/packaging/debian
variable() { printf 'include Makefile\nprint-it: ; @echo $(%s)\n' "$1" | make -s -f - print-it; }
libraries() { variable BUILD_NEEDS | tr ' ' '\n' | grep -- '-dev$' | grep -v libc6 | sort; }
ok "the package's build needs the libraries that make needs" diff <(libraries) \
	<(sed -n '/^Build-Depends/,/^[^ B]/p' $debian/control | grep -oE '[a-z0-9-]+-dev' | sort)
ok '... and its licence is that of the project' diff <(sed -n '3,$p' LICENSE) <(sed -n '/^License/,$p' $debian/copyright | sed '1d; s/^ //; s/^\.$//')
ok 'each override of lintian has a reason' test "$(grep -c '^#' $debian/ringkit.lintian-overrides)" -ge "$(grep -vc '^#' $debian/ringkit.lintian-overrides)"
ok '... and the rules can be executed' test -x $debian/rules

# Static programs
case $RINGKIT_BIN in */san/bin) finish && exit ;; esac
src=$tmp/src
mkdir -p "$src/build"
cp -a Makefile LICENSE bin lib man examples tests .ci "$src"
for name in obj libringkit.a; do cp -a "build/$name" "$src/build"; done
cd "$src" || exit
export SOURCE_DATE_EPOCH=1767225600
run make -s static
ok 'make static makes a tarball of programs' eval 'exits 0 && err_empty'
name=ringkit-$version-linux-$(uname -m)
(cd build/dist && run sha256sum --check "$name.tar.gz.sha256")
ok '... with its checksum' exits 0
mkdir unpacked && tar -C unpacked -xzf build/dist/$name.tar.gz
ok '... that has what is installed' diff <(cd "unpacked/$name" && ls bin share/man/man? share/ringkit/scripts) \
	<(make -s install DESTDIR="$tmp/dest" PREFIX=/there >/dev/null && cd "$tmp/dest/there" && ls bin share/man/man? share/ringkit/scripts)
ok '... and the licences' eval '[ -s unpacked/$name/share/doc/ringkit/LICENSE ] && [ "$(ls unpacked/$name/share/doc/ringkit | wc -l)" -ge 9 ]'
mv build/dist/$name.tar.gz once.tar.gz
touch man/* && sleep 1 && make -s static >/dev/null
ok '... the same, made later' same once.tar.gz build/dist/$name.tar.gz
for program in "unpacked/$name/bin"/*; do
	ok "${program##*/} needs no library" eval '! readelf -dW "$program" | grep -qE "NEEDED|TEXTREL" && ! readelf -lW "$program" | grep -q INTERP'
	ok '... is smaller than 5 MiB' test "$(stat -c %s "$program")" -lt $((5 * 1024 * 1024))
	ok '... stripped, and position-independent' eval '! readelf -SW "$program" | grep -qE "\.(symtab|debug)" && readelf -hW "$program" | grep -q "Type: *DYN"'
	ok '... and runs' eval '[ "$("$program" -V)" = "${program##*/} (ringkit) $version" ]'
done

# A release with them, and with the programs that are tested elsewhere
repo gitops && repo releases && git -C "$tmp/gitops" switch -q --detach || exit
cd "$tmp" || exit
release() {
	local bin=$1
	"$bin/labels2json" <<<cohort:github:path:internal-level-1 | "$bin/cohort-resolve" -C releases |
		"$bin/mkpatch" -C gitops --service atlas --ring ring-leangraph --tag 5e0c1f7 |
		"$bin/applypatch" -C gitops --branch main | jq -c 'del(.commit, .head, .parent)' &&
		"$bin/ringls" -C gitops -r main | "$bin/ringreport" --format=text && git -C gitops rev-parse 'main^{tree}'
	git -C gitops update-ref refs/heads/main "$(git -C gitops rev-parse HEAD)"
}
export RING_CATALOG=$tmp/releases/ring.yaml
release "$RINGKIT_BIN" >expected
run release "$src/unpacked/$name/bin"
ok 'static programs release a change as the others do' eval '[ -s expected ] && grep -q committed expected && out_is <expected'
run "$src/unpacked/$name/bin/labels2json" -v </dev/null
ok '... and are confined' eval 'exits 0 && ! err_has "not fully confined"'

finish
