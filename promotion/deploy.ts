import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { changedStacks } from "./changed-stacks";
import { type ChangedOptions, DEPLOY_HELP, type StackOptions, parseDeployOptions } from "./deploy-options";
import { RefusedError } from "./refused-error";
import { MAIN, configurationFile, readPin } from "./pin";
import { ReleaseFolder } from "./release-folder";
import { Repository, short } from "./repository";
import { CommandRunner } from "./run-command";

export interface DeployEnvironment {
  dir: string;
  /** Progress, for stderr: stdout is pulumi's. */
  log: (line: string) => void;
  /** A line of the result, for stdout. */
  print: (line: string) => void;
}

/** The all-zero hash that a push of a new branch has as the commit before. */
const NOTHING_BEFORE = /^0+$/;

/** `npm run deploy`: returns the exit code. @throws RefusedError for exit code 2 */
export async function deploy(argv: string[], environment: DeployEnvironment): Promise<number> {
  const options = parseDeployOptions(argv);
  if (!options) {
    environment.print(DEPLOY_HELP);
    return 0;
  }
  const repository = new Repository(environment.dir);
  repository.requireWholeHistory();
  return options.changed ? listChanged(repository, options, environment) : deployStack(repository, options, environment);
}

function listChanged(repository: Repository, options: ChangedOptions, { print }: DeployEnvironment): number {
  const head = repository.commit(options.head, "--head");
  const base = NOTHING_BEFORE.test(options.base) ? undefined : repository.commit(options.base, "--base");
  // After a force push the base may contain the head; then the base itself is deployed now.
  const from = base === undefined || repository.isAncestor(head, base) ? base : repository.mergeBase(base, head);
  const stacks = changedStacks(repository, from, head);
  for (const stack of stacks) print(JSON.stringify(stack));
  if (options.json !== undefined) writeFileSync(resolve(options.json), `${JSON.stringify(stacks, null, 2)}\n`);
  return 0;
}

async function deployStack(repository: Repository, options: StackOptions, { log }: DeployEnvironment): Promise<number> {
  const { stack, preview } = options;
  const at = repository.commit(options.at, "--at");
  const file = configurationFile(stack);
  const configuration = repository.file(at, file);
  if (configuration === undefined) {
    throw new RefusedError(`--stack ${stack}: ${short(at)} has no ${file}; give one of ${repository.stacks(at).join(", ")}`);
  }
  const pin = readPin(configuration, file);
  const main = repository.mainBranch(options.main).commit;
  if (!preview) {
    if (!repository.isAncestor(at, main)) {
      throw new RefusedError(`--at ${options.at}: ${short(at)} is not on main, and only commits of main are deployed; use --preview`);
    }
    const kept = repository.stacks(main).includes(stack);
    if (!kept || changedStacks(repository, at, main, [stack]).length > 0) {
      log(`superseded: main is at ${short(main)}, which redeploys ${stack}; nothing was done`);
      return 0;
    }
  }
  const code = pin === MAIN ? at : repository.release(pin, main);
  const commandRunner = new CommandRunner(log);
  const folder = new ReleaseFolder(repository, commandRunner);
  try {
    log(`${preview ? "previewing" : "deploying"} ${stack}: code of ${pin} (${short(code)}), configuration of ${short(at)}`);
    await folder.fill(code, stack, configuration);
    const command = preview ? ["preview"] : ["up", "--yes"];
    return await commandRunner.run("pulumi", [...command, "--stack", stack, "--non-interactive"], {
      cwd: folder.dir,
      stdout: "stdout",
      handlesSignals: true,
    });
  } finally {
    folder.remove();
    commandRunner.close();
  }
}
