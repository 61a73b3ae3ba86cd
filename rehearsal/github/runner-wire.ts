import type { GitHubCredentials } from "./github-credentials";
import { type GitHubRequest, HttpError, type GitHubReply } from "./http";
import { type Completion, ProtocolError, PROTOCOL_ERRORS, type Report } from "./messages";
import type { Protocol } from "./protocol";
import type { JobQueue } from "./queue";
import type { Runner, Runners, Registration } from "./runners";

/** A host's registration request, over HTTP or direct. */
export interface RegistrationRequest extends Omit<Registration, "scope"> {
  /** `https://github.com/ORG` or `https://github.com/OWNER/REPO`. */
  url: string;
  token: string;
}

export interface RegisteredRunner {
  runnerId: number;
  name: string;
  clientId: string;
  clientSecret: string;
}

/** The runner protocol over HTTP, as called by `config.sh`, the listener and the worker of the runner stand-in. */
export class RunnerWire {
  constructor(
    private readonly credentials: GitHubCredentials,
    private readonly runners: Runners,
    private readonly queue: JobQueue,
    private readonly protocol: Protocol,
  ) {}

  /** Throws InvalidToken, RunnerExists or GroupNotFound. */
  register(request: RegistrationRequest): RegisteredRunner {
    const scope = scopeOfUrl(request.url);
    this.credentials.checkRegistrationToken(request.token, scope, "register");
    const { url: _url, token: _token, ...rest } = request;
    const runner = this.runners.register({ ...rest, scope });
    const { id, name, clientId, clientSecret } = runner;
    return { runnerId: id, name, clientId, clientSecret };
  }

  /** `config.sh remove`. Throws InvalidToken, RunnerNotFound, or RunnerBusy while the runner runs a job. */
  unregister(request: { url: string; token: string; runnerId: number }): void {
    this.credentials.checkRegistrationToken(request.token, scopeOfUrl(request.url), "remove");
    this.runners.remove(this.runners.require(request.runnerId));
  }

  /** Undefined when the path does not belong to the protocol. */
  async handle(call: GitHubRequest, path: string): Promise<GitHubReply | undefined> {
    try {
      return await this.act(call, path);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new HttpError(PROTOCOL_ERRORS[error.code], error.message, { code: error.code });
    }
  }

  private async act(call: GitHubRequest, path: string): Promise<GitHubReply | undefined> {
    switch (`${call.method} ${path}`) {
      case "POST /actions/runners/register":
        return reply(201, this.register({ ...(call.body as unknown as RegistrationRequest), token: bearer(call) }));
      case "POST /actions/runners/unregister": {
        const { url, runnerId } = call.body as { url: string; runnerId: number };
        this.unregister({ url, runnerId, token: bearer(call) });
        return { status: 204 };
      }
      case "POST /_runner/session":
        return reply(200, this.protocol.createSession({ runnerId: this.runner(call).id }));
      case "DELETE /_runner/session":
        this.protocol.deleteSession({ sessionId: session(call) });
        return { status: 204 };
      case "GET /_runner/message": {
        const status = call.query.get("status") === "Busy" ? "Busy" : "Online";
        this.noteVersion(call);
        const message = await this.protocol.poll({ sessionId: session(call), status, signal: call.signal });
        return message ? reply(200, message) : { status: 202 };
      }
      case "POST /_runner/acknowledge":
        this.protocol.acknowledge({ sessionId: session(call), jobId: jobId(call) });
        return { status: 204 };
      case "POST /_run/acquirejob":
        return reply(200, this.protocol.acquire({ runnerId: this.runner(call).id, jobId: jobId(call) }));
      case "POST /_run/renewjob":
        this.job(call);
        return reply(200, this.protocol.renew({ jobId: jobId(call) }));
      case "POST /_run/report":
        this.job(call);
        this.protocol.report(call.body as unknown as Report);
        return { status: 204 };
      case "POST /_run/completejob":
        this.job(call);
        this.protocol.complete(call.body as unknown as Completion);
        return { status: 204 };
      default:
        return undefined;
    }
  }

  /** The runner that the call's credentials belong to. Throws InvalidClient when it was deleted. */
  private runner(call: GitHubRequest): Runner {
    const [clientId, secret] = bearer(call).split(":");
    const runner = this.runners.byClient(clientId ?? "");
    if (runner && runner.clientSecret === secret) return runner;
    throw new ProtocolError("InvalidClient", "invalid_client: the runner's registration has been deleted.");
  }

  /** A runner that has updated itself is listed with its new version from its next poll on. */
  private noteVersion(call: GitHubRequest): void {
    const runner = this.runners.byClient(bearer(call).split(":")[0] ?? "");
    const version = call.query.get("runnerVersion");
    if (runner && version) runner.version = version;
  }

  private job(call: GitHubRequest): void {
    if (this.queue.known.get(jobId(call)).token !== bearer(call)) throw new ProtocolError("Unauthorized", "Unauthorized");
  }
}

function reply(status: number, body: unknown): GitHubReply {
  return { status, body };
}

function bearer(call: GitHubRequest): string {
  return call.authorization.replace(/^(bearer|remoteauth)\s+/i, "");
}

function session(call: GitHubRequest): string {
  return call.query.get("sessionId") ?? "";
}

function jobId(call: GitHubRequest): string {
  return String(call.body.jobId ?? "");
}

/** `https://HOST/ORG` or `https://HOST/OWNER/REPO` to its scope. */
function scopeOfUrl(url: string): string {
  return new URL(url).pathname.replace(/^\/+|\/+$/g, "");
}
