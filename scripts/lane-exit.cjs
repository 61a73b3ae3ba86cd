// Ends a lane of tests that does not exit: mocha waits without end for whatever a test left open.
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");

const POLL_MS = 100;

/**
 * Once the lane has written its counts, it has `limitMs` to exit. Then it counts as failed, with the reason beside the
 * counts, and gets SIGTERM, on which it may still clean up, and after as long again SIGKILL. Returns the timer.
 */
exports.endAfterLastTest = function endAfterLastTest(child, counts, lane, limitMs) {
  let deadline;
  let reported = false;
  return setInterval(() => {
    if (!existsSync(counts)) return;
    deadline ??= performance.now() + limitMs;
    if (performance.now() < deadline) return;
    deadline += limitMs;
    if (reported) return child.kill("SIGKILL");
    reported = true;
    const [passed, failed, skipped] = readFileSync(counts, "utf8").match(/\d+/g).map(Number);
    const reason = `did not exit within ${limitMs / 1000} s of its last test: a process, a timer or a connection is still open`;
    console.log(`${lane.padEnd(10)} ${reason}`);
    writeFileSync(counts, `${passed} passed, ${failed + 1} failed, ${skipped} skipped\n`);
    appendFileSync(`${counts}.failures`, `  the lane ${lane}\n    ${reason}\n`);
    child.kill("SIGTERM");
  }, POLL_MS);
};
