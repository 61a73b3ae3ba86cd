/** Fault tests that fill the table in docs/faults.md: `fault()` defines a test, and its observations become a row. */
import { FaultRows } from "./fault-rows";
import type { FaultName } from "./required";

export type { See } from "./fault-rows";

const ROWS = new FaultRows<FaultName>();
export const { fault, defined: definedRows, seen: seenRows } = ROWS;

/** "1 job", "2 jobs", "no job": counts in words, so that rows are worded alike. */
export function count(number: number, noun: string): string {
  return number === 0 ? `no ${noun}` : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
