import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as semver from "semver";
import { type Branch, branchName, existingBranch, makeBranch } from "./promotion-branch";
import { check } from "./check-pins";
import { RefusedError } from "./refused-error";
import { type ChangeVerdict, type Court, judge } from "./evaluate";
import { type Message, messageFor } from "./commit-message";
import { type CheckOptions, HELP, type PromoteOptions, parseOptions } from "./promote-options";
import { MAIN, configurationFile, isOlder, readPin, replacePin } from "./pin";
import { type Rehearse, rehearsalGate } from "./rehearsal-gate";
import { Repository, short } from "./repository";
import { table } from "./gate-table";

/** What the command works on; tests give a repository, a clock and sometimes a rehearsal of their own. */
export interface Surroundings {
  dir: string;
  now: () => number;
  say: (text: string) => void;
  rehearse?: Rehearse;
}

/** What `--json` writes; described in promotion/README.md. */
interface Result extends Partial<Message> {
  verdict: "open" | "shut" | "nothing";
  changes: ChangeVerdict[];
  branch?: Branch;
}

/** `npm run promote`: returns the exit code, 0 or 1. @throws RefusedError for exit code 2 */
export async function promote(argv: string[], surroundings: Surroundings): Promise<number> {
  const options = parseOptions(argv);
  if (!options) {
    surroundings.say(HELP);
    return 0;
  }
  const repository = new Repository(surroundings.dir);
  repository.requireWholeHistory();
  const court = (main: string): Court => ({
    repository,
    main,
    now: surroundings.now,
    rehearse: surroundings.rehearse ?? rehearsalGate(repository, options.hosts),
  });
  const result = options.check
    ? await checkChange(court(repository.commit(options.base, "--base")), options, surroundings.say)
    : await promoteOn(repository.mainBranch(options.main), court, options, surroundings.say);
  if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(result, null, 2)}\n`);
  return result.verdict === "shut" ? 1 : 0;
}

async function checkChange(court: Court, options: CheckOptions, say: (text: string) => void): Promise<Result> {
  const changes = await check(court, court.repository.commit(options.head, "--head"));
  if (changes.length === 0) {
    say("No stack's pin changes, so there is nothing to judge.");
    return { verdict: "nothing", changes };
  }
  say(table(changes));
  return { verdict: changes.every(({ verdict }) => verdict === "open") ? "open" : "shut", changes };
}

async function promoteOn(
  branchOfPins: { name: string; commit: string },
  courtOf: (main: string) => Court,
  options: PromoteOptions,
  say: (text: string) => void,
): Promise<Result> {
  const main = branchOfPins.commit;
  const court = courtOf(main);
  const { repository } = court;
  // Who forgot to fetch sees it here.
  say(`Judged by ${branchOfPins.name} at ${short(main)}.`);
  const { to: stage } = options;
  const file = configurationFile(stage.name);
  const text = repository.file(main, file);
  if (text === undefined) throw new RefusedError(`${file}: main (${short(main)}) has none, so there is no pin to change`);
  const from = readPin(text, file);
  const to = options.release ?? defaultRelease(repository, main, options.from!.name);
  if (from === to) {
    say(`${stage.name} pins ${to} already.`);
    return { verdict: "nothing", changes: [] };
  }
  if (options.rollback && !isOlder(to, from === MAIN ? to : from)) {
    throw new RefusedError(`--rollback: ${to} is not older than ${from}, which ${stage.name} pins; promote it without`);
  }
  const configuration = replacePin(text, file, to);
  const override = options.override === undefined ? undefined : { reason: options.override };
  const change = await judge(court, { stage, from, to, rollback: options.rollback, override, configuration });
  say(table([change]));
  if (change.verdict === "shut") return { verdict: "shut", changes: [change] };

  const message = messageFor(repository, change);
  const branch: Branch = options.dryRun
    ? { name: branchName(stage.name, to), state: "dry-run" }
    : (existingBranch(repository, main, stage.name, to) ?? makeBranch(repository, main, stage.name, to, configuration, message));
  say(told(branch));
  return { verdict: "open", changes: [change], branch, ...message };
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

function told({ name, commit, state }: Branch): string {
  if (state === "dry-run") return `All gates are open; without --dry-run this makes the branch ${name}.`;
  if (state === "exists") return `The branch ${name} (${short(commit!)}) exists already with this change; nothing was done.`;
  return `Made the branch ${name} (${short(commit!)}). Next: git push origin ${name}`;
}
