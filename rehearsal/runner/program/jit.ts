import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root";

/**
 * Writes the files of a just-in-time configuration into the runner's folder, in place of those that are there. As the official runner, it
 * takes the names of the files from the configuration, and what it contains as it is.
 *
 * @throws if it cannot be decoded
 */
export function writeJitConfiguration(encoded: string, root = ROOT): void {
  const files = JSON.parse(decoded(encoded).toString("utf8")) as Record<string, string>;
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), decoded(content));
}

/** Node.js ignores what is no base64. */
function decoded(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new Error("The input is not a valid Base-64 string as it contains a non-base 64 character.");
  }
  return Buffer.from(text, "base64");
}
