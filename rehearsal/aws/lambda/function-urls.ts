import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../clock";
import type { DeployedResource, ResourceStore } from "../api";
import { SOURCE_IP_HEADER } from "../front/front-handler";
import { matchesAction } from "../iam/match";
import { functionUrlEvent, type UrlRequest } from "./function-url-event";
import { badGateway, ownReply, replyOf, type UrlReply } from "./function-url-reply";
import { SYNCHRONOUS_BYTES, tooLarge } from "./payload";
import type { LambdaRuntime } from "./runtime";

const FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl";
const PERMISSION = "aws:lambda/permission:Permission";

export interface FunctionUrlOptions {
  clock: Pick<Clock, "now">;
  store: ResourceStore;
  runtime: Pick<LambdaRuntime, "exists" | "atLimit" | "invoke" | "newRequestId">;
  onDefect(error: unknown): void;
}

/** The public addresses of functions. Each request invokes the function and waits for its response. */
export class FunctionUrls {
  /** Lambda's own availability, for scenarios of an outage. */
  readonly settings = { unavailable: false };

  constructor(private readonly options: FunctionUrlOptions) {}

  /** One request, as it arrives from anywhere in the Internet. Does not reject if the function fails. */
  async request(request: UrlRequest): Promise<UrlReply> {
    const { clock, runtime } = this.options;
    if (this.settings.unavailable) return ownReply(503, "Service Unavailable");
    const url = this.deployed(new URL(request.url).hostname);
    if (!url) return ownReply(404, null);
    const functionName = nameOf(url.state["functionName"]);
    if (url.state["authorizationType"] !== "NONE" || !this.permitted(functionName)) return ownReply(403, "Forbidden");
    const requestId = runtime.newRequestId();
    const event = functionUrlEvent(request, requestId, clock.now());
    if (Buffer.byteLength(JSON.stringify(event)) > SYNCHRONOUS_BYTES) return ownReply(413, tooLarge(SYNCHRONOUS_BYTES));
    if (!runtime.exists(functionName)) return ownReply(404, null);
    if (runtime.atLimit(functionName)) return ownReply(429, "Rate Exceeded.");
    const outcome = await runtime.invoke(functionName, event, requestId);
    return "error" in outcome ? badGateway() : replyOf(outcome.result);
  }

  /** Serves the URLs' host names. */
  readonly handler = (req: IncomingMessage, res: ServerResponse): void => {
    this.serve(req)
      .then(({ status, headers, body }) => {
        res.writeHead(status, { ...headers, "content-length": String(body.length) });
        res.end(req.method === "HEAD" ? undefined : body);
      })
      .catch((error: unknown) => {
        this.options.onDefect(error);
        res.destroy();
      });
  };

  private async serve(req: IncomingMessage): Promise<UrlReply> {
    const body = await readBody(req);
    if (!body) return ownReply(413, tooLarge(SYNCHRONOUS_BYTES));
    const { [SOURCE_IP_HEADER]: vouched, ...headers } = req.headers;
    return this.request({
      method: req.method ?? "GET",
      url: `https://${(req.headers.host ?? "").replace(/:\d+$/, "")}${req.url}`,
      headers,
      body,
      sourceIp: typeof vouched === "string" ? vouched : (req.socket.remoteAddress ?? "127.0.0.1"),
    });
  }

  private deployed(host: string): DeployedResource | undefined {
    return this.options.store.list(FUNCTION_URL).find(({ state }) => new URL(String(state["functionUrl"])).hostname === host);
  }

  /**
   * A public URL needs two statements in the function's policy: one for the URL, and one for the invocation that it leads to. Each
   * may be limited to this use, but to nothing that an anonymous request lacks.
   */
  private permitted(functionName: string): boolean {
    const open = this.options.store
      .list(PERMISSION)
      .map(({ state }) => state)
      .filter((state) => nameOf(state["function"]) === functionName && state["principal"] === "*")
      .filter(({ sourceArn, sourceAccount, principalOrgId }) => !sourceArn && !sourceAccount && !principalOrgId);
    const allows = (action: string, holds: (state: Record<string, any>) => boolean) =>
      open.some((state) => matchesAction(String(state["action"]), action) && holds(state));
    return (
      allows("lambda:InvokeFunctionUrl", ({ functionUrlAuthType = "NONE" }) => functionUrlAuthType === "NONE") &&
      // Without the condition the function itself would be open to everyone, but its URL works.
      allows("lambda:InvokeFunction", ({ functionUrlAuthType = "NONE" }) => functionUrlAuthType === "NONE")
    );
  }
}

function nameOf(reference: unknown): string {
  return String(reference).split(":function:").pop()?.split(":")[0] ?? "";
}

/** Undefined if it is larger than Lambda takes. The rest is read and dropped, so that the caller gets the answer. */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= SYNCHRONOUS_BYTES) chunks.push(chunk);
  }
  return size <= SYNCHRONOUS_BYTES ? Buffer.concat(chunks) : undefined;
}
