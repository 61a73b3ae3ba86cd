// Mocha's spec reporter, which also writes its counts to the file named by TEST_COUNTS, for the CI log's last line, and
// beside it the failures and the time of each test file, both for the end of the log. On a busy machine the time says
// little; the processor time says what a file costs.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { relative } = require("node:path");
const Mocha = require("mocha");

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const files = new Map();
    let used = processorMs();
    const add = ({ file, duration = 0 }) => {
      const now = processorMs();
      const [ms, processor] = files.get(file) ?? [0, 0];
      if (file) files.set(file, [ms + duration, processor + now - used]);
      used = now;
    };
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
      writeFileSync(`${file}.files`, JSON.stringify([...files].map(([path, times]) => [relative(process.cwd(), path), ...times])));
    });
  }
};

/** Of this process and of its children that have ended (fields 16 and 17 of proc_pid_stat(5), in ticks of 10 ms). */
function processorMs() {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1_000;
  if (!existsSync("/proc/self/stat")) return own;
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return own + (Number(fields[13]) + Number(fields[14])) * 10;
}
