/** Tests of faults that fill the table in docs/faults.md: `fault()` defines one, and what it sees is its row. */
import assert from "node:assert/strict";
import type { SeenRow, Where } from "./document";
import type { FaultName } from "./required";

export interface FaultRow {
  fault: FaultName;
  /** What must be so, as a clause: "the drain goes on and the job succeeds". With the fault it is the test's title. */
  expected: string;
  where: Where;
}

/**
 * Adds a fact to the row. It must be measured (counts, states, outcomes), and the same in each run: no ids, no raw
 * times; a duration as what it was bounded by ("within 60 s").
 */
export type See = (fact: string) => void;

type Body = (see: See, context: Mocha.Context) => void | Promise<void>;

const defined = new Map<string, FaultRow>();
const seen = new Map<string, SeenRow>();

/** Defines the test of one row. It must assert by itself what `expected` says; `see` only writes down. */
export function fault(row: FaultRow, body: Body): Mocha.Test {
  const key = `${row.fault} (${row.where})`;
  assert.ok(!defined.has(key), `${key}: two tests for one row`);
  defined.set(key, row);
  return it(`${row.fault}: ${row.expected}`, async function () {
    const facts: string[] = [];
    await body((fact) => facts.push(fact), this);
    assert.ok(facts.length > 0, `${key}: a row must say what was seen`);
    seen.set(key, { ...row, seen: facts.join("; ") });
  });
}

/** Rows of the test files that are loaded, run or not. */
export function definedRows(): FaultRow[] {
  return [...defined.values()];
}

/** Rows whose tests have passed so far. */
export function seenRows(): SeenRow[] {
  return [...seen.values()];
}

/** "1 job", "2 jobs", "no job": counts in words, so that rows read alike. */
export function count(number: number, noun: string): string {
  return number === 0 ? `no ${noun}` : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
