import type { Stage } from "../prepare/stage";

/** @param runner folder of the runner, which reads the file `.env` there at each start */
export function jobEnvironmentStage(_runner: string): Stage {
  return {
    name: "jobEnvironment",
    due: ({ jobEnvironment }) => jobEnvironment !== undefined,
    run: async () => undefined,
  };
}
