import { monotonicClock } from "../clock";
import type { HostClock } from "../ports/clock";
import { PrepareError } from "../prepare/prepare-error";
import type { PrepareContext } from "../prepare/stage";
import { dataRootOf } from "./data-root";
import { ANSWER_BOUND_MS, answers, answersWithin } from "./ping";

export type DockerContext = Pick<PrepareContext, "setup" | "user" | "say" | "exec">;

/** Longer than systemd takes to stop an engine. */
const COMMAND_MS = 60_000;
const LAST_LINES = 3;

/** Units of engines of root's, from a package or a snap. Beside a rootless engine one would be behind the socket that programs expect. */
export const ROOTS_ENGINE = ["docker.socket", "docker.service", "containerd.service", "snap.docker.dockerd.service"];

/** What differs in tests. */
export interface EngineTimes {
  clock: HostClock;
  answers(socket: string): Promise<boolean>;
  dataRoot(socket: string): Promise<string | undefined>;
}

export const REAL_TIMES: EngineTimes = { clock: monotonicClock(), answers, dataRoot: dataRootOf };

/** Rejects with a PrepareError unless the engine answers within a minute. */
export async function awaitEngine({ exec }: DockerContext, unit: string, socket: string, times: EngineTimes): Promise<void> {
  if (await answersWithin(ANSWER_BOUND_MS, times.clock, () => times.answers(socket))) return;
  // Without what systemd says of it, which is as much at each of its restarts.
  const { stdout } = await exec("journalctl", [`_SYSTEMD_UNIT=${unit}`, "--lines", `${LAST_LINES}`, "--output", "cat", "--no-pager"], {
    timeoutMs: COMMAND_MS,
  });
  throw new PrepareError(`docker: the engine did not answer within ${ANSWER_BOUND_MS / 1000} s: ${stdout.trim() || "its unit has no log"}`);
}

/** A command of systemd, of the user's account or the like. Rejects with a PrepareError if it fails. */
export async function succeed({ exec }: DockerContext, file: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await exec(file, args, { timeoutMs: COMMAND_MS });
  if (code === 0) return stdout;
  const last = stderr.trim().split("\n").at(-1);
  throw new PrepareError(`docker: ${file} ${args.join(" ")}: exit code ${code}: ${last}`);
}

/** Not by systemd's own restart, which cannot be waited for here: what answers next might be the engine that is about to stop. */
export async function restart(context: DockerContext, ...units: string[]): Promise<void> {
  await succeed(context, "systemctl", "stop", ...units);
  // The bootstrap may itself run before what the units are ordered after.
  await succeed(context, "systemctl", "start", "--no-block", ...units);
}

/** Those of the units that the machine has, from its image or from a package. */
export async function presentUnits({ exec }: DockerContext, ...units: string[]): Promise<string[]> {
  // Exits with 1 if there is none.
  const { stdout } = await exec("systemctl", ["list-unit-files", "--no-legend", "--no-pager", ...units], { timeoutMs: COMMAND_MS });
  const states = new Map(stdout.split("\n").map((line) => line.trim().split(/\s+/) as [string, string]));
  return units.filter((unit) => states.has(unit) && states.get(unit) !== "masked");
}
