import type { IncomingMessage, ServerResponse } from "node:http";
import type { GitHubFaults } from "./github-faults";
import { GITHUB_HOSTS, type GitHubOptions } from "./github-options";
import { errorReply, type GitHubReply, type GitHubRequest, HttpError, readGitHubRequest, send } from "./http";
import { PROTOCOL_ERRORS, ProtocolError } from "./messages";
import type { WorkflowTokens } from "./oidc/workflow-tokens";
import type { Outage } from "./outage";
import { serveRelease } from "./releases";
import type { Rest } from "./rest";
import type { RunnerWire } from "./runner-wire";

/** Marks where HTTP would lose its connection without a reply. */
class ConnectionCut extends Error {}

/** Receives every request, with or without a socket: applies the faults, and finds the part of GitHub that it is for. */
export class GitHubFront {
  constructor(
    private readonly options: GitHubOptions,
    private readonly faults: GitHubFaults,
    private readonly outage: Outage,
    private readonly wire: RunnerWire,
    private readonly rest: Rest,
    private readonly tokens: WorkflowTokens,
  ) {}

  /** Rejects with ConnectionCut where HTTP would lose its connection. */
  async request(call: GitHubRequest, wait: (ms: number) => Promise<void>): Promise<GitHubReply> {
    return (await this.respond(call, wait)) ?? errorReply(new HttpError(404, "Not Found"));
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const call = await readGitHubRequest(req, res, this.options.baseUrl, GITHUB_HOSTS);
      const reply = await this.respond(call, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
      if (reply) return send(res, reply);
      if (serveRelease(call, res, this.options)) return;
      throw new HttpError(404, "Not Found");
    } catch (error) {
      if (error instanceof ConnectionCut) return void req.socket.destroy();
      send(res, errorReply(asHttpError(error)));
    }
  }

  /** Undefined when the path belongs to neither the API nor the runner protocol. */
  private async respond(call: GitHubRequest, wait: (ms: number) => Promise<void>): Promise<GitHubReply | undefined> {
    try {
      const fault = this.faults.take(call.method, call.host, call.path);
      if (fault?.kind === "down") throw new ConnectionCut(`${call.method} ${call.host}${call.path}: the connection was cut`);
      if (fault?.kind === "hang") await new Promise(() => undefined);
      if (fault?.kind === "slow") await wait(fault.ms);
      if (fault?.kind === "status") {
        throw new HttpError(fault.status, fault.message ?? "Injected fault", {}, fault.headers);
      }
      const isKnown = (GITHUB_HOSTS as readonly string[]).includes(call.host);
      const isApi = call.host === "api.github.com" || (!isKnown && call.path.startsWith("/api/v3/"));
      if (isApi && this.outage.isAway) throw new HttpError(503, "Service unavailable");
      const path = isApi && !isKnown ? call.path.slice("/api/v3".length) : call.path;
      const served = isKnown ? call : { ...call, path, origin: `${call.origin}/api/v3` };
      const reply = this.tokens.handle(call) ?? (await this.wire.handle(call, path)) ?? (isApi ? this.rest.handle(served) : undefined);
      if (fault?.kind === "lost") await new Promise(() => undefined);
      return reply;
    } catch (error) {
      if (error instanceof ConnectionCut) throw error;
      return errorReply(asHttpError(error));
    }
  }
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof ProtocolError) return new HttpError(PROTOCOL_ERRORS[error.code], error.message);
  return new HttpError(500, `The GitHub stand-in failed: ${error instanceof Error ? error.stack : String(error)}`);
}
