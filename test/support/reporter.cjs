// Mocha's own spec reporter, which also leaves three things beside it for scripts/test.mjs, where TEST_COUNTS names a file:
// the true counts, for the CI's last line; what failed, for those who read a log from its end; and the time of each file.
const { writeFileSync } = require("node:fs");
const { relative } = require("node:path");
const Mocha = require("mocha");

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const files = new Map();
    const add = ({ file, duration = 0 }) => file && files.set(file, (files.get(file) ?? 0) + duration);
    runner.on("test end", add);
    // Most of the time of a test on machines is its `before`.
    runner.on("hook end", add);
    runner.on("fail", (test, error) => failed.push(`  ${test.fullTitle()}\n    ${String(error?.message ?? error).slice(0, 2_000)}\n`));
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TEST_COUNTS;
      if (!file) return;
      writeFileSync(file, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
      if (failed.length > 0) writeFileSync(`${file}.failures`, failed.join(""));
      writeFileSync(`${file}.files`, JSON.stringify([...files].map(([path, ms]) => [relative(process.cwd(), path), ms])));
    });
  }
};
