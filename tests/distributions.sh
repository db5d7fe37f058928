#!/bin/bash
# distributions.sh check RELEASE ...
#	Run the two commands of README, make demo, make check, make check-builds and make check-scripts, in a minimal system of each release of Debian.
# distributions.sh installed RELEASE ...
#	Make the tarball, the package and the static programs of each release there, each twice: they must be the same.  In another
#	minimal system, install the package and run the tests on what is installed, without what is needed to build it.
# distributions.sh readings SEED COUNT RELEASE RELEASE
#	Compare how ringkit reads COUNT generated strings in the systems of two releases.
# A system is made once, as build/roots/RELEASE. Each run works in a copy of it and removes the copy.
# Mounts and processes of a run are in namespaces of their own and end with it.
set -euo pipefail
cd "$(dirname "$0")/.."
roots=$PWD/build/roots

die() {
	echo "error: $*" >&2
	exit 1
}
isolated() { unshare --mount --pid --fork --kill-child --mount-proc "$@"; }
remove() { rm -rf --one-file-system "$1"; }
clean_up() {
	local release
	for release in "${releases[@]}"; do
		remove "$roots/$release.new"
		remove "$roots/$release.run"
	done
}

# The sources of this machine's apt, for RELEASE
sources() {
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sed -nE "s/ $codename(-updates|-security)? / $1\\1 /p" | sort -u
}

# Make the minimal system of RELEASE, under another name until it is complete.
make_root() {
	local root=$roots/$1 mirror
	[ ! -d "$root" ] || return 0
	mirror=$(sources "$1" | awk -v release="$1" '$3 == release { print $2; exit }')
	[ -n "$mirror" ] || die 'apt on this machine has no source of Debian packages; run apt-get update'
	echo "making $root"
	remove "$root.new"
	isolated debootstrap --variant=minbase "$1" "$root.new" "$mirror" >"$root.log" || {
		tail "$root.log" >&2
		return 1
	}
	mv "$root.new" "$root"
}

# Copy the system of RELEASE, with a clone of this repository that belongs to an ordinary user.
copy_root() {
	local copy=$roots/$1.run
	remove "$copy"
	cp -a "$roots/$1" "$copy"
	sources "$1" >"$copy/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' >"$copy/etc/apt/apt.conf.d/machine" || true
	cp /etc/resolv.conf "$copy/etc"
	echo "127.0.0.1 localhost $(uname -n)" >"$copy/etc/hosts"
	# No service may start; note which tries.
	printf '#!/bin/sh\necho "$@" >>/var/log/services\nexit 101\n' >"$copy/usr/sbin/policy-rc.d"
	chmod 755 "$copy/usr/sbin/policy-rc.d"
	git clone -q --no-hardlinks . "$copy/root/ringkit"
}

# In the copy: install what README requires, and run a script as root, with the clone in an ordinary user's home.
inside='
set -eu
mount -t proc proc "$1/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$1/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive \
	bash -euo pipefail -c "$2"
'
quietly='
quietly() { "$@" >/var/log/prepare 2>&1 || { tail /var/log/prepare >&2; exit 1; }; }
quietly apt-get -qq update
quietly apt-get -qq -y dist-upgrade
'
prepare='
quietly apt-get -qq -y --no-install-recommends install git make sudo
useradd --create-home user
echo "user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/user
mv /root/ringkit /home/user
chown -R user: /home/user/ringkit
as_user() { su --login user -c "cd ringkit && $1"; }
'
check='
# fish needs man-db and procps, which run man-db.timer and set what sysctl.conf says
enabled() { find /etc/systemd/system /etc/rc?.d ! -type d ! -name man-db.timer ! -name "S??procps" 2>/dev/null | sort; }
rm -f /var/log/services
enabled >/var/log/before
for target in demo "check check-builds check-scripts"; do
	start=$SECONDS
	as_user "make $target"
	echo $((SECONDS - start)) >/var/log/${target%% *}
