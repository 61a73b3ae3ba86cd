import assert from "node:assert/strict";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { prepare } from "../../../../host-config/shared/prepare/prepare";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import type { PrepareContext, Stage } from "../../../../host-config/shared/prepare/stage";

const FACTS = { user: { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" }, instance: "i-0123456789abcdef0" };

describe("the preparation of a machine", () => {
  let said: string[];
  let ran: string[];
  beforeEach(() => {
    said = [];
    ran = [];
  });

  const stage = (name: string, run: (context: PrepareContext) => Promise<void> = async () => undefined, due = true): Stage => ({
    name,
    due: () => due,
    run: (context) => {
      ran.push(name);
      return run(context);
    },
  });
  const run = (stages: Stage[], setup: HostSetup = {}) =>
    prepare(stages, { setup, facts: async () => FACTS, say: (line) => void said.push(line.replace(/\d+ s$/, "N s")) });
  const reason = (stages: Stage[], setup?: HostSetup) =>
    run(stages, setup).then(
      () => assert.fail("it did not fail"),
      (error: unknown) => {
        assert.ok(error instanceof PrepareError, String(error));
        return error.message;
      },
    );

  it("asks and says nothing on a machine of which nothing is asked, so that its launch cannot fail here", async () => {
    const facts = () => assert.fail("it asked for the machine's facts");
    await prepare([stage("packages", undefined, false)], { setup: {}, facts, say: (line) => void said.push(line) });
    assert.deepEqual([ran, said], [[], []]);
  });

  it("runs the stages that are due one after the other, and shows how far it came", async () => {
    let open = 0;
    const alone = async () => {
      assert.equal(++open, 1, "two stages ran at the same time");
      await new Promise((resolve) => setImmediate(resolve));
      open--;
    };
    await run([stage("packages", alone), stage("storage", alone, false), stage("setupScript", alone)]);
    assert.deepEqual(ran, ["packages", "setupScript"]);
    assert.deepEqual(said, [
      "ci-runners: prepare: packages ...",
      "ci-runners: prepare: packages done after N s",
      "ci-runners: prepare: setupScript ...",
      "ci-runners: prepare: setupScript done after N s",
    ]);
  });

  it("ends with the first stage that fails, whose reason is one line: the console shows only the last three", async () => {
    const failing = stage("setupScript", async () => {
      throw new PrepareError("setupScript: exit code 3 after 12 s:\n  cannot open disk\n");
    });
    assert.equal(await reason([failing, stage("disk")]), "setupScript: exit code 3 after 12 s: | cannot open disk");
    assert.deepEqual(ran, ["setupScript"]);
  });

  it("names the stage of an error that the stage did not expect", async () => {
    const failing = stage("storage", async () => {
      throw new TypeError("x is undefined");
    });
    assert.equal(await reason([failing]), "storage: unexpected error: x is undefined");
  });

  it("ends the commands of a stage when setupTimeout is over, and says which stage it was", async () => {
    const hanging = stage("packages", async ({ exec }) => void (await exec("sleep", ["600"])));
    assert.equal(await reason([hanging, stage("disk")], { setupTimeout: 0.2 }), "packages: took longer than setupTimeout = 0.2 s");
    assert.deepEqual(ran, ["packages"]);
  });

  it("lets the stage give its own reason then, such as the last lines of a script", async () => {
    const hanging = stage("setupScript", async ({ exec, setup }) => {
      await exec("sleep", ["600"]).catch(() => {
        throw new PrepareError(`setupScript: took longer than setupTimeout = ${setup.setupTimeout} s: waiting for the mirror`);
      });
    });
    assert.match(await reason([hanging], { setupTimeout: 0.2 }), /: waiting for the mirror$/);
  });

  it("leaves a stage behind that does not end with its commands: the launch must be abandoned all the same", async function () {
    this.timeout(30_000);
    const deaf = stage("storage", () => new Promise<void>(() => undefined));
    assert.equal(await reason([deaf], { setupTimeout: 0.1 }), "storage: took longer than setupTimeout = 0.1 s");
  });

  it("starts no further stage after the time, also if the stage before did not notice", async () => {
    const slow = stage("packages", ({ deadline }) => new Promise((resolve) => deadline.addEventListener("abort", () => resolve())));
    assert.equal(await reason([slow, stage("docker")], { setupTimeout: 0.1 }), "docker: took longer than setupTimeout = 0.1 s");
    assert.deepEqual(ran, ["packages"]);
  });
});
