// Mocha's spec reporter, which also writes its counts to the file named by TEST_COUNTS, for the CI log's last line, and
// beside it the failures and the time of each test file, both for the end of the log.
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
    // A test on real machines spends most of its time in its `before` hook.
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
