/**
 * The stage that runs the user's setup script: as root, in a transient unit of its own, once per machine.
 *
 * Whatever the script leaves running ends with it: a service needs a unit of its own. What it writes is passed on, to console
 * and logs. The instance's role is open to it.
 *
 * Failure: any exit code but 0 abandons the launch, with the last lines as the reason. When setupTimeout is over, all its
 * processes are killed. A bootstrap that is killed meanwhile leaves the unit behind: the next run ends it, at the latest
 * its own bound does.
 */
import { existsSync, mkdirSync, openSync, readFileSync, readSync, closeSync, renameSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
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
/** One pipe for both outputs: of two, an error may come before the lines that led to it. */
const IN_ONE_ORDER = 'exec "$0" "$@" 2>&1';
/** waitid's CLD_KILLED and CLD_DUMPED. */
const BY_SIGNAL = new Set(["2", "3"]);

interface SetupPaths {
  script: string;
  prepared: string;
}

const ON_THIS_HOST: SetupPaths = { script: HOST_PATHS.setupScript, prepared: HOST_PATHS.prepared };

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
      await runScript(context, paths.script, systemctl);
      mkdirSync(dirname(paths.prepared), { recursive: true, mode: 0o700 });
      writeFileSync(`${paths.prepared}.new`, mark, { mode: 0o600, flush: true });
      renameSync(`${paths.prepared}.new`, paths.prepared);
    },
  };
}

export const setupScriptStage = setupScript();

async function runScript(context: PrepareContext, script: string, systemctl: Exec): Promise<void> {
  const { exec, setup, deadline } = context;
  const interpreter = interpreterOf(script);
  if (interpreter === undefined || !existsSync(interpreter)) {
    throw new PrepareError(`setupScript: this image has no ${interpreter ?? "interpreter"}, which the script's first line names`);
  }
  await endUnit(systemctl);
  const output = scriptOutput(context.say);
  const begun = performance.now();
  let code: number;
  try {
    ({ code } = await exec("sh", ["-c", IN_ONE_ORDER, ...commandOf(context, script)], { onLine: output.push }));
  } catch (error) {
    await endUnit(systemctl);
    if (!deadline.aborted) throw error;
    throw new PrepareError(`setupScript: took longer than setupTimeout = ${setup.setupTimeout} s: ${reasonLines(output)}`);
  }
  if (code === 0) return;
  const seconds = Math.round((performance.now() - begun) / 1000);
  const signal = await signalOf(systemctl);
  await endUnit(systemctl);
  if (signal !== undefined) throw new PrepareError(`setupScript: killed by ${signal} after ${seconds} s: ${reasonLines(output)}`);
  throw new PrepareError(`setupScript: exit code ${code} after ${seconds} s: ${reasonLines(output)}`);
}

function commandOf({ setup, user, instance }: PrepareContext, script: string): string[] {
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

/** The name of the signal that ended the script's first process. systemd-run does not show it. */
async function signalOf(exec: Exec): Promise<string | undefined> {
  const args = ["show", UNIT, "--property=ExecMainCode", "--property=ExecMainStatus"];
  const { stdout } = await exec("systemctl", args, { timeoutMs: SYSTEMCTL_MS });
  const value = (name: string) => new RegExp(`^${name}=(\\d+)$`, "m").exec(stdout)?.[1];
  if (!BY_SIGNAL.has(value("ExecMainCode") ?? "")) return undefined;
  const number = Number(value("ExecMainStatus"));
  return Object.entries(constants.signals).find(([, other]) => other === number)?.[0] ?? `signal ${number}`;
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
