#!/bin/sh
# Makes the machine image's own cloud-init process user data without running it: find the datasource, read the user data,
# sort its parts and store them where the final stage would run them. Boots nothing and changes files below DISK/upper only.
# Environment: IMAGE (read-only lower layer), DISK (contains upper/ with the seed, work/, root/).
set -eu

if [ "${1-}" != isolated ]; then
  # Separate UTS, PID and network namespaces: cloud-init sets the host name and inspects the network interfaces.
  exec unshare --mount --uts --ipc --net --pid --fork --kill-child --propagation private sh "$0" isolated
fi

mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$DISK/upper,workdir=$DISK/work" "$DISK/root"
cd "$DISK/root"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/urandom c 1 9
exec chroot . sh -euc 'cloud-init init --local && cloud-init init'
