/** Fault tests that fill the table in docs/faults.md: `fault()` defines a test, and its observations become a row. */
import assert from "node:assert/strict";
import type { SeenRow, Where } from "./document";
import type { FaultName } from "./required";

export interface FaultRow {
  fault: FaultName;
  /** The expected behaviour as a clause: "the drain continues and the job succeeds". Part of the test's title. */
  expected: string;
  where: Where;
}

/**
 * Adds a fact to the row. It must be measured (counts, states, outcomes) and the same in every run: no ids, no raw
 * times; give a duration as its bound ("within 60 s").
 */
export type See = (fact: string) => void;

type Body = (see: See, context: Mocha.Context) => void | Promise<void>;

const defined = new Map<string, FaultRow>();
const seen = new Map<string, SeenRow>();

/** Defines the test of one row. The body asserts what `expected` says; `see` only records. */
export function fault(row: FaultRow, body: Body): Mocha.Test {
  const key = `${row.fault} (${row.where})`;
  assert.ok(!defined.has(key), `${key}: two tests for the same row`);
  defined.set(key, row);
  return it(`${row.fault}: ${row.expected}`, async function () {
    const facts: string[] = [];
    await body((fact) => facts.push(fact), this);
    assert.ok(facts.length > 0, `${key}: a row must record an observation`);
    seen.set(key, { ...row, seen: facts.join("; ") });
  });
}

/** Rows of all loaded test files, run or not. */
export function definedRows(): FaultRow[] {
  return [...defined.values()];
}

/** Rows whose tests have passed so far. */
export function seenRows(): SeenRow[] {
  return [...seen.values()];
}

/** "1 job", "2 jobs", "no job": counts in words, so that rows are worded alike. */
export function count(number: number, noun: string): string {
  return number === 0 ? `no ${noun}` : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
