/**
 * The hook server: receives the notifications of the job hooks, so that the daemon reads the job signs at once and not at
 * its next tick. It is a hint only: no job depends on it.
 *
 * Unit: part of the daemon's process (runner-agent.service). systemd opens the socket for runner-agent.socket:
 * /run/ci-runners/agent.sock, mode 0660, owned by root and the group of the job's user. The daemon listens on the file
 * descriptor that systemd passes, as long as it runs.
 *
 * Life cycle: the runner runs a job hook (units/hooks.ts) before a job's first step and after its last. The hook's curl
 * sends POST /job-started or POST /job-completed in the background. The server answers 202 and then calls `hint`; it
 * answers 404 to any other request.
 *
 * Killed: the socket belongs to systemd and stays open; connections wait until the next daemon accepts them, or until
 * the hook's curl gives up after 2 s. The job is not affected: a hook neither waits nor fails.
 *
 * AWS and the metadata: not used.
 *
 * Fallback: without a socket from systemd (the agent was started by hand) hooks reach no one, and the daemon sees the
 * job at its next tick.
 *
 * Headers name the run and the job (claim.ts). Any process that may write to the socket may send others.
 *
 * Bounds: 32 connections, 2,048 bytes of headers, 2 s for the headers and 2 s for the whole request. Node.js checks
 * these two times every 30 s only. The request's body is never read. The daemon serves one hint per 200 ms.
 *
 * Gotchas:
 *   - Any client may be a hostile job. A request must never do more than trigger a reading, and a log line that calls itself a claim.
 *   - Answer before the reading, so that no client waits for the daemon.
 *   - A broken request destroys its connection only; no error of a client may end the daemon.
 */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { AGENT_ROUTES } from "../../../contract/actions-runner-pool/host";

const ROUTES: readonly string[] = Object.values(AGENT_ROUTES);
/** The first file descriptor that systemd passes. */
const FIRST_SOCKET = 3;

export function hookServer(hint: (route: string, headers: IncomingHttpHeaders) => void): Server {
  const server = createServer({ maxHeaderSize: 2048, requestTimeout: 2_000, headersTimeout: 2_000 }, (request, response) => {
    const known = request.method === "POST" && ROUTES.includes(request.url ?? "");
    response.writeHead(known ? 202 : 404, { connection: "close" }).end();
    if (known) hint(request.url!, request.headers);
  });
  server.maxConnections = 32;
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

/** The socket from systemd; undefined if there is none because the agent was started by hand. */
export function inheritedSocket(env: NodeJS.ProcessEnv = process.env, pid: number = process.pid): number | undefined {
  return env.LISTEN_PID === String(pid) && Number(env.LISTEN_FDS) >= 1 ? FIRST_SOCKET : undefined;
}
