/** `npm run bench`: measures, evaluates the aims and writes the page. Exit codes: 0 all aims met, 1 an aim missed or an error, 2 invalid command line. */
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../cli/options";
import { systemdHostsAvailable } from "../rehearsal/hosts/systemd";
import { aimResults } from "./aims";
import { LIVE_GROUPS, measureLive } from "./measure/live";
import { measureProgram, SIMULATED_GROUPS } from "./measure/program";
import { HELP, parseBenchOptions } from "./bench-options";
import { plotSvg } from "./plot";
import { number, reportMarkdown } from "./benchmark-page";
import { resultsJson, rounded, thisMachine, type Results, type Samples } from "./results";

async function main(argv: string[]): Promise<number> {
  const options = parseBenchOptions(argv);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const began = Date.now();
  const loadBefore = Math.round(loadavg()[0]! * 10) / 10;
  const sinceStart = () => Math.round((Date.now() - began) / 1000);
  const say = (line: string) => console.log(`${String(sinceStart()).padStart(4)} s  ${line}`);
  const wanted = (group: string) => options.only.includes(group);

  const live = LIVE_GROUPS.some(wanted);
  const available = live ? systemdHostsAvailable() : { ok: true as const };
  if (!available.ok) throw new UsageError(`${available.reason}; --only ${SIMULATED_GROUPS.join(",")} needs no machines`);
  const samples: Samples = {};
  if (SIMULATED_GROUPS.some(wanted)) Object.assign(samples, await measureProgram(wanted, options.samples, say));
  if (live) Object.assign(samples, await measureLive(wanted, options.samples, say));

  const date = new Date().toISOString().slice(0, 10);
  const results: Results = { date, machine: thisMachine(), loadBefore, seconds: sinceStart(), samples: rounded(samples) };
  if (options.out === undefined) console.log(`\n${reportMarkdown(results)}`);
  else write(resolve(options.out), results);
  const aims = aimResults(results.samples);
  for (const { aim, figure, met } of aims)
    say(`${met ? "met   " : "MISSED"}  ${aim.what}: ${number(figure)} of ${number(aim.limit)} ${aim.unit}`);
  return aims.every(({ met }) => met) ? 0 : 1;
}

function write(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "benchmarks.json"), resultsJson(results));
  writeFileSync(join(folder, "benchmarks.svg"), plotSvg(results.samples));
  writeFileSync(join(folder, "benchmarks.md"), reportMarkdown(results));
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
