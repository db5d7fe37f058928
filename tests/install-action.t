# The action that installs ringkit in workflows: a file of a release with the right checksum, and nothing else.

. "$(dirname "$0")/lib.sh"

action=$examples/github/releases/actions/ringkit/action.yml
cd "$tmp" || exit
python3 - "$action" <<'END'
import sys, yaml
document = yaml.safe_load(open(sys.argv[1]))
install, checkout, build = document['runs']['steps']
open('install', 'w').write(install['run'])
open('conditions', 'w').write(f'{install["if"]}, {checkout["if"]}, {build["if"]}\n')
open('environment', 'w').write(''.join(f'{name}\n' for name in install['env']))
open('defaults', 'w').write(''.join(f'{name}={value["default"]}\n' for name, value in document['inputs'].items() if 'default' in value))
END
ok 'the sources are built only if a commit is named' same conditions - <<<"inputs.commit == '', inputs.commit != '', inputs.commit != ''"
ok '... which is none by default' grep -qx commit= defaults
version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
ok 'the default release is the version of the sources' grep -qx "release=v$version" defaults
ok '... and its file the one that make static makes' grep -qx "asset=ringkit-$version-linux-x86_64.tar.gz" defaults

# A release's files; apt-get is a stand-in, which would change this machine
name=ringkit-$version-linux-x86_64
mkdir -p "$name/bin" "$name/share/ringkit" bin prefix temporary
printf '#!/bin/sh\necho installed\n' >"$name/bin/labels2json" && chmod 755 "$name/bin/labels2json"
tar -czf $name.tar.gz $name
echo 'a package' >ringkit_1.0+deb12_amd64.deb
printf '#!/bin/sh\necho "$*" >>"%s/apt"\nfor file; do case $file in /*) cp "$file" "%s/apt.deb" ;; esac; done\n' "$tmp" "$tmp" >bin/apt-get
chmod 755 bin/apt-get

# install NAME=VALUE ...: the step of the action with these inputs
install() {
	rm -rf prefix apt apt.deb && mkdir prefix
	run env PATH="$tmp/bin:$PATH" TMPDIR="$tmp/temporary" REPOSITORY=atlanhq/ringkit TOKEN=reader RELEASE=v0.1.0 ASSET=$name.tar.gz URL= \
		PREFIX="$tmp/prefix" GITHUB_API_URL="$api" SHA256="$(sum $name.tar.gz)" "$@" bash --noprofile --norc -e -o pipefail install
}
sum() { sha256sum "$1" | cut -d' ' -f1; }
nothing() { [ -z "$(find prefix temporary -mindepth 1)" ] && [ ! -e apt ]; }
refused() { exits 1 && out_has "::error::ringkit is not installed: $1" && nothing; }
ok 'the test sets what the step has in its environment' test -z "$(grep -vxE 'REPOSITORY|TOKEN|RELEASE|ASSET|SHA256|URL|PREFIX' environment)"

coproc server { exec /usr/bin/python3 "$top/tests/releases_server.py" "$tmp/$name.tar.gz"; }
read -r api files <&"${server[0]}"
install
ok 'a tarball of a release is installed' eval 'exits 0 && [ "$(prefix/bin/labels2json)" = installed ] && [ -d prefix/share/ringkit ]'
ok '... without apt' test ! -e apt
ok '... and nothing is left' test -z "$(ls -A temporary)"
install SHA256="$(sum ringkit_1.0+deb12_amd64.deb)"
ok 'with another checksum nothing is installed' refused "the checksum of $name.tar.gz is not $(sum ringkit_1.0+deb12_amd64.deb)"
install SHA256=
ok '... nor without one' refused 'expected the checksum of a release'
install SHA256="$(printf '0%.0s' {1..64})"
ok '... nor with that of the example' refused 'expected the checksum of a release'
install SHA256="$(sum $name.tar.gz | tr a-f A-F)x"
ok '... nor with a string that is not one' refused 'expected the checksum of a release'
install SHA256="$(sum $name.tar.gz)"$'\n'"$(sum $name.tar.gz)"
ok '... nor with two' refused 'expected the checksum of a release'
install TOKEN=stranger
ok 'a token that may not read the repository is reported' refused "$name.tar.gz not found in the release v0.1.0 of atlanhq/ringkit"
ok '... and no token is in the messages' not grep -qE 'reader|stranger' out err
install RELEASE=v0.2.0
ok '... and a release that does not exist' refused "$name.tar.gz not found in the release v0.2.0"
install ASSET=ringkit-9.tar.gz
ok '... and a file that it does not have' refused 'ringkit-9.tar.gz not found in the release v0.1.0'
for words in ASSET=../$name.tar.gz ASSET=-x.tar.gz ASSET=ringkit.zip RELEASE=../../../user REPOSITORY=ringkit; do
	install "$words"
	ok "$words is refused" eval 'refused expected && ! grep -q curl err'
done
install URL="file://$tmp/$name.tar.gz" GITHUB_API_URL=
ok 'a file may be elsewhere' eval 'exits 0 && [ -x prefix/bin/labels2json ]'
install URL="$files/stored"
ok '... not where anyone could change it' refused 'cannot download http://'
install URL="file://$tmp/none.tar.gz"
ok '... and must be there' refused "cannot download file://$tmp/none.tar.gz"

install URL="file://$tmp/ringkit_1.0+deb12_amd64.deb" ASSET=ringkit_1.0+deb12_amd64.deb SHA256="$(sum ringkit_1.0+deb12_amd64.deb)"
ok 'a package is installed by apt' eval 'exits 0 && same apt.deb ringkit_1.0+deb12_amd64.deb && grep -q "^-qq -y .* install /" apt'
install URL="file://$tmp/ringkit_1.0+deb12_amd64.deb" ASSET=ringkit_1.0+deb12_amd64.deb
ok '... only with its checksum' refused 'the checksum of ringkit_1.0+deb12_amd64.deb is not'

# Where a container has neither curl nor jq
mkdir few
for program in bash sh mktemp rm chmod sha256sum tar gzip cat; do ln -s "$(command -v $program)" few; done
printf '#!/bin/sh\necho "$*" >>"%s/apt"\n%s -sf "%s" "%s" "%s/few"\n' "$tmp" "$(command -v ln)" "$(command -v curl)" "$(command -v jq)" "$tmp" >few/apt-get
chmod 755 few/apt-get
install PATH="$tmp/few"
ok 'curl and jq are installed where they are missing' eval 'exits 0 && [ -x prefix/bin/labels2json ] && grep -q "install ca-certificates curl jq" apt'

finish
