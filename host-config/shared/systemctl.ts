/** systemctl with a timeout: 20 s is far more than a healthy PID 1 needs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseUnitState, UNIT_PROPERTIES, type UnitState } from "./unit-state";

const run = promisify(execFile);
export const SYSTEMCTL_MS = 20_000;

export async function systemctl(...args: string[]): Promise<string> {
  return (await run("systemctl", args, { timeout: SYSTEMCTL_MS, killSignal: "SIGKILL" })).stdout;
}

/** For a stop that waits for a job, however long that takes. */
export async function runUnbounded(...args: string[]): Promise<void> {
  await run("systemctl", args);
}

export async function unitState(unit: string): Promise<UnitState> {
  return parseUnitState(unit, await systemctl("show", unit, `--property=${UNIT_PROPERTIES}`));
}
