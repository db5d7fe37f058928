# What make makes: hardened programs that link no more than they use, from any compiler, installed and taken away again.

. "$(dirname "$0")/lib.sh"

export MAKEFLAGS=
unset CFLAGS CPPFLAGS LDFLAGS CC PREFIX DESTDIR WERROR
san=$(case $RINGKIT_BIN in */clang/san/bin) echo SAN=1 CC=clang BUILD=build/clang/san ;; */san/bin) echo SAN=1 ;; esac)
progs=$(cd "$RINGKIT_BIN" && echo *)
version=$(sed -n 's/^VERSION = //p' "$top/Makefile")

# grep reads to the end here: under pipefail, a readelf that got SIGPIPE would count
dynamic() { readelf -dW "$1" | grep -- "$2" >/dev/null; }
calls() { readelf -sW --dyn-syms "$1" | grep -E "$2" >/dev/null; }
links() { readelf -dW "$RINGKIT_BIN/$1" | grep -oE 'lib(fyaml|jansson|git2)' | sort | xargs | diff - <(echo "$2"); }
pie() { readelf -hW "$1" | grep 'Type: *DYN' >/dev/null && dynamic "$1" 'Flags:.*PIE'; }
full_relro() { readelf -lW "$1" | grep GNU_RELRO >/dev/null && dynamic "$1" 'Flags:.*NOW'; }
no_exec_stack() { readelf -lW "$1" | grep GNU_STACK | grep -v RWE >/dev/null; }
version_of() { [ "$("$1" -V)" = "$1 (ringkit) $version" ]; }

for prog in $progs; do
	file=$RINGKIT_BIN/$prog
	ok "$prog is position-independent" pie "$file"
	ok "$prog has full RELRO" full_relro "$file"
	ok "$prog has a stack that is not executable" no_exec_stack "$file"
	ok "$prog has the stack protector" calls "$file" __stack_chk_fail
	[ -n "$san" ] || ok "$prog is fortified" calls "$file" '__[a-z]+_chk'
	ok "$prog says its version" version_of "$prog"
	case $prog in
	labels2json | ringreport) libraries=libjansson ;;
	*) libraries='libfyaml libgit2 libjansson' ;;
	esac
	ok "$prog links ${libraries// /, } and no other of ours" links "$prog" "$libraries"
done
# A copy with what is built
src=$tmp/src
mkdir -p "$src"/{build,tests}
cp -a "$top"/{Makefile,LICENSE,bin,lib,man,.ci} "$src"
# not the systems of make check-distributions
find "$top/build" -mindepth 1 -maxdepth 1 ! -name roots -exec cp -a -t "$src/build" {} +
cp -a "$top"/tests/{bench,unit,fuzz,sanitizers,*.mk} "$src/tests"
mkdir "$src/examples" && cp -a "$top"/examples/{github,packaging,scripts,ring.schema.json} "$src/examples"
cd "$src" || exit
run make $san all units
ok 'what is built is not built again' not grep -qE '^(cc|clang|ar) ' "$tmp/out"

