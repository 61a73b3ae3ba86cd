import assert from "node:assert/strict";
import { CATALOGUE } from "../../bench/catalogue";
import { measureProgram } from "../../bench/measure/program";

describe("the benchmark", function () {
  this.timeout(240_000);

  it("measures every row of the functions, with the real engine and bundles and one sample of each", async () => {
    const samples = await measureProgram(
      (group) => group === "functions",
      1,
      () => undefined,
    );
    const expected = CATALOGUE.find(({ name }) => name === "functions")!.rows.map(({ id }) => id);
    assert.deepEqual(Object.keys(samples).sort(), [...expected].sort());
    for (const id of expected) {
      assert.equal(samples[id]!.length, 1, id);
      // Event times are whole milliseconds, and an event may take less than half of one.
      assert.ok(samples[id]![0]! > 0 || id.endsWith(".warm"), `${id}: ${samples[id]![0]}`);
    }
  });
});
