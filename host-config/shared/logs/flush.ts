/** Asks the shipper, which is another program, to deliver everything up to now. Small: the completion loads it, and the drain's file with it. */
import { request } from "node:http";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostLogs } from "../ports/host-logs";
import type { Log } from "../ports/log";

/** A termination waits this long for its logs, and no longer. */
const BOUND_MS = 10_000;
/** A shipper that is just being started again has no socket yet. */
const RETRY_MS = 500;

export interface FlushOptions {
  socket?: string;
  boundMs?: number;
}

/** Without `logs` there is no shipper to ask. */
export function hostLogs({ logs }: HostSetup, log: Log, options: FlushOptions = {}): HostLogs {
  if (logs === undefined) return { flush: async () => undefined };
  const { socket = HOST_PATHS.logSocket, boundMs = BOUND_MS } = options;
  return {
    async flush() {
      const signal = AbortSignal.timeout(boundMs);
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
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      log.warn("the host's logs are not delivered up to now, going on without", { reason });
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
