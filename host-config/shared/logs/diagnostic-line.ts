/**
 * What the reader of the runner's diagnostic logs and the shipper say to each other, one line each. The reader has the uid of jobs,
 * so that all that it says may be a job's: the shipper takes only what has this form, and nothing of it decides anything. Pure.
 */

/** The runner's own names. It has folders beside them with the output of steps, which are not delivered. */
const FILE_NAME = /^(Runner|Worker|SelfUpdate)[\w.-]{0,100}$/;

/** Bytes of a line, so that its event stays below LONGEST_EVENT with most texts. */
export const LONGEST_LINE = 32 * 1024;
/** Of a line of the reader, with name and offset. */
export const LONGEST_REPLY = LONGEST_LINE + 256;
/** Files whose offsets are remembered. A runner keeps a month of them, of which the newest grow. */
export const MOST_FILES = 200;

export type Offsets = Record<string, number>;

export interface DiagnosticLine {
  file: string;
  /** Of the byte after the line. */
  offset: number;
  text: string;
}

export function isDiagnosticFile(name: string): boolean {
  return FILE_NAME.test(name);
}

export function formatLine({ file, offset, text }: DiagnosticLine): string {
  return `${file}\t${offset}\t${text}\n`;
}

/** The reader has passed over all files since it was asked with this token. */
export function formatSync(token: string): string {
  return `\t\t${token}\n`;
}

/** Undefined for anything else. */
export function parseReply(line: string): DiagnosticLine | { synced: string } | undefined {
  const [, file, offset, text] = /^([^\t]*)\t(\d{0,15})\t(.*)$/s.exec(line) ?? [];
  if (file === undefined || text === undefined) return undefined;
  if (file === "" && offset === "") return { synced: text };
  return isDiagnosticFile(file) && offset !== "" ? { file, offset: Number(offset), text } : undefined;
}

/** The newest files' offsets, by the order in which they were set. */
export function withOffset(offsets: Offsets, { file, offset }: DiagnosticLine): Offsets {
  const { [file]: _, ...others } = offsets;
  const all = Object.entries({ ...others, [file]: offset });
  return Object.fromEntries(all.slice(-MOST_FILES));
}

export function parseOffsets(text: string | undefined): Offsets {
  try {
    const entries = Object.entries(JSON.parse(text ?? "{}") as object);
    return Object.fromEntries(entries.filter(([file, offset]) => isDiagnosticFile(file) && Number.isSafeInteger(offset)));
  } catch {
    return {};
  }
}