done
enabled | diff /var/log/before - || { echo "error: a service was enabled" >&2; exit 1; }
[ ! -e /var/log/services ] || { echo "error: services were to start:" && cat /var/log/services; exit 1; } >&2
for library in libfyaml jansson libgit2; do
	printf "%s %s, " $library "$(pkg-config --modversion $library)"
done >/var/log/versions
printf "%s, gcc %s" "$(git version)" "$(gcc -dumpfullversion)" >>/var/log/versions
'
make_twice='
start=$SECONDS
as_user "make deb dist static"
echo $((SECONDS - start)) >/var/log/make
mv /home/user/ringkit/build/dist /root/dist
su --login user -c "git clone -q ringkit somewhere && cd somewhere && make deb dist static && mv build/dist ../dist" >/dev/null
diff -r /root/dist /home/user/dist || { echo "error: the files are not the same" >&2; exit 1; }
(cd /root/dist && sha256sum --check --quiet ./*.sha256)
'
# The action of the examples installs both, but no file with another checksum.  The programs of the tarball need no library; those of
# the package need what it depends on.
install='
action() { quietly env REPOSITORY=owner/name TOKEN= RELEASE=v1 PREFIX=/opt ASSET="$1" URL="file:///root/$1" SHA256="$2" bash -e /root/action; }
runs() {
	[ "$("$1" --version)" = "${1##*/} (ringkit) $version" ] || { echo "error: $1 is not of version $version" >&2; exit 1; }
}
package=$(cd /root && echo ringkit_*.deb) tarball=$(cd /root && echo ringkit-*-linux-*.tar.gz)
version=${package#ringkit_} version=${version%%[+_]*}
for file in $package $tarball; do
	! (action $file $(echo wrong | sha256sum | cut -d" " -f1)) 2>/dev/null || { echo "error: any file is installed" >&2; exit 1; }
done
[ -z "$(find /opt -mindepth 1)" ] && ! dpkg-query -W ringkit 2>/dev/null || { echo "error: something was installed" >&2; exit 1; }
start=$SECONDS
action $tarball $(sha256sum </root/$tarball | cut -d" " -f1)
echo $((SECONDS - start)) >/var/log/unpack
for program in /opt/bin/*; do runs $program; done
start=$SECONDS
action $package $(sha256sum </root/$package | cut -d" " -f1)
echo $((SECONDS - start)) >/var/log/install
for program in $(dpkg -L ringkit | grep ^/usr/bin/.); do runs $program; done
'
check_installed='
start=$SECONDS
as_user "make installcheck PREFIX=/usr BOUNDS=40"
as_user "bash /usr/share/doc/ringkit/examples/demo.sh" >/var/log/demo || { tail /var/log/demo >&2; exit 1; }
echo $((SECONDS - start)) >/var/log/check
dpkg -L ringkit | grep -E "^/usr/(bin/.|share/(ringkit|doc/ringkit|man/man./.))" >/var/log/files
quietly apt-get -qq -y purge ringkit
left=$(xargs ls -d </var/log/files 2>/dev/null || true)
[ -z "$left" ] || { echo "error: the package left $left" >&2; exit 1; }
'
# in_copy RELEASE FIRST SCRIPT: run both as root, with the clone in an ordinary user's home for the second
in_copy() { isolated bash -c "$inside" inside "$roots/$1.run" "$quietly$2$prepare$3" </dev/null 2>&1; }

# count_tests RELEASE LOG
count_tests() {
	# A test may be skipped only because the corpus is missing.
	if grep -i '\bskip' "$2" | grep -vF corpus; then
		die "$1: these tests were skipped"
	fi
	counted=$(awk -F '[=,]' '/^Files=/ { files += $2; tests += $4 } END { if (files) print tests " tests in " files " files" }' "$2")
	[ -n "$counted" ] || die "$1: no test ran"
	counts+=("$counted")
}

check_release() {
	local copy=$roots/$1.run log=$roots/$1.check
	make_root "$1"
	copy_root "$1"
	in_copy "$1" '' "$check" | tee "$log" || die "$1: make demo or one of the checks failed"
	count_tests "$1" "$log"
	summary+=("$1: $(cat "$copy/var/log/versions"): demo in $(cat "$copy/var/log/demo") s, $counted in $(cat "$copy/var/log/check") s")
	remove "$copy"
}

install_release() {
	local copy=$roots/$1.run log=$roots/$1.installed made
	make_root "$1"
	copy_root "$1"
	in_copy "$1" '' "$make_twice" | tee "$log" || die "$1: make deb, make dist or make static failed, or does not make the same twice"
	rm -rf "$tmp/dist.$1"
	cp -R "$copy/root/dist" "$tmp/dist.$1"
	made=$(cat "$copy/var/log/make")
	copy_root "$1"
	cp "$tmp/dist.$1"/*.deb "$tmp/dist.$1"/*-linux-*.tar.gz "$copy/root"
	/usr/bin/python3 -c 'import sys, yaml; print(yaml.safe_load(sys.stdin)["runs"]["steps"][0]["run"])' \
		<examples/github/releases/actions/ringkit/action.yml >"$copy/root/action"
	in_copy "$1" "$install" "$check_installed" | tee "$log" || die "$1: make installcheck failed"
	count_tests "$1" "$log"
	summary+=("$1: made in $made s, installed in $(cat "$copy/var/log/install") s, unpacked in $(cat "$copy/var/log/unpack") s, $counted in $(cat "$copy/var/log/check") s")
	remove "$copy"
}

# read_strings RELEASE STRINGS READINGS
read_strings() {
	local copy=$roots/$1.run
	make_root "$1"
	copy_root "$1"
	cp "$2" "$copy/tmp/strings"
	in_copy "$1" '' 'as_user "make readings"; as_user build/readings </tmp/strings >/tmp/readings' || die "$1: the strings were not read"
	mv "$copy/tmp/readings" "$3"
	remove "$copy"
}

usage='expected check RELEASE ..., installed RELEASE ..., or readings SEED COUNT RELEASE RELEASE; a release is trixie, for example'
case ${1-}:$# in
check:[2-9] | installed:[2-9]) releases=("${@:2}") ;;
readings:5) seed=$2 count=$3 releases=("${@:4}") ;;
*) die "$usage" ;;
esac
[ "$(id -u)" -eq 0 ] || die 'root is required, for debootstrap and chroot'
command -v apt-get >/dev/null || die 'apt is required, for the packages of Debian'
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mkdir -p "$roots"
exec 9>"$roots/lock"
flock -n 9 || die 'another run is using build/roots'

summary=() counts=()
tmp=$(mktemp -d)
trap 'clean_up; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ "$1" != readings ]; then
	for release in "${releases[@]}"; do
		case $1 in
		check) check_release "$release" ;;
		installed) install_release "$release" ;;
		esac
	done
	printf '%s\n' "${summary[@]}"
	[ "$(printf '%s\n' "${counts[@]}" | sort -u | wc -l)" -eq 1 ] || die 'the releases do not run the same number of tests'
	# of the sources; the others have the libraries of their release
	[ "$(find "$tmp" -name 'ringkit-*.tar.gz.sha256' ! -name '*-linux-*' -exec cat {} + | sort -u | wc -l)" -le 1 ] ||
		die 'the releases make different tarballs'
	exit
fi
/usr/bin/python3 tests/fuzz/readings.py strings "$seed" "$count" >"$tmp/strings"
for release in "${releases[@]}"; do
	read_strings "$release" "$tmp/strings" "$tmp/$release"
done
/usr/bin/python3 tests/fuzz/readings.py compare "$count" "$tmp/strings" "$tmp/${releases[0]}" "$tmp/${releases[1]}"
