/**
 * Answers a POST once everything up to then is delivered, for the program that is about to end the machine. Root's alone, by the
 * socket's mode.
 */
import { chmodSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { FLUSH_GIVEN_UP_MS } from "./bounds";

/** @param flush resolves with whether it succeeded before the signal */
export function flushServer(flush: (signal: AbortSignal) => Promise<boolean>): Server {
  return createServer((request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const given = new AbortController();
    response.on("close", () => given.abort());
    flush(AbortSignal.any([given.signal, AbortSignal.timeout(FLUSH_GIVEN_UP_MS)]))
      .then((delivered) => response.writeHead(delivered ? 204 : 504).end())
      .catch(() => response.destroy());
  });
}

export async function listenOn(server: Server, path: string): Promise<void> {
  // Left there by a shipper that was killed.
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  chmodSync(path, 0o600);
}
