/**
 * The stage that runs the user's setup script: as root, in a transient unit of its own, once per machine.
 *
 * Whatever the script leaves running in its unit ends with it: a service needs a unit of its own. What it writes is passed on, to
 * console and logs, for as long as it runs. The instance's role is open to it.
 *
 * Failure: any exit code but 0, and any signal, abandons the launch, with the last lines as the reason. When setupTimeout is over,
 * all its processes are killed. A bootstrap that is killed meanwhile leaves the unit behind: the next run ends it, at the latest
 * its own bound does.
 *
 * Gotcha: systemd-run's exit code is the unit's, which says little about the script. To systemd SIGTERM, SIGINT, SIGHUP and SIGPIPE are
 * a success, and a process that ignores its end is a failure.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { boundedExec } from "../prepare/exec";
import { PrepareError } from "../prepare/prepare-error";
import type { Exec, PrepareContext, Stage } from "../prepare/stage";
import { proxyVariables } from "../proxy/variables";
import { type ScriptOutput, scriptOutput } from "./output";

const UNIT = HOST_UNITS.setup;
/** Lines of the output that a reason shows, and characters of each. */
const REASON_LINES = 3;
const REASON_LINE = 200;
/** Seconds for what the script left running, before it is killed. */
const STOP_SECONDS = 5;
/** Seconds by which the unit's own bound exceeds setupTimeout, so that the reason comes from here. */
const BACKSTOP_SECONDS = 30;
/** For each of the three calls of systemctl that end the unit, within the 5 s that a stage has after the deadline. */
const SYSTEMCTL_MS = 1_500;
/**
 * One pipe for both outputs: of two, an error may come before the lines that led to it. Not Node.js's own, which is a socket: no
 * program can open that by the name /dev/stderr. No input, either.
 */
const IN_ONE_PIPE = 'exec "$0" "$@" </dev/null > >(exec cat) 2>&1';

interface SetupPaths {
  script: string;
  prepared: string;
  end: string;
}

const ON_THIS_HOST: SetupPaths = { script: HOST_PATHS.setupScript, prepared: HOST_PATHS.prepared, end: HOST_PATHS.setupEnd };

/**
 * @param paths replaced by tests, as is the next
 * @param systemctl not by the stage's own commands, none of which starts after the deadline
 */
export function setupScript(paths = ON_THIS_HOST, systemctl: Exec = boundedExec(new AbortController().signal)): Stage {
  return {
    name: "setupScript",
    due: ({ script }) => script !== undefined,
    async run(context) {
      const mark = `${context.instance} ${context.setup.script!.sha256}\n`;
      if (existsSync(paths.prepared) && readFileSync(paths.prepared, "utf8") === mark) {
        context.say("setup: has run on this machine before");
        return;
      }
      await runScript(context, paths, systemctl);
      try {
        writeMark(paths.prepared, mark);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        // The stage of the disk has the reason. Without the mark the script would only run again.
        context.say("setup: its mark could not be written, the disk is full");
      }
    },
  };
}

export const setupScriptStage = setupScript();

function writeMark(path: string, mark: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, mark, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

async function runScript(context: PrepareContext, paths: SetupPaths, systemctl: Exec): Promise<void> {
  const { exec, setup, deadline } = context;
  const interpreter = interpreterOf(paths.script);
  if (interpreter === undefined || !existsSync(interpreter)) {
    throw new PrepareError(`setupScript: this image has no ${interpreter ?? "interpreter"}, which the script's first line names`);
  }
  await endUnit(systemctl);
  rmSync(paths.end, { force: true });
  const output = scriptOutput(context.say);
  const begun = performance.now();
  try {
    const shell = ["--noprofile", "--norc", "-c", IN_ONE_PIPE];
    await exec("bash", [...shell, ...commandOf(context, paths)], { onLine: output.push });
  } catch (error) {
    await endUnit(systemctl);
    if (!deadline.aborted) throw error;
    throw new PrepareError(`setupScript: took longer than setupTimeout = ${setup.setupTimeout} s: ${reasonLines(output)}`);
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  await endUnit(systemctl);
  const { how, status } = endOf(paths.end, output);
  if (how === "exited" && status === "0") return;
  if (how !== "exited") throw new PrepareError(`setupScript: killed by SIG${status} after ${seconds} s: ${reasonLines(output)}`);
  throw new PrepareError(`setupScript: exit code ${status} after ${seconds} s: ${reasonLines(output)}`);
}

/** How the script itself ended. Throws if nothing was recorded: then systemd-run failed, whose own words are the output. */
function endOf(path: string, output: ScriptOutput): { how: string; status: string } {
  const [how, status] = existsSync(path) ? readFileSync(path, "utf8").trim().split(" ") : [];
  if (!how || !status) throw new Error(`${UNIT} has left no exit status: ${reasonLines(output)}`);
  return { how, status };
}

function commandOf({ setup, user, instance }: PrepareContext, { script, end }: SetupPaths): string[] {
  const variables = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
    CI_RUNNERS_USER: user.name,
    CI_RUNNERS_INSTANCE: instance,
    ...proxyVariables(setup.proxy),
    ...(setup.docker === "rootless" ? { DOCKER_HOST: `unix://${HOST_PATHS.engineSocket}` } : {}),
  };
  const properties = [
    `RuntimeMaxSec=${(setup.setupTimeout ?? 0) + BACKSTOP_SECONDS}`,
    "KillMode=control-group",
    `TimeoutStopSec=${STOP_SECONDS}`,
    // Only what exceeds the memory is killed, and the script sees it.
    "OOMPolicy=continue",
    // Such as `exited 3` or `killed TERM`. It runs once what is left of the script has ended.
    `ExecStopPost=/bin/sh -c 'echo $EXIT_CODE $EXIT_STATUS >${end}'`,
  ];
  return [
    "systemd-run",
    "--quiet",
    "--pipe",
    "--wait",
    `--unit=${UNIT}`,
    ...properties.map((property) => `--property=${property}`),
    ...Object.entries(variables).map(([name, value]) => `--setenv=${name}=${value}`),
    script,
  ];
}

/** Also a failed one, which systemd keeps, and one of a bootstrap that was killed. */
async function endUnit(exec: Exec): Promise<void> {
  const call = (...args: string[]) => exec("systemctl", [...args, UNIT], { timeoutMs: SYSTEMCTL_MS }).catch(() => undefined);
  // At once, instead of by a stop that would wait for processes which ignore SIGTERM.
  await call("kill", "--signal=KILL");
  await call("stop");
  await call("reset-failed");
}

function reasonLines(output: ScriptOutput): string {
  const lines = output.last(REASON_LINES).map((line) => line.trim().slice(0, REASON_LINE));
  return lines.length === 0 ? "it wrote nothing" : lines.join(" | ");
}

/** systemd would only show the number 203 for a program that is not there. */
function interpreterOf(script: string): string | undefined {
  const descriptor = openSync(script, "r");
  try {
    const start = Buffer.alloc(256);
    const length = readSync(descriptor, start);
    return /^#![ \t]*(\/[^\s]+)/.exec(start.subarray(0, length).toString())?.[1];
  } finally {
    closeSync(descriptor);
  }
}
