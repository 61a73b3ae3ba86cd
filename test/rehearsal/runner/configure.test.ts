import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { ORGANIZATION, serveGitHub, type ServedGitHub } from "../github/fixture";
import { TestRunner } from "./fixture";

describe("config.sh of the runner stand-in", () => {
  let served: ServedGitHub;
  let runner: TestRunner;

  beforeEach(async () => {
    served = await serveGitHub();
    runner = await TestRunner.unpack(served);
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });
  const labels = () => served.github.runners()[0]?.labels.map((label) => label.name);

  it("refuses to run as root, as the official script does, unless root is allowed explicitly", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const refused = await runner.run("config.sh", ["--unattended"], { RUNNER_ALLOW_RUNASROOT: "" });
    assert.equal(refused.code, 1);
    assert.match(refused.output, /Must not run with sudo/);
    assert.deepEqual(served.github.runners(), []);
  });

  it("writes the files that other programs read, the secret one readable only by its owner", async () => {
    assert.equal((await runner.configure("i-1")).code, 0);
    const settings = JSON.parse(readFileSync(runner.path(".runner"), "utf8"));
    assert.equal(settings.agentName, "i-1");
    assert.equal(settings.gitHubUrl, `${served.url}/${ORGANIZATION}`);
    assert.ok(runner.has(".credentials") && runner.has(".path") && runner.has(".env"));
    assert.equal(statSync(runner.path(".credentials_rsaparams")).mode & 0o077, 0);
    const again = await runner.configure("i-1");
    assert.equal(again.code, 1);
    assert.match(again.output, /already configured/);
  });

  it("takes a work folder with a whole path as it is, as the official runner, and not below its own", async () => {
    const work = runner.path("elsewhere/work");
    assert.equal((await runner.configure("i-1", "--work", work)).code, 0);
    assert.ok(existsSync(work));
    assert.equal(JSON.parse(readFileSync(runner.path(".runner"), "utf8")).workFolder, work);
  });

  it("accepts the token from the environment, so that no process list shows it", async () => {
    const url = `${served.url}/${ORGANIZATION}`;
    const flags = ["--unattended", "--url", url, "--name", "i-1", "--work", "_jobs"];
    const done = await runner.run("config.sh", flags, { ACTIONS_RUNNER_INPUT_TOKEN: await runner.token() });
    assert.equal(done.code, 0, done.output);
    assert.deepEqual(labels()?.[0], "self-hosted");
    assert.ok(runner.has("_jobs"));
  });

  it("omits the system labels on request, but refuses a runner without any label", async () => {
    const url = `${served.url}/${ORGANIZATION}`;
    const flags = ["--unattended", "--url", url, "--token", await runner.token(), "--no-default-labels"];
    assert.equal((await runner.run("config.sh", flags)).code, 1);
    assert.equal((await runner.run("config.sh", [...flags, "--labels", "only,these"])).code, 0);
    assert.deepEqual(labels(), ["only", "these"]);
  });

  it("refuses a name in use; with --replace, takes it over under the same id", async () => {
    await runner.configure("i-1");
    const second = await TestRunner.unpack(served);
    try {
      const refused = await second.configure("i-1");
      assert.equal(refused.code, 1);
      assert.match(refused.output, /A runner exists with the same name i-1/);
      assert.equal(second.has(".runner"), false);
      assert.equal((await second.configure("i-1", "--replace")).code, 0);
      assert.deepEqual(
        served.github.runners().map(({ id, name }) => [id, name]),
        [[1, "i-1"]],
      );
    } finally {
      second.dispose();
    }
  });

  it("leaves no partial configuration after an expired token, an unknown group, an unknown flag or a GitHub outage", async () => {
    const url = `${served.url}/${ORGANIZATION}`;
    const expired = await runner.run("config.sh", ["--unattended", "--url", url, "--token", "AEXPIRED"]);
    assert.equal(expired.code, 1);
    assert.match(expired.output, /Http response code: NotFound/);
    const group = await runner.configure("i-1", "--runnergroup", "no-such-group");
    assert.equal(group.code, 1);
    assert.match(group.output, /Could not find any self-hosted runner group named "no-such-group"/);
    assert.equal((await runner.configure("i-1", "--no-such-flag")).code, 1);
    served.github.faults.add({ route: /runners\/register$/, kind: "down" });
    assert.equal((await runner.configure("i-1")).code, 1);
    assert.equal(runner.has(".runner") || runner.has(".credentials"), false);
    assert.deepEqual(served.github.runners(), []);
  });

  it("removes the runner with a remove token, but not while it is installed as a service or runs a job", async () => {
    await runner.configure("i-1");
    writeFileSync(runner.path(".service"), "actions-runner.service\n");
    const remove = async () => runner.run("config.sh", ["remove", "--token", await runner.token("remove-token")]);
    const service = await remove();
    assert.equal(service.code, 1);
    assert.match(service.output, /Uninstall service first/);
    rmSync(runner.path(".service"));
    const { protocol } = served.github;
    const { sessionId } = protocol.createSession({ runnerId: 1 });
    const job = served.github.queueJob({ name: "build", labels: ["pool"] });
    await protocol.poll({ sessionId, status: "Online" });
    protocol.acquire({ runnerId: 1, jobId: job });
    const busy = await remove();
    assert.equal(busy.code, 1);
    assert.match(busy.output, /Runner "i-1" is still running a job/);
    protocol.complete({ jobId: job, result: "Succeeded" });
    assert.equal((await remove()).code, 0);
    assert.deepEqual(served.github.runners(), []);
    assert.equal(runner.has(".runner"), false);
  });

  it("exits with code 1 when the runner is not configured or was deleted while it was stopped", async () => {
    const unconfigured = await runner.run("bin/Runner.Listener", ["run"]);
    assert.equal(unconfigured.code, 1);
    await runner.configure("i-1");
    await fetch(`${served.api}/orgs/${ORGANIZATION}/actions/runners/1`, {
      method: "DELETE",
      headers: { authorization: "Bearer ghp_rehearsal" },
    });
    const deleted = await runner.run("bin/Runner.Listener", ["run"]);
    assert.equal(deleted.code, 1);
    assert.match(deleted.output, /registration has been deleted from the server/);
  });
});
