/** Runs the official runner's config.sh as the job's user, in a unit of its own. */
import { execFile } from "node:child_process";
import { hostname } from "node:os";
import type { HostSetup } from "../../contract/shared/host-setup";
import { ownUnit, type UnitConfig } from "./own-unit";
import { proxyVariables } from "./proxy/variables";

export type ConfigScriptHost = UnitConfig & Pick<HostSetup, "proxy">;

/** config.sh makes only a few requests; 3 minutes mean that GitHub does not answer. */
const TIMEOUT_MS = 180_000;
/** systemd ends the unit first, so that nothing of it is left. */
const MARGIN_MS = 15_000;
/** config.sh writes this PATH to `.path`, from which the service and every job take theirs. */
const JOB_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A second registration at the same time is refused, because a unit of this name exists only once. */
const UNIT = "runner-register.service";
/**
 * config.sh reads any argument from such a variable. Any local user can read the arguments of a process and the environment
 * of a unit, so the token comes on standard input.
 */
const WITH_TOKEN = 'IFS= read -r ACTIONS_RUNNER_INPUT_TOKEN; export ACTIONS_RUNNER_INPUT_TOKEN; exec ./config.sh "$@" </dev/null';

/**
 * With a socket as standard input, as Node.js gives it, bash takes itself for the child of a remote shell and runs ~/.bashrc first,
 * although it is not interactive. The home is a job's, and the token is still to be read. config.sh itself has no such input.
 */
const BASH = ["/bin/bash", "--noprofile", "--norc", "-c"];

/**
 * Rejects with the end of its output, without the token.
 *
 * @param isolated adds what runs a command as the job's user in the folder; overridden by tests on machines without systemd
 */
export async function runConfigScript(
  config: ConfigScriptHost,
  folder: string,
  args: readonly string[],
  token: string,
  isolated = inOwnUnit,
): Promise<void> {
  const [file, ...words] = isolated(config, folder, [...BASH, WITH_TOKEN, "config.sh", ...args]) as [string, ...string[]];
  const begun = performance.now();
  await new Promise<void>((resolve, reject) => {
    const child = execFile(
      file,
      words,
      { cwd: folder, timeout: TIMEOUT_MS + MARGIN_MS, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (!error) return resolve();
        const said = `${stdout}\n${stderr}`.replaceAll(token, "***").trim().split("\n").filter(Boolean).slice(-3).join(" | ");
        const late = performance.now() - begun >= TIMEOUT_MS;
        reject(new Error(`config.sh: ${late ? `timed out after ${TIMEOUT_MS / 1000} s` : `exit code ${error.code}`}: ${said}`));
      },
    );
    // A command that ends before it has read the token is reported by its exit code.
    child.stdin?.on("error", () => undefined).end(`${token}\n`);
  });
}

/** A unit of its own for config.sh, which belongs to the job's user. */
export function inOwnUnit(config: ConfigScriptHost, folder: string, command: readonly string[]): string[] {
  const proxy = Object.entries(proxyVariables(config.proxy)).map(([name, value]) => `${name}=${value}`);
  const variables = [`PATH=${JOB_PATH}`, "LANG=C.UTF-8", `HOSTNAME=${hostname()}`, ...proxy];
  return ownUnit(config, { folder, seconds: TIMEOUT_MS / 1000, variables, name: UNIT }, command);
}
