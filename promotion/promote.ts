import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as semver from "semver";
import { type Branch, branchName, existingBranch, makeBranch } from "./promotion-branch";
import { checkDeployedPin } from "./check-deployed-pin";
import { checkPins } from "./check-pins";
import { RefusedError } from "./refused-error";
import { type PinChangeResult, type GateContext, evaluate } from "./evaluate";
import { type CommitMessage, commitMessageFor } from "./commit-message";
import {
  type CheckOptions,
  type DeployedPinOptions,
  PROMOTE_HELP,
  type PromoteOptions,
  type SettingsOptions,
  parsePromoteOptions,
} from "./promote-options";
import { MAIN, configurationFile, isOlder, readPin, replacePin } from "./pin";
import { type Rehearse, rehearsalGate } from "./rehearsal-gate";
import { Repository, short } from "./repository";
import { checkSettings, settingsTable } from "./settings/check-settings";
import { gateTable } from "./gate-table";

/** What the command works on; tests pass their own repository, clock and sometimes rehearsal. */
export interface PromoteEnvironment {
  dir: string;
  now: () => number;
  log: (text: string) => void;
  rehearse?: Rehearse;
  /** Where `--check-settings` finds GitHub and its token. Default: the process's own variables. */
  env?: NodeJS.ProcessEnv;
}

/** What `--json` writes; described in promotion/README.md. */
interface Result extends Partial<CommitMessage> {
  outcome: "open" | "closed" | "nothing";
  changes: PinChangeResult[];
  branch?: Branch;
}

/** `npm run promote`: returns the exit code, 0 or 1. @throws RefusedError for exit code 2 */
export async function promote(argv: string[], environment: PromoteEnvironment): Promise<number> {
  const options = parsePromoteOptions(argv);
  if (!options) {
    environment.log(PROMOTE_HELP);
    return 0;
  }
  const repository = new Repository(environment.dir);
  if (options.check === "settings") return checkRepository(repository, options, environment);
  repository.requireWholeHistory();
  const contextOf = (main: string): GateContext => ({
    repository,
    main,
    now: environment.now,
    rehearse: environment.rehearse ?? rehearsalGate(repository, options.hosts),
  });
  const result =
    options.check === "deployed pin"
      ? await checkDeployed(contextOf, repository, options, environment.log)
      : options.check
        ? await checkChange(contextOf(repository.commit(options.base, "--base")), options, environment.log)
        : await promoteOn(repository.mainBranch(options.main), contextOf, options, environment.log);
  if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(result, null, 2)}\n`);
  return result.outcome === "closed" ? 1 : 0;
}

async function checkRepository(
  repository: Repository,
  options: SettingsOptions,
  { log, env = process.env }: PromoteEnvironment,
): Promise<number> {
  const result = await checkSettings(repository, repository.mainBranch(options.main).commit, options.repository, env);
  log(settingsTable(result));
  if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(result, null, 2)}\n`);
  return result.outcome === "met" ? 0 : 1;
}

async function checkChange(context: GateContext, options: CheckOptions, log: (text: string) => void): Promise<Result> {
  const changes = await checkPins(context, context.repository.commit(options.head, "--head"));
  if (changes.length === 0) {
    log("No stack's pin changes, so there is nothing to evaluate.");
    return { outcome: "nothing", changes };
  }
  log(gateTable(changes));
  return { outcome: changes.every(({ outcome }) => outcome === "open") ? "open" : "closed", changes };
}

async function checkDeployed(
  contextOf: (main: string) => GateContext,
  repository: Repository,
  options: DeployedPinOptions,
  log: (text: string) => void,
): Promise<Result> {
  const head = repository.commit(options.head, "--head");
  const { results: changes, about } = await checkDeployedPin(contextOf(head), options.stack, head);
  log([about, ...(changes.length > 0 ? [gateTable(changes)] : [])].join("\n"));
  if (changes.length === 0) return { outcome: "nothing", changes };
  return { outcome: changes.every(({ outcome }) => outcome === "open") ? "open" : "closed", changes };
}

async function promoteOn(
  mainBranch: { name: string; commit: string },
  contextOf: (main: string) => GateContext,
  options: PromoteOptions,
  log: (text: string) => void,
): Promise<Result> {
  const main = mainBranch.commit;
  const context = contextOf(main);
  const { repository } = context;
  // Makes a forgotten git fetch visible.
  log(`Evaluated against ${mainBranch.name} at ${short(main)}.`);
  const { to: stage } = options;
  const file = configurationFile(stage.name);
  const text = repository.file(main, file);
  if (text === undefined) throw new RefusedError(`${file}: main (${short(main)}) has none, so there is no pin to change`);
  const from = readPin(text, file);
  const to = options.release ?? defaultRelease(repository, main, options.from!.name);
  if (from === to) {
    log(`${stage.name} pins ${to} already.`);
    return { outcome: "nothing", changes: [] };
  }
  if (options.rollback && !isOlder(to, from === MAIN ? to : from)) {
    throw new RefusedError(`--rollback: ${to} is not older than ${from}, which ${stage.name} pins; promote it without --rollback`);
  }
  const configuration = replacePin(text, file, to);
  const override = options.override === undefined ? undefined : { reason: options.override };
  const change = await evaluate(context, { stage, from, to, rollback: options.rollback, override, configuration });
  log(gateTable([change]));
  if (change.outcome === "closed") return { outcome: "closed", changes: [change] };

  const message = commitMessageFor(repository, change);
  const branch: Branch = options.dryRun
    ? { name: branchName(stage.name, to), state: "dry-run" }
    : (existingBranch(repository, main, stage.name, to) ?? makeBranch(repository, main, stage.name, to, configuration, message));
  log(describe(branch));
  return { outcome: "open", changes: [change], branch, ...message };
}

/** What the stage before runs: its pin, or the newest release on the main that it follows. */
function defaultRelease(repository: Repository, main: string, from: string): string {
  const file = configurationFile(from);
  const text = repository.file(main, file);
  const pin = text === undefined ? MAIN : readPin(text, file);
  if (pin !== MAIN) return pin;
  const newest = semver.rsort(repository.releasesOn(main))[0];
  if (newest === undefined) throw new RefusedError(`${from} follows main, and there is no release on it; tag one, and git fetch --tags`);
  return newest;
}

function describe({ name, commit, state }: Branch): string {
  if (state === "dry-run") return `All gates are open; without --dry-run this makes the branch ${name}.`;
  if (state === "exists") return `The branch ${name} (${short(commit!)}) exists already with this change; nothing was done.`;
  return `Made the branch ${name} (${short(commit!)}). Next: git push origin ${name}`;
}
