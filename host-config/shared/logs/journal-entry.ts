/** Lines of `journalctl --output=json`, and its arguments. Pure. */
import { type LogEvent, textOf } from "./event";

/** `root`: what root's processes log, and systemd about the units. `others`: everyone else in these units, jobs above all. */
export type Writers = "root" | "others";

export interface JournalEntry {
  cursor: string;
  /** Undefined: the entry is not one of these writers'. */
  event?: LogEvent;
}

const FIELDS = "MESSAGE,_UID,_PID,_SYSTEMD_UNIT,UNIT";

/**
 * Two readers, so that a job that floods the journal keeps no line of root's waiting. Not `--unit=`, which selects more: the core
 * dumps of a unit are root's lines, of which a job can make any number. Without `--all` a field of 4 KiB or more is null: a job may log
 * 32 MB at once, which JSON makes 130.
 *
 * @param cursor of the last entry that is known; without one the current boot is read from its begin
 */
export function journalArguments(writers: Writers, units: readonly string[], cursor: string | undefined): string[] {
  const by = (field: string) => units.map((unit) => `${field}=${unit}`);
  return [
    ...["--output=json", `--output-fields=${FIELDS}`, "--quiet", "--no-pager"],
    cursor === undefined ? "--boot" : `--after-cursor=${cursor}`,
    ...(writers === "root" ? ["--all", "_UID=0", ...by("_SYSTEMD_UNIT"), "+", "_PID=1", ...by("UNIT")] : by("_SYSTEMD_UNIT")),
  ];
}

type Field = string | number[] | null;

/** Undefined if the line is no entry. */
export function parseEntry(line: string, writers: Writers): JournalEntry | undefined {
  let entry: Record<string, Field | Field[] | undefined>;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  const cursor = entry["__CURSOR"];
  if (typeof cursor !== "string") return undefined;
  const uid = Number(fieldText(entry["_UID"]) || Number.NaN);
  if ((uid === 0) !== (writers === "root")) return { cursor };
  const ofSystemd = writers === "root" && fieldText(entry["_PID"]) === "1";
  const source = (ofSystemd && fieldText(entry["UNIT"])) || fieldText(entry["_SYSTEMD_UNIT"]);
  const time = Math.round(Number(entry["__REALTIME_TIMESTAMP"]) / 1000);
  const message = entry["MESSAGE"] === null ? "(a line of 4 KiB or more)" : fieldText(entry["MESSAGE"]);
  return { cursor, event: { time, text: textOf({ source, uid, message }) } };
}

/** Bytes where the text is not printable, and a list where an entry has a field more than once. */
function fieldText(field: Field | Field[] | undefined): string {
  if (typeof field === "string") return field;
  if (!Array.isArray(field)) return "";
  if (field.every((one) => typeof one === "number")) return Buffer.from(field as number[]).toString("utf8");
  return (field as Field[]).map((one) => fieldText(one)).join("\n");
}
