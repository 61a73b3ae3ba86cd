/** The shipper and its reader, which are other programs, as the agent sees them. Small: the completion loads it, and the drain's file with it. */
import { request } from "node:http";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostLogs } from "../ports/host-logs";
import type { Log } from "../ports/log";
import { systemctl } from "../systemctl";
import { LAST_FLUSH_MS } from "./bounds";

/** A shipper that is just being started again has no socket yet, or that of one which was killed. */
const RETRY_MS = 500;
/** Without a socket: there is no shipper, or it has ended in an orderly shutdown, in which it does not start again. */
const ABSENT_MS = 3_000;

export interface FlushOptions {
  socket?: string;
  boundMs?: number;
  absentMs?: number;
  run?: (...args: string[]) => Promise<string>;
}

/** Without `logs` there is no shipper to ask. */
export function hostLogs({ logs }: HostSetup, log: Log, options: FlushOptions = {}): HostLogs {
  if (logs === undefined) return { flush: async () => undefined, endReader: async () => undefined };
  const { socket = HOST_PATHS.logSocket, boundMs = LAST_FLUSH_MS, absentMs = ABSENT_MS, run = systemctl } = options;
  return {
    async flush() {
      const signal = AbortSignal.timeout(boundMs);
      const begun = performance.now();
      let reason = "";
      while (!signal.aborted) {
        try {
          const status = await post(socket, signal);
          if (status === 204) return;
          reason = `HTTP ${status}`;
          break;
        } catch (error) {
          if (signal.aborted && reason !== "") break;
          reason = String(error);
          if ((error as NodeJS.ErrnoException).code === "ENOENT" && performance.now() - begun >= absentMs) break;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      log.warn("the host's logs are not delivered up to now, going on without", { reason });
    },
    async endReader() {
      if (!logs.diagnostics) return;
      try {
        // Not kill: this waits until the unit has no process left.
        await run("stop", HOST_UNITS.diagnostics);
      } catch (error) {
        if (/not loaded/.test(String(error))) return;
        log.warn("the reader of the runner's diagnostic logs could not be ended", { error: String(error) });
      }
    },
  };
}

function post(socketPath: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method: "POST", path: "/", signal, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on("error", reject);
    call.end();
  });
}
