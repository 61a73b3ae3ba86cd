/**
 * The rootless engine, as the agent needs it between two services of a runner. Its containers are of the job's user, but in the
 * engine's unit: neither the kill of the runner's unit nor that of the user's slice reaches them.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import type { HostClock } from "../ports/clock";
import type { Engine } from "../ports/engine";
import type { Log } from "../ports/log";
import { systemctl } from "../systemctl";
import { deleteAllButCache } from "./kept-data";
import { ANSWER_BOUND_MS, answers, answersWithin } from "./ping";

export interface EngineHost {
  /** In /run: a runner has started with this engine, so jobs may have left containers. */
  mark: string;
  systemctl(...args: string[]): Promise<unknown>;
  answers(): Promise<boolean>;
  deleteAllButCache(setup: HostSetup, log: Log): Promise<void>;
}

const ON_THIS_HOST: EngineHost = {
  mark: "/run/ci-runners/engine-used",
  systemctl,
  answers: () => answers(HOST_PATHS.engineSocket),
  deleteAllButCache,
};

/** @param host replaced by tests */
export function engine(setup: HostSetup, clock: HostClock, log: Log, host: EngineHost = ON_THIS_HOST): Engine {
  if (setup.docker !== "rootless") return { settle: async () => undefined, reset: async () => undefined };
  /** All at once: a container that notices the end of another one might act. systemd then starts the engine again, unless it is to stop. */
  const kill = () => host.systemctl("kill", "--signal=SIGKILL", HOST_UNITS.docker);
  return {
    async settle() {
      // Not at the first start: the setup script may have pulled images, and a start that is tried again must not start over.
      const used = existsSync(host.mark);
      if (used) {
        await kill();
        rmSync(host.mark, { force: true });
      }
      if (!(await answersWithin(ANSWER_BOUND_MS, clock, host.answers)))
        throw new Error(`the engine of jobs (${HOST_UNITS.docker}) does not answer within ${ANSWER_BOUND_MS / 1000} s`);
      writeFileSync(host.mark, "");
      if (used) log.info("engine settled");
    },
    async reset() {
      await kill();
      await host.systemctl("stop", HOST_UNITS.docker);
      await host.deleteAllButCache(setup, log);
      rmSync(host.mark, { force: true });
    },
  };
}
