// Mocha's own spec reporter, which also writes its true counts to the file named by TEST_COUNTS, for the CI's last line.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TEST_COUNTS;
      if (file) writeFileSync(file, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
