/** The SSM agent starts at boot, before there is a drop-in with its proxy. Later boots need nothing of this. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { HostProxy } from "../../../contract/shared/host-setup";
import type { Log } from "../ports/log";
import { SSM_AGENTS } from "./files";

/** Only queues the restart. */
const TIMEOUT_MS = 20_000;

type Run = (file: string, args: string[], options: { timeout: number }) => Promise<unknown>;

/** Never rejects: an image has one of the agents or none, and no launch depends on them. */
export async function restartSsmAgent(proxy: HostProxy | undefined, log: Pick<Log, "info">, run: Run = promisify(execFile)): Promise<void> {
  if (!proxy?.awsByProxy) return;
  for (const unit of SSM_AGENTS) {
    try {
      await run("systemctl", ["try-restart", "--no-block", unit], { timeout: TIMEOUT_MS });
    } catch (error) {
      log.info("no SSM agent was restarted for the proxy", { unit, error: String(error) });
    }
  }
}
