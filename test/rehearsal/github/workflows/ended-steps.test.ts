import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "../../runner/fixture";
import { Hosted } from "./hosted-fixture";

describe("steps of a hosted job that does not end by itself", () => {
  let hosted: Hosted;

  beforeEach(async () => (hosted = await Hosted.open()));
  afterEach(() => hosted.close());

  it("are interrupted by a cancellation, after which only those with always() run", async () => {
    const text = `on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - {id: a, run: 'trap "echo interrupted; exit 1" INT; echo ready; sleep 600 & wait'}
      - {id: b, run: echo}
      - {id: c, if: always(), run: echo cleaned}
`;
    const run = await hosted.begin(text);
    const { github } = hosted.served;
    const job = run.jobs[0]!;
    while (!github.workflows.log(job.id).includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
    run.file!.cancel(false);
    await github.jobsSettled();
    assert.deepEqual(
      job.steps!.map(({ id, conclusion }) => `${id} ${conclusion}`),
      ["a cancelled", "b skipped", "c success"],
    );
    assert.ok(github.workflows.log(job.id).includes("interrupted") && github.workflows.log(job.id).includes("cleaned"));
    assert.equal(job.conclusion, "cancelled");
  });

  describe("that GitHub ended itself", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ci-runners-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** A step that writes as long as it runs, whatever signal it gets, and one that would run after it. */
    const begin = async () => {
      const [file, later] = [join(folder, "ticks"), join(folder, "later")];
      const loop = `trap "" INT TERM; echo "home=$HOME" >${file}; while :; do echo tick >>${file}; sleep 0.05; done`;
      const run = await hosted.begin(
        `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: '${loop}'\n      - {if: always(), run: 'touch ${later}'}\n`,
      );
      const ticks = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").length : 0);
      await until("the step runs", () => ticks() > 3);
      const home = /home=(.*)/.exec(readFileSync(file, "utf8"))![1]!;
      const isAlive = () => processesWith(dirname(home)).length > 0;
      assert.ok(isAlive());
      return { run, isAlive, home, later };
    };

    it("by force are gone at once with their processes and folders, and no always() step runs", async () => {
      const { run, isAlive, home, later } = await begin();
      run.file!.cancel(true);
      assert.equal(run.jobs[0]!.conclusion, "cancelled");
      await until("its processes are gone", () => !isAlive());
      await hosted.served.github.jobsSettled();
      await until("its folder is gone", () => !existsSync(home));
      assert.equal(existsSync(later), false);
    });

    it("because the rehearsal ends are gone with it", async () => {
      const { isAlive, home, later } = await begin();
      hosted.served.github.close();
      await until("its processes are gone", () => !isAlive());
      assert.deepEqual([existsSync(home), existsSync(later)], [false, false]);
    });
  });
});

/** Processes whose command line has the text. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}