rebuilds() { make -n -W "$1" $san all units | grep -oE -- '-o [^ ]+\.o' | sed 's,.*/\(.*\)\.o,\1,' | sort -u; }
includers() { grep -lE "#include \"${1#lib/}\"" lib/*/*.c bin/*.c tests/unit/*.c | xargs -n1 basename -s .c | sort -u; }
missed() { comm -13 <(rebuilds "$1") <(includers "$1"); }
ok 'a header that changes rebuilds all that include it' test -z "$(missed lib/gitops/catalog.h)"
ok '... and not the others' not grep -qxE 'err|strbuf|json' <(rebuilds lib/gitops/catalog.h)

# Compilers.  What gcc says with optimization has ended the build that is tested here.
run make -j2 CC=gcc BUILD="$tmp/gcc" CFLAGS='-O0 -g' all units
ok 'gcc builds it without optimization' exits 0
ok 'gcc has nothing to say' err_empty
run make -j2 CC=clang BUILD="$tmp/clang" CFLAGS=-O1 all units
ok 'clang builds it with optimization' exits 0
ok 'clang has nothing to say' err_empty
run make -n BUILD="$tmp/none" all
ok 'a warning is not an error to those who build' not grep -q -- -Werror "$tmp/out"
run make -n BUILD="$tmp/none" check
ok '... and it is to those who test' grep -q -- -Werror "$tmp/out"
run make -n BUILD="$tmp/none" CPPFLAGS=-Ithere CFLAGS='-O1 -gmine' LDFLAGS=-Lthere all
ok "the user's CPPFLAGS and CFLAGS are added to ours" grep -qE -- '-std=c11.*-fstack-protector-strong.*-O1 -gmine' "$tmp/out"
ok '... whatever theirs are' out_has ' -Ithere '
ok "the user's LDFLAGS are added to ours" grep -qE -- '-Lthere.*-pie.*-z,now' "$tmp/out"
run make BUILD="$tmp/none" PKG_CONFIG=there-is-none all
ok 'without a library it says what to install' err_has 'apt-get install'
ok '... and what it looked for' err_has 'libfyaml jansson libgit2'
ok '... and fails' exits 2
# the versions of libfyaml, jansson, libgit2, libmd, zlib and libseccomp
versions() {
	printf '#!/bin/sh\ncase $1 in --modversion) printf "%%s\\n" %s ;; *) pkg-config "$@" ;; esac\n' "$*" >"$tmp/pkg-config"
	chmod +x "$tmp/pkg-config"
	run make PKG_CONFIG="$tmp/pkg-config" BUILD="$tmp/none" libraries
}
versions 0.7.12 2.14 1.5.1 1.0.4 1.2.13 2.5.4
ok 'the versions of Debian 12 are known' eval 'exits 0 && err_empty'
versions 0.8 2.14 1.9.0 1.1.0 1.3.1 2.6.0
ok '... and those of Debian 13' eval 'exits 0 && err_empty'
versions 0.8 2.14 1.7.2 1.1.0 1.3 2.5.5
ok '... and those of Ubuntu 24.04' eval 'exits 0 && err_empty'
versions 0.9.1 2.14 2.0.0 1.1.0 1.3.1 2.6.0
ok 'make names a version that no test has seen, and goes on' eval 'exits 0 && err_lines 1 && err_has "libfyaml-0.9.1 libgit2-2.0.0;"'

# Installing
installed() { (cd "$tmp/dest" && find . ! -type d | sort); }
expected() {
	for prog in $progs; do echo "./usr/bin/$prog"; done
	echo ./usr/share/ringkit/ring.schema.json
	find examples/scripts examples/github -type f | sed 's,^examples,./usr/share/ringkit,'
	for page in man/*.[157]; do echo "./usr/share/man/man${page##*.}/${page#man/}"; done
	for prog in $progs; do
		printf './usr/share/%s\n' "bash-completion/completions/$prog" "zsh/site-functions/_$prog" "fish/vendor_completions.d/$prog.fish"
	done
}
# What make completions writes, or a stand-in for it
completions() {
	mkdir -p build/completions/{bash,zsh,fish}
	for prog in $progs; do touch "build/completions/bash/$prog" "build/completions/zsh/_$prog" "build/completions/fish/$prog.fish"; done
}
modes() {
	[ -z "$(find "$tmp/dest" -type f \( -path '*/bin/*' ! -perm 755 -o -path '*/man?/*' ! -perm 644 -o -name '*.sh' ! -perm 644 -o -name release ! -perm 755 \))" ]
}
completions
run make $san install DESTDIR="$tmp/dest" PREFIX=/usr
ok 'install puts every program, page, script and completion in its place' diff <(expected | sort) <(installed)
ok '... with the right modes' modes
ok 'an installed program runs' "$tmp/dest/usr/bin/labels2json" -V
mkdir "$tmp/clones" && cp -R "$examples/releases" "$tmp/clones" && git init -q "$tmp/clones/gitops"
cd "$tmp/clones" || exit
run env PATH="$tmp/dest/usr/bin:$PATH" GITHUB_REPOSITORY=atlanhq/x "$tmp/dest/usr/share/ringkit/scripts/matrix" atlas
ok '... and an installed script' eval 'exits 0 && out_has "\"service\":\"atlas\""'
cd - >/dev/null || exit
touch "$tmp/dest/usr/bin/mine" "$tmp/dest/usr/share/man/man1/mine.1"
run make $san uninstall DESTDIR="$tmp/dest" PREFIX=/usr
ok 'uninstall takes exactly those away' diff <(printf './usr/%s\n' bin/mine share/man/man1/mine.1) <(installed)
ok '... with the directory that only ringkit has' not test -e "$tmp/dest/usr/share/ringkit"
run make $san install DESTDIR="$tmp/vendor" PREFIX=/usr ZSH_DIR=/usr/share/zsh/vendor-completions
ok 'completions can go elsewhere' test -e "$tmp/vendor/usr/share/zsh/vendor-completions/_mkpatch"
run make clean
ok 'clean removes what was built' not test -e build

# Packages: stand-ins for what would change this machine
mkdir "$tmp/fake"
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$tmp/fake/$1" && chmod +x "$tmp/fake/$1"; }
packages() { PATH=$tmp/fake:$PATH run sh .ci/packages "$@" </dev/null; }
stub apt-get "echo \"\$@\" >>$tmp/apt"
stub dpkg-query 'case $4 in here) echo "install ok installed" ;; *) exit 1 ;; esac'
stub id 'echo 0'
stub sudo 'exit 1'
packages here sh:gone
ok 'where nothing is missing apt is not touched' not test -e "$tmp/apt"
ok '... and nothing is said' eval 'exits 0 && err_empty'
packages here gone no-such-command:lost
ok 'root installs what is missing' grep -q 'install gone lost$' "$tmp/apt"
ok '... and says so' err_has 'gone lost'
rm -f "$tmp/apt"
stub id 'echo 1000'
packages here gone
ok 'without the rights it names the command' err_has 'apt-get install gone'
ok '... and stops' not exits 0
ok '... before apt' not test -e "$tmp/apt"
stub sudo 'shift && exec "$@"'
packages gone
ok 'sudo will do' grep -q 'install gone$' "$tmp/apt"

finish
