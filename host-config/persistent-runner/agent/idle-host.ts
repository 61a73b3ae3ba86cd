/** The ports of the idle stop on a real machine. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { monotonicClock } from "../../shared/clock";
import { jsonLog } from "../../shared/json-log";
import { runUnbounded, unitState } from "../../shared/systemctl";
import type { IdleHost, IdleState } from "./idle";
import { isWorking, powerOff, uptime } from "./machine";
import { activity } from "./activity";
import { drain } from "./drain";
import { fence } from "./fence";

export function idleHost(config: PersistentHostConfig): IdleHost {
  return {
    config,
    log: jsonLog("idle"),
    signs: async () => ({
      uptime: uptime(),
      working: isWorking(),
      stamp: activity().stamp,
      booting: (await unitState(PERSISTENT_UNITS.boot)).active === "activating",
      debug: existsSync(PERSISTENT_PATHS.debug),
    }),
    state: idleState(),
    // The unit of a runner of several jobs drains itself; one of a single job ends with that job, so it is only kept from a new one.
    endRunner: () =>
      config.registration === "service"
        ? runUnbounded("stop", PERSISTENT_UNITS.runner)
        : drain({ clock: monotonicClock(), log: jsonLog("drain"), working: isWorking, ...fence(config) }),
    powerOff,
  };
}

/** In /run, which is empty at each boot. A state that cannot be read starts anew: it costs another idleStopTimeout. */
function idleState(): IdleHost["state"] {
  return {
    get() {
      try {
        return JSON.parse(readFileSync(PERSISTENT_PATHS.idle, "utf8")) as IdleState;
      } catch {
        return undefined;
      }
    },
    set: (state) => writeFileSync(PERSISTENT_PATHS.idle, JSON.stringify(state)),
  };
}
