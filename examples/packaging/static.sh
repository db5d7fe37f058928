#!/bin/sh
# static.sh NAME DIRECTORY INSTALLED
# Make DIRECTORY/NAME.tar.gz of the directory INSTALLED/NAME, with bin and share, and its SHA-256 sum.
# share/doc/ringkit has the licence, and those of the libraries that are in the programs.
set -eu
. examples/packaging/files.sh
doc=$3/$1/share/doc/ringkit
mkdir -p "$2" "$doc"
cp LICENSE "$doc"
for library in libc6 libfyaml libgit2 libjansson libmbedtls libmd libpcre2 libseccomp zlib1g; do
	cp "/usr/share/doc/$library-dev/copyright" "$doc/$library"
done
tar -C "$3" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=go=rX --mtime="@${SOURCE_DATE_EPOCH:-$(epoch)}" \
	-cf "$2/$1.part" "$1"
gzip -9n <"$2/$1.part" >"$2/$1.tar.gz"
rm "$2/$1.part"
sum "$2/$1.tar.gz"
ls -l "$2/$1.tar.gz"
