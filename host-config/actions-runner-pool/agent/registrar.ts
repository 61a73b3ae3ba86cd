/** Runs the official runner's config.sh as the job's user. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { Imds } from "../../shared/ports/imds";
import type { Registrar } from "./ports/registrar";

/** config.sh makes only a few requests; 3 minutes mean that GitHub does not answer. */
const TIMEOUT_MS = 180_000;
/** config.sh writes this PATH to `.path`, from which the service and every job take theirs. */
const JOB_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Account {
  uid: number;
  gid: number;
  home: string;
}

export function registrar(config: HostConfig, imds: Imds, folder: string = PATHS.runner): Registrar {
  return {
    async registered() {
      return existsSync(join(folder, ".runner"));
    },
    async register(token) {
      const account = accountOf(config.runnerUser);
      const env = {
        PATH: JOB_PATH,
        HOME: account.home,
        USER: config.runnerUser,
        LANG: "C.UTF-8",
        HOSTNAME: hostname(),
        // config.sh reads any argument from such a variable. Any local user can read the arguments of a process.
        ACTIONS_RUNNER_INPUT_TOKEN: token,
      };
      const options = { cwd: folder, env, uid: account.uid, gid: account.gid, timeout: TIMEOUT_MS, killSignal: "SIGKILL" as const };
      const args = configArguments(config, await imds.instanceId());
      await new Promise<void>((resolve, reject) => {
        const child = execFile("./config.sh", args, options, (error, stdout, stderr) => {
          if (!error) return resolve();
          const said = `${stdout}\n${stderr}`.replaceAll(token, "***").trim().split("\n").filter(Boolean).slice(-3).join(" | ");
          const how = error.killed ? `timed out after ${TIMEOUT_MS / 1000} s` : `exit code ${error.code}`;
          reject(new Error(`config.sh: ${how}: ${said}`));
        });
        child.stdin?.end();
      });
    },
  };
}

/**
 * Automatic updates stay on. With --disableupdate GitHub stops assigning jobs to a runner 30 days after a newer release,
 * and the pool would silently lose its runners. An update waits for the running job, and the drain handles the relaunch.
 */
export function configArguments(config: HostConfig, name: string): string[] {
  const args = ["--unattended", "--replace", "--url", config.githubUrl, "--name", name, "--work", "_work"];
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
