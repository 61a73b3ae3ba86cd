/** Runs the official runner's config.sh as the job's user, in a unit of its own. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { workFolder } from "../../../contract/shared/host-paths";
import { proxyVariables } from "../../shared/proxy/variables";
import type { Imds } from "../../shared/ports/imds";
import { coverOf } from "../../shared/mounts";
import { ownUnit } from "./own-unit";
import type { Registrar } from "./ports/registrar";

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

export interface Account {
  uid: number;
  gid: number;
  home: string;
}

/** @param isolated adds what runs a command as the job's user in the folder; overridden by tests on machines without systemd */
export function registrar(config: HostConfig, imds: Imds, folder: string = PATHS.runner, isolated = inOwnUnit, proc = "/proc"): Registrar {
  return {
    async registered() {
      const path = join(folder, ".runner");
      // A file system of the job's user need not answer, and a termination must not wait for it.
      return coverOf([folder, path], proc) === undefined && existsSync(path);
    },
    async register(token) {
      const args = configArguments(config, await imds.instanceId());
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
    },
  };
}

/** A unit of its own for config.sh, which belongs to the job's user. */
export function inOwnUnit(config: HostConfig, folder: string, command: readonly string[]): string[] {
  const proxy = Object.entries(proxyVariables(config.proxy)).map(([name, value]) => `${name}=${value}`);
  const variables = [`PATH=${JOB_PATH}`, "LANG=C.UTF-8", `HOSTNAME=${hostname()}`, ...proxy];
  return ownUnit(config, { folder, seconds: TIMEOUT_MS / 1000, variables, name: UNIT }, command);
}

/**
 * Automatic updates stay on. With --disableupdate GitHub stops assigning jobs to a runner 30 days after a newer release,
 * and the pool would silently lose its runners. An update waits for the running job, and the drain handles the relaunch.
 */
export function configArguments(config: HostConfig, name: string): string[] {
  const args = ["--unattended", "--replace", "--url", config.githubUrl, "--name", name, "--work", workFolder(config) ?? "_work"];
  if (config.labels.length > 0) args.push("--labels", config.labels.join(","));
  if (config.noDefaultLabels && config.labels.length > 0) args.push("--no-default-labels");
  if (config.runnerGroup) args.push("--runnergroup", config.runnerGroup);
  return args;
}

/** The account from /etc/passwd; a user of a directory service is not supported. */
export function accountOf(user: string, passwd: string = readFileSync("/etc/passwd", "utf8")): Account {
  const line = passwd.split("\n").find((entry) => entry.startsWith(`${user}:`));
  if (!line) throw new Error(`runnerUser ${user}: no such local user; install.sh creates it`);
  const fields = line.split(":");
  return { uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? "/" };
}
