import assert from "node:assert/strict";
import { withDefaults } from "../../../components/shared/with-defaults";

interface Args {
  size?: number;
  double?: number;
  on?: boolean;
  names?: string[];
  group?: { text?: string; length?: number; other?: string };
  untouched?: { deep: boolean };
}

const DEFAULTS = {
  size: 3,
  double: ({ size }: { size: number }) => 2 * size,
  on: true,
  names: [],
  group: { text: "abc", length: ({ group, unit }: { group: { text: string }; unit: number }) => group.text.length * unit },
};
const fill = (args: Args) => withDefaults(args, DEFAULTS, { unit: 10 });

describe("defaults", () => {
  it("replace absent, undefined and null arguments only: 0, false and empty strings are values", () => {
    assert.deepEqual(fill({}), { size: 3, double: 6, on: true, names: [], group: { text: "abc", length: 30 } });
    assert.deepEqual(fill({ size: undefined, on: null as never }).on, true);
    const { size, double, on, group } = fill({ size: 0, on: false, group: { text: "" } });
    assert.deepEqual([size, double, on, group.text, group.length], [0, 0, false, "", 0]);
  });

  it("are computed from given arguments but never replace one", () => {
    assert.equal(fill({ size: 5 }).double, 10);
    assert.equal(fill({ size: 5, double: 1 }).double, 1);
    assert.equal(fill({ group: { text: "ab" } }).group.length, 20);
  });

  it("keep arguments without a default, and modify neither the arguments nor the defaults", () => {
    const args: Args = { untouched: { deep: true }, group: { other: "x" } };
    const filled = fill(args);
    assert.equal(filled.untouched, args.untouched);
    assert.equal(filled.group.other, "x");
    assert.deepEqual(args, { untouched: { deep: true }, group: { other: "x" } });
    assert.deepEqual(Object.keys(DEFAULTS.group), ["text", "length"]);
  });
});
