import assert from "node:assert/strict";
import { CATALOGUE } from "../../bench/catalogue";
import { measureProgram } from "../../bench/measure/program";

describe("the benchmark", function () {
  this.timeout(240_000);

  it("measures all that it promises of the functions, with the real engine and bundles and one sample of each", async () => {
    const samples = await measureProgram(
      (group) => group === "functions",
      1,
      () => undefined,
    );
    const promised = CATALOGUE.find(({ name }) => name === "functions")!.rows.map(({ id }) => id);
    assert.deepEqual(Object.keys(samples).sort(), [...promised].sort());
    for (const id of promised) {
      assert.equal(samples[id]!.length, 1, id);
      // Handling is in whole milliseconds, and one that takes less than half of one is thinkable.
      assert.ok(samples[id]![0]! > 0 || id.endsWith(".warm"), `${id}: ${samples[id]![0]}`);
    }
  });
});
