#!/bin/sh
# deb.sh VERSION DIRECTORY
# Make a Debian package for this system in DIRECTORY, and its SHA-256 sum; lintian must find no error and no warning.
# It is built in build/deb, of the files that dist.sh packs.
set -eu
. examples/packaging/files.sh
name=ringkit-$1
# So that a newer release of Debian has the higher version, as in 1.0+deb12
version=$1$(. /etc/os-release && echo "+${ID-}${VERSION_ID-}" | sed 's/^+debian/+deb/')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(epoch)}
export SOURCE_DATE_EPOCH
maintainer=$(echo "${DEBFULLNAME:-The ringkit authors} <${DEBEMAIL:-ringkit@users.noreply.github.com}>" | sed 's,[&/\\],\\&,g')

rm -rf build/deb
mkdir -p build/deb "$2"
files "$name" | tar -x -C build/deb
cp -R "build/deb/$name/examples/packaging/debian" "build/deb/$name/debian"
sed -i "s/@VERSION@/$version/; s/@MAINTAINER@/$maintainer/; s/@DATE@/$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")/" \
	"build/deb/$name/debian/control" "build/deb/$name/debian/changelog"
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS LDFLAGS
(cd "build/deb/$name" && DEB_BUILD_OPTIONS="parallel=${JOBS:-1}" dpkg-buildpackage -us -uc -b) >build/deb/log 2>&1 || {
	tail -n 30 build/deb/log >&2
	exit 1
}
lintian --fail-on error,warning --display-level '>=warning' --allow-root "build/deb/ringkit_$version"_*.changes
for package in "build/deb/ringkit_$version"_*.deb; do
	cp "$package" "$2"
	sum "$2/${package##*/}"
	ls -l "$2/${package##*/}"
done
