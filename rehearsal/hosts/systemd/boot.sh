#!/bin/sh
# Powers one machine on. All kernel resources that it needs (mounts, network namespace, link to the cloud) are created in
# namespaces of this process, so the kernel removes them when the machine's processes end, even by SIGKILL.
# Environment: IMAGE, DISK (has upper/, work/, root/, and engine/ with the feature engine-folder), MACHINE, HOST_NAME, ADDRESS,
# GATEWAY, CLOUD (process id of the holder of the cloud's network), LINK (name of the link on the cloud's side), CGROUP_PROCS
# (cgroup.procs files to join), FEATURES (names with spaces between; empty for a usual machine), BINDS (SOURCE:TARGET with
# spaces between).
set -eu

if [ "${1-}" != apart ]; then
  for file in $CGROUP_PROCS; do echo $$ >"$file"; done
  exec setpriv --pdeathsig KILL unshare --net --mount --propagation private sh "$0" apart
fi

mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$DISK/upper,workdir=$DISK/work" "$DISK/root"

# nspawn leaves a directory here for each machine; on this tmpfs it disappears with the namespace.
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn

ip link set lo up
# The link of the boot before, if the kernel has not yet removed that namespace: it takes a moment after the last process, and longer with
# the namespaces of containers.
nsenter --target "$CLOUD" --net ip link delete "$LINK" 2>/dev/null || true
ip link add eth0 type veth peer name "$LINK" netns "$CLOUD"
ip address add "$ADDRESS/32" dev eth0
ip link set eth0 up
# As on EC2, a machine reaches everything through its router.
ip route add "$GATEWAY" dev eth0
ip route add default via "$GATEWAY" src "$ADDRESS"
nsenter --target "$CLOUD" --net sh -euc "ip link set $LINK up; ip route replace $ADDRESS dev $LINK"

calls=bpf
set --
case " $FEATURES " in
*' containers '*)
  # An engine creates keys and sets network parameters, a rootless one in namespaces of its own.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  calls='bpf @keyring'
  ;;
esac
case " $FEATURES " in
*' engine-folder '*)
  # Layers of containers are overlays, too, which cannot lie on the machine's.
  set -- --bind="$DISK/engine:/var/lib/ci-runners/docker"
  ;;
esac
for bind in $BINDS; do set -- "$@" --bind="$bind"; done

# cgroup v2 inside, even if the host has both versions. IPAddressDeny= needs bpf and its capability.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --settings=no --directory="$DISK/root" --machine="$MACHINE" --hostname="$HOST_NAME" \
  --boot --register=no --keep-unit --network-namespace-path=/proc/self/ns/net \
  --system-call-filter="$calls" --capability=CAP_BPF,CAP_NET_ADMIN \
  --console=read-only --resolv-conf=off --timezone=off --link-journal=no "$@"
