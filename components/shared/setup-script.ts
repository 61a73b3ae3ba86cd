/** The setup script of a pool, from the text or the file that `setupScript` gives. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { TextDecoder } from "node:util";
import { isScriptText } from "../../contract/shared/setup-script";
import { sha256 } from "./sha256";

/** Bytes: some hundred times a usual script, and far below what the engine's state can hold. */
export const SCRIPT_LIMIT_BYTES = 262_144;

export interface SetupScript {
  /** Cut after SCRIPT_LIMIT_BYTES + 1 bytes; undefined if these are no UTF-8. */
  text: string | undefined;
  bytes: number;
  /** In hex; part of its object's key. */
  sha256: string;
}

/** The file that `setupScript` names, relative to the program's working directory; undefined for a text. */
export function scriptFile(given: string): string | undefined {
  return isScriptText(given) ? undefined : resolve(given);
}

/** Read once, so that what is checked is what is uploaded. Undefined without a script, and for a file that cannot be read. */
export function setupScriptOf(given: string | undefined): SetupScript | undefined {
  // A program in JavaScript may give anything; the rules refuse it.
  if (typeof given !== "string") return undefined;
  const file = scriptFile(given);
  const content = file === undefined ? Buffer.from(given) : contentOf(file);
  return content && { text: utf8(content), bytes: content.length, sha256: sha256(content) };
}

/** At most one byte more than the limit: the file may be any. */
function contentOf(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    // A pipe without a writer would block the program for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return undefined;
    const content = Buffer.alloc(SCRIPT_LIMIT_BYTES + 1);
    return content.subarray(0, readSync(descriptor, content, 0, content.length, 0));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function utf8(content: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}
