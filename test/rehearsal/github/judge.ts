import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServedGitHub } from "./fixture";
import { templateOf } from "./description";
import { differences, requestDifferences } from "./openapi";

/** A proxy before a stand-in that compares what a client sends, and what it receives, with GitHub's OpenAPI description. */
export interface Judge {
  /** Address for the client. */
  api: string;
  /** `METHOD template` of each request. */
  seen: string[];
  /** Differences from the description. */
  wrong: string[];
  close(): Promise<void>;
}

const PASSED = ["authorization", "x-github-api-version", "if-none-match"] as const;

export async function judged(served: ServedGitHub): Promise<Judge> {
  const seen: string[] = [];
  const wrong: string[] = [];
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url!, "http://loopback");
    const headers: Record<string, string> = { "content-type": "application/json" };
    for (const name of PASSED) if (request.headers[name] !== undefined) headers[name] = String(request.headers[name]);
    const answer = await fetch(`${served.api}${request.url}`, { method: request.method!, headers, ...(text ? { body: text } : {}) });
    const reply = await answer.text();
    const template = templateOf(request.method!, url.pathname);
    seen.push(`${request.method} ${template}`);
    if (template) {
      const body = text === "" ? undefined : JSON.parse(text);
      wrong.push(...requestDifferences(request.method!, template, url.pathname, url.searchParams, body));
      // GitHub's description names 304 for a few routes only; its documentation of conditional requests, for all.
      if (answer.status !== 304) {
        wrong.push(...differences(request.method!, template, answer.status, reply === "" ? undefined : JSON.parse(reply)));
      }
    }
    const passed = Object.fromEntries(
      ["etag", "link"].flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)!]] : [])),
    );
    response.writeHead(answer.status, { "content-type": "application/json", ...passed }).end(reply);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    seen,
    wrong,
    close: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
