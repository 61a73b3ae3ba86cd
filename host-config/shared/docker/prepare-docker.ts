import type { Stage } from "../prepare/stage";
import { engineConfigText, settleAfterScript } from "./after-script";
import { prepareRootEngine } from "./prepare-root";
import { prepareRootlessEngine, type RootlessFacts } from "./prepare-rootless";

export interface DockerStages {
  /** Configures and starts the engine of jobs, and proves that no container reaches the instance's credentials. */
  engine: Stage;
  /** After the setup script. */
  afterScript: Stage;
}

export function dockerStages(facts: RootlessFacts): DockerStages {
  let configuration = "";
  return {
    engine: {
      name: "docker",
      due: ({ docker }) => docker !== undefined,
      async run(context) {
        if (context.setup.docker === "root") return prepareRootEngine(context);
        await prepareRootlessEngine(context, facts);
        configuration = engineConfigText();
      },
    },
    afterScript: {
      name: "docker after setupScript",
      due: ({ docker, script }) => docker !== undefined && script !== undefined,
      run: (context) => settleAfterScript(context, configuration),
    },
  };
}
