import { CONTAINER_ROOT } from "../../../rehearsal/hosts/package-archive";

/** Makes the image `rootfs`, unless the engine still has it: no registry can be reached. */
export const IMPORT = `docker image inspect rootfs >/dev/null 2>&1 || docker import ${CONTAINER_ROOT} rootfs >/dev/null`;
