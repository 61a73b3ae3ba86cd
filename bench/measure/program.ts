import { Cleanup } from "../../rehearsal/cleanup";
import { parseOptions } from "../../rehearsal/rehearsal-options";
import { openPoolEnvironment, type PoolEnvironment } from "../../rehearsal/scenarios/actions-runner-pool/pool-environment";
import { STACKS } from "../catalogue";
import type { Samples } from "../results";
import { measureFunctions } from "./function-times";

export const SIMULATED_GROUPS = ["functions", "program"];

/** Everything that needs the real engine, but no real machines. */
export async function measureProgram(wanted: (group: string) => boolean, count: number, say: (line: string) => void): Promise<Samples> {
  const samples: Samples = {};
  for (const stack of wanted("program") ? STACKS : (["dev"] as const)) {
    await withEnvironment(stack, async (environment) => {
      const { engine } = environment.context;
      if (stack === "dev" && wanted("program")) {
        say(`pulumi preview of ${stack}, ${count} times`);
        await engine.preview(); // The first one also compiles the program and opens the stack.
        samples["program.preview"] = [];
        for (let n = 0; n < count; n++) samples["program.preview"].push(await seconds(() => engine.preview()));
      }
      say(`pulumi up of ${stack}, on simulated hosts`);
      await engine.up();
      if (wanted("program")) samples[`program.${stack}.resources`] = [await engine.resourceCount()];
      if (stack === "dev" && wanted("functions")) Object.assign(samples, await measureFunctions(environment, count, say));
    });
  }
  return samples;
}

async function withEnvironment(stack: string, act: (environment: PoolEnvironment) => Promise<void>): Promise<void> {
  const options = parseOptions(["--stack", stack, "--hosts", "simulated", "--instances", "2"])!;
  const cleanup = new Cleanup();
  try {
    await act(await openPoolEnvironment({ options, hosts: "simulated", say: () => undefined, cleanup }));
  } finally {
    await cleanup.run();
  }
}

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return (performance.now() - begun) / 1000;
}
