import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Figures, figures, terminateHookOf } from "./figures";
import { systemdHostsAvailable } from "./hosts/systemd";
import { HELP, Options, UsageError, parseOptions } from "./options";
import { reportHtml } from "./report/html";
import { rehearse } from "./scenario/scenario";
import { summary } from "./summary";
import { openWorld, World } from "./wiring/world";

/** Exit codes: 0 all well, 1 something was lost, stuck, denied or left over, 2 the command line, 130 interrupted. */
async function main(argv: string[]): Promise<number> {
  const options = parseOptions(argv);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const hosts = chooseHosts(options);
  const began = Date.now();
  const say = (line: string) => console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}`);
  say(`rehearsing stack ${options.stack} with ${hosts} hosts, seed ${options.seed}, drain ${options.drain ? "on" : "off"}`);
  const world = await openWorld(options, hosts, say);
  const release = closeOnSignals(world);
  try {
    const result = await perform(world, options, hosts);
    const report = resolve(options.report);
    writeFileSync(report, reportHtml(result, world.stage.timeline.events, terminateHookOf(world.stage.timeline.events)));
    if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`\n${summary(result)}\nReport: ${report}\n`);
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    release();
    await world.close();
  }
}

async function perform(world: World, options: Options, hosts: "systemd" | "simulated"): Promise<Figures> {
  const { stage, cloud } = world;
  const outcome = await rehearse(stage);
  return figures({
    stack: options.stack,
    seed: options.seed,
    hosts,
    drain: options.drain,
    events: stage.timeline.events,
    terminateHook: terminateHookOf(stage.timeline.events),
    apiCalls: cloud.calls(),
    denied: cloud.denied(),
    leftovers: world.leftovers(),
    ...outcome,
    errors: [...outcome.errors, ...cloud.defects.map((defect) => `defect of the stand-in: ${defect.message}`)],
  });
}

function chooseHosts({ hosts }: Options): "systemd" | "simulated" {
  if (hosts === "simulated") return hosts;
  const available = systemdHostsAvailable();
  if (available.ok) return "systemd";
  if (hosts === "systemd") throw new UsageError(`--hosts systemd: ${available.reason}`);
  console.log(`Simulated hosts, because ${available.reason}.`);
  return "simulated";
}

/** Ctrl-C ends the machines and everything else before the process goes. */
function closeOnSignals(world: World): () => void {
  const stop = (signal: NodeJS.Signals) => {
    console.error(`\n${signal}: cleaning up`);
    void world.close().then(() => process.exit(130));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return () => void process.off("SIGINT", stop).off("SIGTERM", stop);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
