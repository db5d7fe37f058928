#!/bin/sh
# dist.sh VERSION DIRECTORY
# Make DIRECTORY/ringkit-VERSION.tar.gz of the commit HEAD, and its SHA-256 sum.  A commit gives the same bytes everywhere.
set -eu
. examples/packaging/files.sh
[ -e .git ] || { echo 'error: a clone is required, for the files of the commit HEAD' >&2; exit 1; }
tarball=$2/ringkit-$1.tar.gz
mkdir -p "$2"
files "ringkit-$1" >"$tarball.part"
gzip -9n <"$tarball.part" >"$tarball"
rm "$tarball.part"
sum "$tarball"
ls -l "$tarball"
