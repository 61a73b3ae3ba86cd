/**
 * The idle stop: switches off a machine on which no job has been at work for idleStopTimeout, whatever GitHub, the run or its stop have
 * done or missed.
 *
 * Unit: ci-runners-idle.service, every 30 s by its timer.
 *
 * A job is at work as long as there is a Runner.Worker, which the runner starts for each; hooks write to a file besides, so that one
 * between two checks counts, too. A job can pretend either, and thereby gains what it has anyway: the machine until maxSession.
 *
 * The runner is drained first (drain.ts): GitHub may have given it a job a moment ago, of which nothing on the machine shows yet. If that
 * does not succeed, the next check tries again.
 *
 * Killed, or failing: the next check goes on with the state in /run. If none can run, maxSession ends the machine, and the reaper
 * stops it from outside.
 */
import { PERSISTENT_LOG, type PersistentHostConfig } from "../../../contract/persistent-runner/host";
import type { Log } from "../../shared/ports/log";

/** In seconds of the kernel's uptime, which no one sets. */
export interface IdleState {
  since: number;
  /** Time stamp of the hooks' file at the last check. */
  stamp?: number;
}

export interface IdleSigns {
  uptime: number;
  working: boolean;
  /** Of the file that hooks write. */
  stamp?: number;
  /** The boot still prepares the machine, or waits for its order. */
  booting: boolean;
  /** An operator has asked for the machine to stay. */
  debug: boolean;
}

export interface IdleHost {
  config: Pick<PersistentHostConfig, "idleStopTimeout">;
  log: Log;
  signs(): Promise<IdleSigns>;
  state: { get(): IdleState | undefined; set(state: IdleState): void };
  /** Resolves once no job is at work and none can come. */
  endRunner(): Promise<void>;
  powerOff(): Promise<void>;
}

/** @param before undefined at the first check of a boot */
function idleSince(before: IdleState | undefined, { uptime, working, stamp, booting, debug }: IdleSigns): number {
  const hooks = before !== undefined && stamp !== undefined && stamp !== before.stamp;
  return before === undefined || working || hooks || booting || debug ? uptime : before.since;
}

export async function checkIdle(host: IdleHost): Promise<"busy" | "idle" | "off"> {
  const { config, log, state } = host;
  const signs = await host.signs();
  const since = idleSince(state.get(), signs);
  state.set({ since, ...(signs.stamp !== undefined && { stamp: signs.stamp }) });
  const idle = signs.uptime - since;
  if (idle < config.idleStopTimeout) return idle === 0 ? "busy" : "idle";
  await host.endRunner();
  log.info(PERSISTENT_LOG.idleStop, { idle: Math.round(idle) });
  await host.powerOff();
  return "off";
}
