import { deflateRawSync } from "node:zlib";

/** A file's local header, data descriptor and directory entry, and the end of the directory, without names. */
const HEADERS = 30 + 16 + 46 + 22;

/** Bytes of a zip with this one file, deflated. The real archive may use another compression level, a difference of a few percent. */
export function zipSize(name: string, content: Buffer): number {
  return HEADERS + 2 * Buffer.byteLength(name) + deflateRawSync(content).length;
}
