import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Cleanup, Interruption } from "./cleanup";
import { type Figures, figures, terminateHookOf } from "./report/figures";
import { systemdHostsAvailable } from "./hosts/systemd";
import { HELP, type Options, UsageError, parseOptions } from "./rehearsal-options";
import { reportHtml } from "./report/html";
import { rehearse } from "./scenarios/actions-runner-pool/scenario";
import { summary } from "./report/rehearsal-summary";
import { hold } from "./virtual-clock";
import { openWorld, type World } from "./environment/environment";

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
  const cleanup = new Cleanup();
  const interruption = new Interruption(cleanup);
  try {
    const world = await openWorld(options, hosts, say, cleanup);
    if (options.keep) world.stage.linger = () => linger(world, interruption, say);
    const result = await perform(world, options, hosts);
    const report = resolve(options.report);
    writeFileSync(report, reportHtml(result, world.stage.timeline.events, terminateHookOf(world.stage.timeline.events)));
    if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`\n${summary(result)}\nReport: ${report}\n`);
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    await cleanup.run();
    interruption.release();
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

/** `--keep`: everything stays up until Ctrl-C, and only then is destroyed. A second Ctrl-C ends it at once. */
async function linger(world: World, interruption: Interruption, say: (line: string) => void): Promise<void> {
  for (const instance of world.stage.group.inService()) {
    const shell = world.machines?.hosts.shell(instance);
    say(`in service: ${instance}${shell === undefined ? "" : `   root shell: ${shell}`}`);
  }
  say("kept for a look; Ctrl-C goes on to destroy");
  // A virtual clock would run through days while nobody does anything.
  const release = hold(world.stage.clock);
  const awake = setInterval(() => undefined, 1000);
  await interruption.next();
  clearInterval(awake);
  release();
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
