// Mocha's spec reporter, which also writes its counts to the file named by TEST_COUNTS, for the CI log's last line, and
// the failures to a file beside it, so that they can be repeated at the end of the log.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    runner.on("fail", (test, error) => failed.push(`  ${test.fullTitle()}\n    ${String(error?.message ?? error).slice(0, 2_000)}\n`));
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TEST_COUNTS;
      if (!file) return;
      writeFileSync(file, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
      if (failed.length > 0) writeFileSync(`${file}.failures`, failed.join(""));
    });
  }
};
