import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
  /** Send the headers and half of the body, then nothing. */
  cutOff?: boolean;
}

/** `hang`: accept the request and never respond. */
export type Respond = (request: Seen) => Answer | "hang" | Promise<Answer | "hang">;

/** A real HTTP server on the loopback interface that records every request. */
export class LoopbackServer {
  readonly seen: Seen[] = [];
  private server!: Server;

  constructor(public respond: Respond) {}

  async start(): Promise<this> {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? "/", "http://loopback");
      const seen: Seen = {
        method: request.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      this.seen.push(seen);
      const answer = await this.respond(seen);
      if (answer === "hang") return;
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
      const status = answer.status ?? 200;
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...answer.headers });
      if (answer.cutOff) response.write(text.slice(0, text.length / 2));
      else response.end(status === 204 ? undefined : text);
    });
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `METHOD /path` of every request so far. */
  get calls(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  /** Cuts every connection, also that of an answer which is not complete. */
  cut(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
