import assert from "node:assert/strict";
import { GitHub } from "../../../rehearsal/github";
import { runnerOf } from "../../../rehearsal/github/jit";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { call, ORGANIZATION, register, serveGitHub, type ServedGitHub } from "./fixture";

const DAY = 86_400_000;
const RUNNERS = `/orgs/${ORGANIZATION}/actions/runners`;

describe("just-in-time runners of the GitHub stand-in", () => {
  let served: ServedGitHub;
  beforeEach(async () => void (served = await serveGitHub()));
  afterEach(() => served.close());

  const create = (name: string, labels: string[] = ["e2e-1"], more: object = {}) =>
    call(served, "POST", `${RUNNERS}/generate-jitconfig`, { name, runner_group_id: 1, labels, ...more });
  const names = () => served.github.runners().map(({ name }) => name);

  it("are registered before their program runs: offline, ephemeral, with the requested labels alone", async () => {
    const { status, body } = await create("e2e-1", ["e2e-1", "self-hosted", "e2e-1"]);
    assert.equal(status, 201);
    const { id, labels, ...runner } = body.runner;
    assert.deepEqual(runner, {
      name: "e2e-1",
      os: "unknown",
      status: "offline",
      busy: false,
      runner_group_id: 1,
      ephemeral: true,
      version: "",
    });
    assert.deepEqual(
      labels.map(({ name, type }: any) => [name, type]),
      [
        ["self-hosted", "read-only"],
        ["e2e-1", "custom"],
      ],
    );
    assert.deepEqual(runnerOf(body.encoded_jit_config), { runnerId: id, name: "e2e-1" });
    served.github.protocol.createSession({ runnerId: id });
    assert.equal((await call(served, "GET", `${RUNNERS}/${id}`)).body.os, "Linux");
  });

  it("get the labels of their system as well, where GitHub adds them", async () => {
    served.github.options.jitSystemLabels = true;
    const { body } = await create("e2e-1");
    assert.deepEqual(body.runner.labels.map(({ name }: any) => name).sort(), ["Linux", "X64", "e2e-1", "self-hosted"]);
  });

  it("never share a name, and the second one changes nothing about the first", async () => {
    const first = await create("e2e-1");
    const second = await create("e2e-1", ["other"]);
    assert.deepEqual([second.status, second.body.message], [409, "Already exists - A runner with the name e2e-1 already exists."]);
    const { body } = await call(served, "GET", `${RUNNERS}/${first.body.runner.id}`);
    assert.deepEqual(
      body.labels.map(({ name }: any) => name),
      ["e2e-1"],
    );
  });

  it("belong to a group that exists", async () => {
    assert.equal((await create("e2e-1", ["a"], { runner_group_id: 7 })).status, 404);
    served.github.addRunnerGroup(ORGANIZATION, "machines");
    assert.equal((await create("e2e-1", ["a"], { runner_group_id: 2 })).body.runner.runner_group_id, 2);
  });

  it("run one job, after which GitHub does not know them any more", async () => {
    const { body } = await create("e2e-1");
    const runnerId = body.runner.id;
    const { protocol } = served.github;
    const { sessionId } = protocol.createSession({ runnerId });
    const [first, second] = [1, 2].map((number) => served.github.queueJob({ name: `job ${number}`, labels: ["e2e-1"] }));
    await protocol.poll({ sessionId, status: "Online" });
    protocol.acquire({ runnerId, jobId: first! });
    protocol.complete({ jobId: first!, result: "Succeeded" });
    assert.deepEqual([served.github.job(first!).state, served.github.job(second!).state], ["succeeded", "queued"]);
    assert.deepEqual(names(), []);
    await assert.rejects(protocol.poll({ sessionId, status: "Online" }), /deleted from the server/);
  });

  it("get no second job either when the first one was lost without a word from them", async () => {
    const clock = new VirtualClock();
    const github = new GitHub(clock);
    const runnerId = jitRunner(github, "e2e-1");
    const { sessionId } = github.protocol.createSession({ runnerId });
    const lost = github.queueJob({ name: "lost", labels: ["e2e-1"] });
    await github.protocol.poll({ sessionId, status: "Online" });
    github.protocol.acquire({ runnerId, jobId: lost });
    const next = github.queueJob({ name: "next", labels: ["e2e-1"] });
    await clock.sleep(11 * 60_000);
    assert.equal(github.job(lost).state, "lost");
    const again = github.protocol.createSession({ runnerId });
    assert.equal(await github.protocol.poll({ sessionId: again.sessionId, status: "Online", waitMs: 1_000 }), undefined);
    assert.equal(github.job(next).state, "queued");
    github.close();
    clock.close();
  });

  it("are removed after a day in which they were not connected, others after two weeks", async () => {
    const clock = new VirtualClock();
    const github = new GitHub(clock);
    const kept = jitRunner(github, "connected");
    jitRunner(github, "never connected");
    jitRunner(github, "left");
    const token = github.mintRegistrationToken(ORGANIZATION);
    github.register({ url: `https://github.com/${ORGANIZATION}`, token, name: "persistent", labels: ["pool"], systemLabels: [] });
    const sessions = new Map<string, string>();
    for (const { id, name } of github.runners()) {
      if (name !== "never connected") sessions.set(name, github.protocol.createSession({ runnerId: id }).sessionId);
    }
    github.protocol.pollBusy({ sessionId: sessions.get("connected")! });
    for (const name of ["left", "persistent"]) github.protocol.deleteSession({ sessionId: sessions.get(name)! });
    const present = async (days: number) => {
      await clock.sleep(days * DAY);
      const reply = await list(github);
      return reply.body.runners.map(({ name }: any) => name);
    };
    assert.deepEqual(await present(0.99), ["connected", "never connected", "left", "persistent"]);
    assert.deepEqual(await present(0.02), ["connected", "persistent"]);
    assert.deepEqual(await present(12.98), ["connected", "persistent"]);
    assert.deepEqual(await present(0.02), ["connected"]);
    assert.equal(github.runners()[0]?.id, kept);
    github.close();
    clock.close();
  });

  it("do not keep a name from another runner once they are removed for their absence", async () => {
    const clock = new VirtualClock();
    const github = new GitHub(clock);
    jitRunner(github, "e2e-1");
    await clock.sleep(DAY);
    jitRunner(github, "e2e-1");
    assert.equal(github.runners().length, 1);
    github.close();
    clock.close();
  });

  it("are refused with the shapes of GitHub's description: no name, no label, too many, no group, no folder", async () => {
    const many = Array.from({ length: 101 }, (_, index) => `label-${index}`);
    const refused = [
      create("", ["a"]),
      create("x".repeat(65), ["a"]),
      create("e2e-1", []),
      create("e2e-1", many),
      create("e2e-1", [""]),
      create("e2e-1", ["a"], { runner_group_id: "1" }),
      create("e2e-1", ["a"], { work_folder: "" }),
    ];
    assert.deepEqual(
      (await Promise.all(refused)).map(({ status }) => status),
      refused.map(() => 422),
    );
    assert.deepEqual(names(), []);
    await register(served, "i-1");
    assert.equal((await create("i-1")).status, 409, "a name of a runner of another kind is taken, too");
  });
});

/** Id of a new just-in-time runner of a stand-in without a server. */
function jitRunner(github: GitHub, name: string): number {
  const token = github.mintRegistrationToken(ORGANIZATION);
  const url = `https://github.com/${ORGANIZATION}`;
  return github.register({ url, token, name, labels: [name], systemLabels: [], ephemeral: true }).runnerId;
}

async function list(github: GitHub): Promise<{ body: any }> {
  github.registerToken("ghp_list", [ORGANIZATION]);
  const { signal } = new AbortController();
  const address = { method: "GET", host: "api.github.com", path: RUNNERS, query: new URLSearchParams(), origin: "https://api.github.com" };
  const headers = { authorization: "token ghp_list", apiVersion: "", ifNoneMatch: "" };
  return { body: (await github.request({ ...address, ...headers, body: {}, signal })).body };
}
