import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Job } from "../../../actions/shared/job";

describe("what an action says to its job", () => {
  const folder = mkdtempSync(join(tmpdir(), "ci-runners-job-"));
  const output = join(folder, "output");
  after(() => rmSync(folder, { recursive: true }));

  function job(env: NodeJS.ProcessEnv = {}): { job: Job; lines: string[] } {
    const lines: string[] = [];
    return { job: new Job({ GITHUB_OUTPUT: output, ...env }, (line) => lines.push(line)), lines };
  }

  it("is an output in GitHub's file, one line each, so that no value becomes an output of its own", () => {
    job().job.output("label", "e2e-7");
    assert.equal(readFileSync(output, "utf8"), "label=e2e-7\n");
    assert.throws(() => job().job.output("label", "e2e-7\ninstance-id=i-other"), /several lines/);
  });

  it("is an error of one line, whatever is in its text", () => {
    const { job: one, lines } = job();
    one.error("100 % full\nsecond line");
    assert.deepEqual(lines, ["::error::100 %25 full%0Asecond line"]);
  });

  it("is never a command that another program's text contains", () => {
    const { job: one, lines } = job();
    one.info("::add-mask::a\n  ::stop-commands::x\n##[command]y\nkernel: panic::stop-commands::z");
    for (const line of lines.join("\n").split("\n")) assert.doesNotMatch(line, /::|^##\[/);
  });

  it("reads inputs by their name in action.yml, and names one that is missing", () => {
    const { job: one } = job({ INPUT_INSTANCE_ID: " i-1 ", INPUT_FORCE: "" });
    assert.deepEqual([one.input("instance-id"), one.optional("force")], ["i-1", undefined]);
    assert.throws(() => one.input("role"), /the input role is missing/);
  });
});
