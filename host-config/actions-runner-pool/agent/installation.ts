/**
 * Which instance this machine was installed as. An image made from a machine of a pool carries everything that a runner is:
 * its registration, its configuration and its enabled agent. So the agent of such a copy waits for the copy's own installation.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { HostClock } from "../../shared/ports/clock";
import type { Imds } from "../../shared/ports/imds";
import type { Log } from "../../shared/ports/log";

const POLL_MS = 1_000;

export interface Installation {
  /** The instance id; undefined if no installation has finished. */
  on(): string | undefined;
  record(instanceId: string): void;
  forget(): void;
}

/** @param path overridden by tests */
export function installation(path: string = PATHS.installedOn): Installation {
  return {
    on() {
      try {
        return readFileSync(path, "utf8").trim();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    record: (instanceId) => writeFileSync(path, `${instanceId}\n`, { mode: 0o644, flush: true }),
    forget: () => rmSync(path, { force: true }),
  };
}

export interface InstallationHost {
  imds: Pick<Imds, "instanceId">;
  clock: HostClock;
  log: Log;
}

/** Resolves once this machine is installed: with whether it was from the start, so that the configuration read before is valid. */
export async function awaitInstallation({ imds, clock, log }: InstallationHost, installed: Pick<Installation, "on">): Promise<boolean> {
  let copy = false;
  let silent = false;
  for (;;) {
    const id = await imds.instanceId().catch((error: unknown) => {
      if (!silent) log.warn("instance metadata does not answer, so the agent cannot start yet", { error: String(error) });
      silent = true;
    });
    if (id !== undefined) {
      const on = installed.on();
      if (on === id) return !copy;
      if (!copy) log.warn("this machine was not installed as this instance, waiting for its installation", { installedOn: on });
      copy = true;
    }
    await clock.sleep(POLL_MS);
  }
}
