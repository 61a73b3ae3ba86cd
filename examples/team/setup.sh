#!/bin/bash
# Prepares each machine of the pool once, as root, before it registers or enters the warm pool. The pool's packages are
# installed, and with rootless Docker the engine of the jobs runs: docker reaches it without further settings.
# A failure abandons the launch, and the last lines of the output are its reason; so the script must show no secret.
set -euo pipefail

# A container trusts only what its image trusts. This runs one that also trusts the authorities of the machine.
cat >/usr/local/bin/docker-run-trusted <<'END'
#!/bin/sh
bundle=/etc/ssl/certs/ca-certificates.crt
exec docker run --volume "$bundle:$bundle:ro" "$@"
END
chmod 755 /usr/local/bin/docker-run-trusted

# Images that the machine image has brought along need no network; NAME.tar becomes the image NAME. Images of a registry
# that every job uses would be here, too, as `docker pull IMAGE`: each machine then has them before its first job.
for archive in /srv/*.tar; do
  [[ -e $archive ]] || continue
  docker import "$archive" "$(basename "$archive" .tar)"
done
