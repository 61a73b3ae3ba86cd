#!/bin/sh
# Lets the machine image's own cloud-init take user data in, as far as it goes without running it: find the datasource,
# read the user data, sort its parts and put them where the final stage would run them. Nothing is booted, and all that
# it changes is below DISK/upper.
# Environment: IMAGE (read-only lower layer), DISK (has upper/, work/, root/; the seed lies in upper/ already).
set -eu

if [ "${1-}" != apart ]; then
  # Names, processes and network of its own: cloud-init sets the host's name and looks at its links.
  exec unshare --mount --uts --ipc --net --pid --fork --kill-child --propagation private sh "$0" apart
fi

mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$DISK/upper,workdir=$DISK/work" "$DISK/root"
cd "$DISK/root"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/urandom c 1 9
exec chroot . sh -euc 'cloud-init init --local && cloud-init init'
