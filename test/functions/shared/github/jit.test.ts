import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { GitHubJit, type JitRequest, RunnerGroupMissing, RunnerNameInUse } from "../../../../functions/shared/github/jit";
import type { GitHubScope } from "../../../../functions/shared/github/account";
import type { GitHubError } from "../../../../functions/shared/github/error";
import { GitHubTransport } from "../../../../functions/shared/github/transport";
import { call, ORGANIZATION, serveGitHub, type ServedGitHub, TOKEN } from "../../../rehearsal/github/fixture";
import { type Answer, LoopbackServer, type Respond } from "../../support/server";

const REQUEST: JitRequest = { name: "e2e-7", labels: ["e2e-7"] };
const PATH = `/orgs/${ORGANIZATION}/actions/runners`;
const CREATED: Answer = {
  status: 201,
  body: {
    runner: { id: 41, name: "e2e-7", os: "unknown", status: "offline", busy: false, labels: [{ id: 1, name: "e2e-7", type: "custom" }] },
    encoded_jit_config: "c2VjcmV0",
  },
};
const TAKEN: Answer = { status: 409, body: { message: "Already exists - A runner with the name e2e-7 already exists." } };

describe("the creation of a just-in-time runner", () => {
  const signal = () => AbortSignal.timeout(120_000);

  describe("at the GitHub stand-in", () => {
    let served: ServedGitHub;
    beforeEach(async () => {
      served = await serveGitHub();
      served.github.registerToken(TOKEN, [ORGANIZATION, `${ORGANIZATION}/app`]);
    });
    afterEach(() => served.close());

    const client = (scope: GitHubScope = { organization: ORGANIZATION }, callMs = 20_000, retries = 2) => {
      const account = { apiUrl: served.api, scope, credentials: { tokenSecret: "token" } };
      return new GitHubJit(new GitHubTransport(account, async () => TOKEN, { callMs, retries, pauseMs: 1 }), scope);
    };
    const known = () => served.github.runners().map(({ id, name }) => [id, name]);

    for (const scope of [{ organization: ORGANIZATION }, { owner: ORGANIZATION, repository: "app" }]) {
      it(`returns id, labels and configuration of a runner of ${"owner" in scope ? "a repository" : "an organization"}`, async () => {
        const created = await client(scope).create({ ...REQUEST, workFolder: "/ci-cache/work" }, signal());
        const [runner] = served.github.runners();
        assert.deepEqual([created.runnerId, created.labels, runner?.ephemeral], [runner?.id, ["e2e-7"], true]);
        assert.equal(runner?.scope, "owner" in scope ? `${ORGANIZATION}/app` : ORGANIZATION);
        const files = JSON.parse(Buffer.from(created.configuration, "base64").toString());
        assert.equal(JSON.parse(Buffer.from(files[".runner"], "base64").toString()).workFolder, "/ci-cache/work");
      });
    }

    it("replaces a runner whose configuration was lost with the reply, and no other", async () => {
      await client().create({ ...REQUEST, name: "e2e-70" }, signal());
      await client().create({ ...REQUEST, name: "e2e" }, signal());
      served.github.faults.add({ route: /generate-jitconfig$/, kind: "lost", times: 1 });
      // The limit is for the reply that never comes, and on a busy machine too short for the others.
      const lost = client(undefined, 1_000, 0).create(REQUEST, signal());
      await assert.rejects(lost, /timeout/);
      for (let left = 1_000; known().length < 3 && left > 0; left -= 1) await setTimeout(10);
      const { runnerId } = await client().create(REQUEST, signal());
      assert.deepEqual(known(), [
        [1, "e2e-70"],
        [2, "e2e"],
        [runnerId, "e2e-7"],
      ]);
      assert.equal(runnerId, 4, "the third one was created without a reply");
    });

    it("never removes a runner of the name that is connected, because it may be about to take its job", async () => {
      const { runnerId } = await client().create(REQUEST, signal());
      served.github.protocol.createSession({ runnerId });
      await assert.rejects(client().create(REQUEST, signal()), (error: Error) => {
        assert.ok(error instanceof RunnerNameInUse);
        assert.match(error.message, /runner e2e-7 exists at GitHub and is in use; it was not replaced/);
        return true;
      });
      assert.deepEqual(known(), [[runnerId, "e2e-7"]]);
    });

    it("never removes one that is offline while GitHub counts a job on it", async () => {
      const { runnerId } = await client().create(REQUEST, signal());
      const { protocol } = served.github;
      const { sessionId } = protocol.createSession({ runnerId });
      const jobId = served.github.queueJob({ name: "e2e", labels: ["e2e-7"] });
      await protocol.poll({ sessionId, status: "Online" });
      protocol.acquire({ runnerId, jobId });
      protocol.expireSession(runnerId);
      await assert.rejects(client().create(REQUEST, signal()), RunnerNameInUse);
      assert.equal((await call(served, "GET", `${PATH}/${runnerId}`)).body.status, "offline");
    });

    it("puts the runner into the group of that name, which decides whose jobs may ask for it", async () => {
      served.github.addRunnerGroup(ORGANIZATION, "Sleepers");
      await client().create({ ...REQUEST, runnerGroup: "sleepers" }, signal());
      assert.equal(served.github.runners()[0]?.group.name, "Sleepers");
    });

    it("creates no runner, which would be in the default group, if the group does not exist", async () => {
      await assert.rejects(client().create({ ...REQUEST, runnerGroup: "Sleepers" }, signal()), (error: Error) => {
        assert.ok(error instanceof RunnerGroupMissing);
        assert.match(error.message, /has no runner group "Sleepers": create it, or correct runnerGroup/);
        return true;
      });
      const ofRepository = client({ owner: ORGANIZATION, repository: "app" });
      await assert.rejects(ofRepository.create({ ...REQUEST, runnerGroup: "Sleepers" }, signal()), RunnerGroupMissing);
      assert.deepEqual(known(), []);
    });
  });

  describe("at a GitHub that does what no one wants", () => {
    let server: LoopbackServer;
    afterEach(() => server.stop());

    async function client(respond: Respond): Promise<GitHubJit> {
      server = await new LoopbackServer(respond).start();
      const scope = { organization: ORGANIZATION };
      const account = { apiUrl: server.url, scope, credentials: { tokenSecret: "token" } };
      const clock = { now: () => Date.now(), after: (_: number, act: () => void) => (setImmediate(act), { cancel: () => {} }) };
      return new GitHubJit(new GitHubTransport(account, async () => TOKEN, { callMs: 60_000, retries: 0, pauseMs: 1 }, { clock }), scope);
    }
    const creations = () => server.calls.filter((call) => call.endsWith("generate-jitconfig")).length;

    it("sends exactly what GitHub documents, with the default group unless another is given", async () => {
      const groups = { runner_groups: [{ id: 3, name: "big", visibility: "all", default: false }] };
      const jit = await client(({ method }) => (method === "GET" ? { body: groups } : CREATED));
      await jit.create(REQUEST, signal());
      await jit.create({ ...REQUEST, runnerGroup: "big", workFolder: "w" }, signal());
      assert.deepEqual(
        server.seen.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body)),
        [
          { name: "e2e-7", labels: ["e2e-7"], runner_group_id: 1 },
          { name: "e2e-7", labels: ["e2e-7"], runner_group_id: 3, work_folder: "w" },
        ],
      );
    });

    it("asks again for a name that is taken by a runner which no list shows yet, and gives up after three requests", async () => {
      let taken = 2;
      const jit = await client(({ method }) =>
        method === "GET" ? { body: { total_count: 0, runners: [] } } : taken-- > 0 ? TAKEN : CREATED,
      );
      assert.equal((await jit.create(REQUEST, signal())).runnerId, 41);
      taken = 10;
      await assert.rejects(jit.create(REQUEST, signal()), (error: GitHubError) => error.status === 409);
      assert.equal(creations(), 3 + 3);
    });

    it("decides by the runner's current state: a list may be a minute old", async () => {
      const runner = { id: 5, name: "e2e-7", status: "offline", busy: false, labels: [] };
      const jit = await client(({ method, path }) => {
        if (method === "POST") return TAKEN;
        return path.endsWith("/5") ? { body: { ...runner, status: "online" } } : { body: { total_count: 1, runners: [runner] } };
      });
      await assert.rejects(jit.create(REQUEST, signal()), RunnerNameInUse);
      assert.ok(server.calls.every((call) => !call.startsWith("DELETE")));
    });

    it("never puts the configuration into an error, whatever the reply lacks", async () => {
      const { runner, encoded_jit_config } = CREATED.body as any;
      const bodies = [
        { encoded_jit_config },
        { runner: { ...runner, id: "41" }, encoded_jit_config },
        { runner },
        { runner, encoded_jit_config: "" },
      ];
      for (const body of bodies) {
        const jit = await client(() => ({ status: 201, body }));
        await assert.rejects(jit.create(REQUEST, signal()), (error: Error) => {
          assert.match(error.message, /truncated or not what the API documents/);
          return !error.message.includes(encoded_jit_config);
        });
        if (body !== bodies.at(-1)) await server.stop();
      }
    });
  });
});
