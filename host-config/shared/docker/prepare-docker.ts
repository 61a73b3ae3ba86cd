import type { Stage } from "../prepare/stage";
import { prepareRootEngine } from "./prepare-root";
import { prepareRootlessEngine, type RootlessFacts } from "./prepare-rootless";

/** Configures and starts the engine of jobs, and proves that no container reaches the instance's credentials. */
export function dockerStage(facts: RootlessFacts): Stage {
  return {
    name: "docker",
    due: ({ docker }) => docker !== undefined,
    async run(context) {
      if (context.setup.docker === "root") await prepareRootEngine(context);
      else await prepareRootlessEngine(context, facts);
    },
  };
}
