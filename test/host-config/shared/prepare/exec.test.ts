import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boundedExec } from "../../../../host-config/shared/prepare/exec";

const alive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

describe("a command of the preparation", () => {
  const never = new AbortController().signal;

  it("resolves with its exit code and both outputs, whatever the code is", async () => {
    const result = await boundedExec(never)("sh", ["-c", 'echo "$ANSWER"; cat; echo no >&2; exit 3'], {
      env: { ANSWER: "42" },
      input: "in\n",
    });
    assert.deepEqual(result, { code: 3, stdout: "42\nin\n", stderr: "no\n" });
  });

  it("shows a signal as a shell does, because the kernel's OOM killer must not look like success", async () => {
    assert.equal((await boundedExec(never)("sh", ["-c", "kill -9 $$"])).code, 137);
  });

  it("rejects if there is no such program", async () => {
    await assert.rejects(boundedExec(never)("no-such-program", []), /ENOENT/);
  });

  it("passes on each line as it comes, also the last one without an end", async () => {
    const lines: string[] = [];
    await boundedExec(never)("sh", ["-c", "printf 'one\\ntw'; sleep 0.1; printf 'o\\nthree'"], { onLine: (line) => lines.push(line) });
    assert.deepEqual(lines, ["one", "two", "three"]);
  });

  it("keeps the end of an output that would fill the memory", async () => {
    const { stdout } = await boundedExec(never)("sh", ["-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo end"]);
    assert.equal(stdout.length, 1_048_576);
    assert.ok(stdout.endsWith("xend\n"));
  });

  for (const [what, bound] of [
    ["the deadline", "before the time was over"],
    ["its own bound", "within 0.3 s"],
  ] as const) {
    it(`ends with all its processes at ${what}, also those that hold its outputs open`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "exec-"));
      try {
        const over = new AbortController();
        const pids = join(folder, "pids");
        const script = `trap '' TERM; sleep 600 & echo $! >${pids}; echo $$ >>${pids}; echo ready; wait`;
        const onLine = () => (what === "the deadline" ? over.abort() : undefined);
        const options = { onLine, ...(what === "the deadline" ? {} : { timeoutMs: 300 }) };
        await assert.rejects(boundedExec(over.signal)("bash", ["-c", script], options), new RegExp(`^Error: bash: not done ${bound}$`));
        const running = () => readFileSync(pids, "utf8").trim().split("\n").map(Number).filter(alive);
        while (running().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  it("ends without the processes that it leaves, or a daemon that keeps its outputs would hold the launch up", async () => {
    const over = new AbortController();
    const bound = setTimeout(() => over.abort(), 20_000);
    const lines: string[] = [];
    const result = await boundedExec(over.signal)("sh", ["-c", "sleep 600 & echo $!; printf done; exit 3"], {
      onLine: (line) => lines.push(line),
    }).finally(() => clearTimeout(bound));
    process.kill(Number(lines[0]));
    assert.deepEqual([result.code, lines[1]], [3, "done"]);
  });

  it("is not started after the deadline", async () => {
    await assert.rejects(boundedExec(AbortSignal.abort())("true", []), /true: not started, the time is over/);
  });
});
