/** Where the system's own engine keeps images and containers. */
import { readFileSync } from "node:fs";
import { request } from "node:http";

/** Where an image moves it. */
export const DOCKER_CONFIG = "/etc/docker/daemon.json";
/** It counts images and containers first. */
const ANSWER_MS = 10_000;
const LONGEST = 1_048_576;

/** Root's own file. One that cannot be read or parsed keeps the engine from starting, and one without it leaves the engine its default. */
export function configuredDataRoot(path = DOCKER_CONFIG): string | undefined {
  try {
    const root = (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> | null)?.["data-root"];
    return typeof root === "string" && root.startsWith("/") ? root : undefined;
  } catch {
    return undefined;
  }
}

/** What a running engine says, however it was configured. Undefined if it does not. Never rejects. */
export function dataRootOf(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path: "/info", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.length > LONGEST) end(undefined);
      });
      response.on("end", () => end(rootIn(text))).on("error", () => end(undefined));
    });
    const timer = setTimeout(() => end(undefined), ANSWER_MS);
    const end = (root: string | undefined) => {
      clearTimeout(timer);
      asked.destroy();
      resolve(root);
    };
    asked.on("error", () => end(undefined)).end();
  });
}

function rootIn(text: string): string | undefined {
  try {
    const root = (JSON.parse(text) as Record<string, unknown> | null)?.DockerRootDir;
    return typeof root === "string" ? root : undefined;
  } catch {
    return undefined;
  }
}
