import assert from "node:assert/strict";
import { Boots } from "../../../rehearsal/scaling/boots";
import { Draws } from "../../../rehearsal/scaling/draws";

/** Pairs of boots that begin so many seconds after each other, an hour after the pair before. */
function pairs(law: "iid" | "correlated", apart: number): [number, number][] {
  const boots = new Boots(law, new Draws(1, 1));
  return Array.from({ length: 10_000 }, (_, index) => [boots.draw(index * 3600), boots.draw(index * 3600 + apart)] as const)
    .filter((pair) => pair.every(({ fails }) => !fails))
    .map(([one, other]) => [Math.log(one.seconds), Math.log(other.seconds)]);
}

function correlation(values: readonly [number, number][]): number {
  const mean = (get: (pair: readonly [number, number]) => number) => values.reduce((sum, pair) => sum + get(pair), 0) / values.length;
  const [a, b] = [mean(([one]) => one), mean(([, other]) => other)];
  const covariance = mean(([one, other]) => (one - a) * (other - b));
  return covariance / Math.sqrt(mean(([one]) => (one - a) ** 2) * mean(([, other]) => (other - b) ** 2));
}

describe("the boots of a simulated day", () => {
  for (const law of ["iid", "correlated"] as const) {
    it(`take 51.5 s on average, 150 s at p99, and fail in one of a hundred launches: ${law}`, () => {
      const boots = new Boots(law, new Draws(2, 1));
      const drawn = Array.from({ length: 20_000 }, (_, index) => boots.draw(index * 60));
      const seconds = drawn
        .filter(({ fails }) => !fails)
        .map((boot) => boot.seconds)
        .sort((a, b) => a - b);
      const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
      assert.ok(Math.abs(mean - 51.5) < 1, `mean ${mean}`);
      assert.ok(Math.abs(seconds[Math.floor(0.99 * seconds.length)]! - 150) < 10);
      const failed = drawn.filter(({ fails }) => fails);
      assert.ok(Math.abs(failed.length / drawn.length - 0.01) < 0.003);
      assert.ok(failed.every((boot) => boot.seconds === 180));
    });
  }

  it("are alike within 30 s, and only where they are meant to be", () => {
    assert.ok(Math.abs(correlation(pairs("correlated", 29)) - 0.64) < 0.03);
    assert.ok(Math.abs(correlation(pairs("correlated", 31))) < 0.03);
    assert.ok(Math.abs(correlation(pairs("iid", 1))) < 0.03);
  });
});
