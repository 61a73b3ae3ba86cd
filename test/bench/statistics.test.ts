import assert from "node:assert/strict";
import { idleFigures } from "../../bench/measure/agent";
import { median, p99, pairedRatio } from "../../bench/statistics";

describe("the benchmark's statistics", () => {
  it("take the middle value, or the mean of two middle ones, in any order of samples", () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([4, 1, 30, 2]), 3);
    assert.equal(median([7]), 7);
  });

  it("use as p99 a value that 99 % do not exceed, and with few samples never a better one than the slowest", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(p99(hundred), 99);
    assert.equal(p99([...hundred].reverse().slice(0, 99)), 100);
    assert.equal(p99([5, 9, 7]), 9);
  });

  it("never sort the samples themselves, because they are paired with others", () => {
    const values = [3, 1, 2];
    median(values);
    p99(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it("compare pair by pair, so that one disturbance does not decide the ratio", () => {
    assert.equal(pairedRatio([100, 110, 9000], [10, 10, 1000]), 10);
    assert.throws(() => pairedRatio([1, 2], [1]), /cannot be paired/);
  });

  it("compute an idle agent's CPU as a share of one core between two readings, and its memory at the second", () => {
    const second = 1_000_000;
    const figures = idleFigures([
      [61_440, 500_000, 0],
      [62_464, 500_000 + second / 100, 2 * second],
      [61_440, 500_000 + second / 100, 3 * second],
    ]);
    assert.deepEqual(figures, { "agent.memory": [61, 60], "agent.cpu": [0.5, 0] });
  });
});
