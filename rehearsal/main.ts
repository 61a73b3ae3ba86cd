import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../cli/options";
import { Cleanup, Interruption } from "./cleanup";
import { HELP, parseOptions, type RehearsalOptions } from "./rehearsal-options";
import { SCENARIOS } from "./scenarios";
import { hold } from "./virtual-clock";
import type { RehearsalEnvironment } from "./environment/rehearsal-environment";
import { chooseHosts } from "./environment/choose-hosts";
import { openEnvironment, PROJECT } from "./environment/environment";
import { readStackConfiguration } from "./environment/stack-configuration";

/** Exit codes: 0 success; 1 something was lost, stuck, denied or left over; 2 invalid command line; 130 interrupted. */
async function main(argv: string[]): Promise<number> {
  const options = parseOptions(argv);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const scenario = SCENARIOS[options.scenario];
  const stack = readStackConfiguration(PROJECT, scenario.stackDir(PROJECT, options.stack), options.stack);
  const { systems } = scenario.requirements(stack, options);
  const hosts = chooseHosts(options.hosts, systems?.features, (line) => console.log(line));
  const startedAt = Date.now();
  const say = (line: string) => console.log(`${String(Math.round((Date.now() - startedAt) / 1000)).padStart(4)} s  ${line}`);
  say(`rehearsing stack ${options.stack} with ${hosts} hosts, seed ${options.seed}, ${controlOf(options)}`);
  const cleanup = new Cleanup();
  const interruption = new Interruption(cleanup);
  try {
    const environment = await openEnvironment({ scenario, options, hosts, say, cleanup });
    if (options.keep) environment.context.linger = (instances) => linger(environment, instances, interruption, say);
    const { figures, summary, html } = await scenario.run(environment);
    const report = resolve(options.report);
    writeFileSync(report, html);
    if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(figures, null, 2)}\n`);
    process.stdout.write(`\n${summary}\nReport: ${report}\n`);
    return figures.failures.length === 0 ? 0 : 1;
  } finally {
    await cleanup.run();
    interruption.release();
  }
}

/** What the scenario's control experiment turns off. */
function controlOf({ scenario, drain, lease }: RehearsalOptions): string {
  return scenario === "pool" ? `drain ${drain ? "on" : "off"}` : `lease ${lease ? "on" : "off"}`;
}

/** `--keep`: everything stays up until Ctrl-C, which starts the destroy. A second Ctrl-C exits at once. */
async function linger(
  environment: RehearsalEnvironment,
  instances: readonly string[],
  interruption: Interruption,
  say: (line: string) => void,
): Promise<void> {
  for (const instance of instances) {
    const shell = environment.machines?.hosts.shell(instance);
    say(`in service: ${instance}${shell === undefined ? "" : `   root shell: ${shell}`}`);
  }
  say("kept for inspection; Ctrl-C continues with destroy");
  // Without the hold, a virtual clock would run through days while nothing happens.
  const release = hold(environment.context.clock);
  const keepAlive = setInterval(() => undefined, 1000);
  await interruption.next();
  clearInterval(keepAlive);
  release();
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
