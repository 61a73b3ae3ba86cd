/** Tests that fill a table of faults: each defines a row, and its observations complete it. */
import assert from "node:assert/strict";
import type { SeenRow, Where } from "./document";

export interface FaultRow<Name extends string = string> {
  fault: Name;
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

/** The rows of one table, whose faults are those of a list. */
export class FaultRows<Name extends string> {
  private readonly all = new Map<string, FaultRow<Name>>();
  private readonly observed = new Map<string, SeenRow>();

  /** Defines the test of one row. The body asserts what `expected` says; `see` only records. */
  readonly fault = (row: FaultRow<Name>, body: Body): Mocha.Test => {
    const { all, observed } = this;
    const key = `${row.fault} (${row.where})`;
    assert.ok(!all.has(key), `${key}: two tests for the same row`);
    all.set(key, row);
    return it(`${row.fault}: ${row.expected}`, async function () {
      const facts: string[] = [];
      await body((fact) => facts.push(fact), this);
      assert.ok(facts.length > 0, `${key}: a row must record an observation`);
      observed.set(key, { ...row, seen: facts.join("; ") });
    });
  };

  /** Rows of all loaded test files, run or not. */
  readonly defined = (): FaultRow<Name>[] => [...this.all.values()];

  /** Rows whose tests have passed so far. */
  readonly seen = (): SeenRow[] => [...this.observed.values()];
}
