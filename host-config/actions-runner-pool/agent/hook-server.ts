/**
 * The socket that the job hooks speak to. The job's user can write anything to it, so it takes nothing but "look now",
 * answers before it looks, and bounds everything.
 */
import { createServer, type Server } from "node:http";
import { AGENT_ROUTES } from "../../../contract/actions-runner-pool/host";

const ROUTES: readonly string[] = Object.values(AGENT_ROUTES);
/** systemd passes sockets from this descriptor on. */
const FIRST_SOCKET = 3;

export function hookServer(hint: (route: string) => void): Server {
  const server = createServer({ maxHeaderSize: 2048, requestTimeout: 2_000, headersTimeout: 2_000 }, (request, response) => {
    const known = request.method === "POST" && ROUTES.includes(request.url ?? "");
    response.writeHead(known ? 202 : 404, { connection: "close" }).end();
    if (known) hint(request.url!);
  });
  server.maxConnections = 32;
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

/** Undefined where systemd passed none (the agent was started by hand): hooks then find nobody, and ticks see the jobs. */
export function inheritedSocket(env: NodeJS.ProcessEnv = process.env, pid: number = process.pid): number | undefined {
  return env.LISTEN_PID === String(pid) && Number(env.LISTEN_FDS) >= 1 ? FIRST_SOCKET : undefined;
}
