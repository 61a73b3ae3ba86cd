/** Docker as a boot needs it before it is ready: the engine answers, and nothing of an earlier job runs in it. */
import { existsSync, readFileSync } from "node:fs";
import { type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { ANSWER_BOUND_MS, answers, answersWithin } from "../../shared/docker/ping";
import type { HostClock } from "../../shared/ports/clock";
import type { Exec } from "../../shared/prepare/stage";
import { writeAtomically } from "../../shared/write-file";

/** Longer than systemd's bound of 300 s for the start of the rootless engine, which first deletes what containers left. */
const START_MS = 400_000;
const COMMAND_MS = 120_000;

/** Rejects with the reason. The runner's unit would wait for the engine, too, but only after the lease says that the machine is ready. */
export async function startEngine({ docker }: Pick<PersistentHostConfig, "docker">, exec: Exec, clock: HostClock): Promise<void> {
  if (docker !== "rootless") return;
  const { code, stderr } = await exec("systemctl", ["start", HOST_UNITS.docker], { timeoutMs: START_MS });
  if (code !== 0) throw new Error(`docker: ${HOST_UNITS.docker} did not start: ${stderr.trim().split("\n").at(-1)}`);
  if (!(await answersWithin(ANSWER_BOUND_MS, clock, () => answers(HOST_PATHS.engineSocket))))
    throw new Error(`docker: the engine does not answer within ${ANSWER_BOUND_MS / 1000} s`);
}

/**
 * Removes the containers that jobs have left in the system's engine, which starts those with a restart policy at each boot, and leaves a swarm, which
 * does so with its services. What the preparation has left stays: a setup script may start a service for jobs.
 */
export async function removeContainers(
  { docker }: Pick<PersistentHostConfig, "docker">,
  exec: Exec,
  path: string = PERSISTENT_PATHS.containers,
): Promise<void> {
  if (docker !== "root") return;
  const before = existsSync(path) ? readFileSync(path, "utf8").split("\n") : undefined;
  // Never prepared to the end with this engine: no job has had it.
  if (before === undefined) return;
  await docked(exec, "swarm", "leave", "--force").catch(() => undefined);
  const left = (await containers(exec)).filter((id) => !before.includes(id));
  if (left.length > 0) await docked(exec, "rm", "--force", "--volumes", ...left);
}

/** After a preparation. */
export async function recordContainers(
  { docker }: Pick<PersistentHostConfig, "docker">,
  exec: Exec,
  path: string = PERSISTENT_PATHS.containers,
): Promise<void> {
  if (docker !== "root") return;
  writeAtomically({ path, mode: 0o600, content: `${(await containers(exec)).join("\n")}\n` });
}

async function containers(exec: Exec): Promise<string[]> {
  return (await docked(exec, "ps", "--all", "--quiet", "--no-trunc")).split("\n").filter((id) => id !== "");
}

async function docked(exec: Exec, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await exec("docker", args, { timeoutMs: COMMAND_MS });
  if (code !== 0) throw new Error(`docker ${args[0]}: ${stderr.trim().split("\n").at(-1)}`);
  return stdout;
}
