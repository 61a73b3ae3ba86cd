import assert from "node:assert/strict";
import type { GitHubScope } from "../../../../functions/shared/github/account";
import type { DeliveringHook } from "../../../../functions/shared/github/api";
import { GitHubHooks } from "../../../../functions/shared/github/hooks";
import { GitHubTransport } from "../../../../functions/shared/github/transport";
import { ORGANIZATION } from "../../../rehearsal/github/fixture";
import { LoopbackServer } from "../../support/server";
import { clients, type Clients, REPOSITORY } from "./served";

const OURS = "https://function.example/";

describe("the client of webhooks, against the GitHub stand-in", () => {
  let github: Clients;
  const signal = () => AbortSignal.timeout(20_000);
  const settled = () => github.served.github.deliveriesSettled();
  const settings = { url: OURS, secret: "secret", events: ["workflow_job"] };
  beforeEach(async () => void (github = await clients()));
  afterEach(() => github.served.close());

  const scopes: [name: string, scope: GitHubScope][] = [
    ["an organization", { organization: ORGANIZATION }],
    ["a repository", { owner: ORGANIZATION, repository: "app" }],
  ];
  for (const [name, scope] of scopes) {
    it(`makes one webhook of ${name} beside others, changes only it and removes only it`, async () => {
      const other = await github.hooks.putHook(scope, { ...settings, url: "https://another.example/" }, signal());
      const id = await github.hooks.putHook(scope, settings, signal());
      assert.notEqual(id, other);
      assert.equal(await github.hooks.putHook(scope, { ...settings, secret: "rotated" }, signal()), id);
      assert.deepEqual(await github.hooks.findHook(scope, OURS, signal()), { id, url: OURS, events: ["workflow_job"], active: true });
      assert.equal(await github.hooks.removeHook(scope, OURS, signal()), "deleted");
      assert.equal(await github.hooks.removeHook(scope, OURS, signal()), "gone");
      assert.equal((await github.hooks.findHook(scope, "https://another.example/", signal()))?.id, other);
    });

    it(`keeps a webhook of ${name} signed when it updates it, with JSON and only our events`, async () => {
      await github.hooks.putHook(scope, settings, signal());
      await github.hooks.putHook(scope, settings, signal());
      github.served.github.queueJob({ name: "build", labels: ["pool"], repository: REPOSITORY });
      await settled();
      const { headers } = github.received.at(-1)!;
      assert.equal(headers["content-type"], "application/json");
      assert.ok(headers["x-hub-signature-256"]);
    });
  }

  it("makes no second webhook when the reply to the first request is lost", async () => {
    await github.served.close();
    // Long enough for a busy machine: only the request whose reply is lost takes that long.
    github = await clients({}, undefined, {}, { callMs: 2_000 });
    const scope = { organization: ORGANIZATION };
    github.served.github.faults.add({ route: /^POST .*\/hooks$/, kind: "lost", times: 1 });
    const id = await github.hooks.putHook(scope, settings, signal());
    const requests = github.served.github.requestsUsed("installation ID 678");
    assert.equal(requests, 5, "a list, two attempts to create, a list and an update");
    assert.equal((await github.hooks.findHook(scope, OURS, signal()))?.id, id);
    await settled();
    assert.equal(github.received.length, 1, "one ping, for one webhook");
  });

  it("lists deliveries since a time and ends at the first older one", async () => {
    await github.app.setAppHook({ url: OURS, secret: "secret" }, signal());
    const { github: standIn } = github.served;
    standIn.webhookFaults.add({ event: /queued lost$/, kind: "lost" });
    for (let index = 0; index < 130; index++) {
      standIn.queueJob({ name: index % 13 === 0 ? "lost" : "build", labels: ["pool"], repository: REPOSITORY });
    }
    await settled();
    const all = await github.hooks.deliveries("app", 0, "all", signal());
    assert.deepEqual([all.deliveries.length, all.complete], [130, true]);
    const failed = await github.hooks.deliveries("app", 0, "failed", signal());
    assert.deepEqual([failed.deliveries.length, failed.deliveries[0]!.statusCode], [10, 502]);
    const newest = all.deliveries[0]!;
    assert.deepEqual([newest.event, newest.action, newest.redelivery, newest.statusCode], ["workflow_job", "queued", false, 200]);
    assert.deepEqual((await github.hooks.deliveries("app", newest.at + 1, "all", signal())).deliveries, []);
  });

  for (const [name, hookOf] of [
    ["the App", async (): Promise<DeliveringHook> => (await github.app.setAppHook(settings, signal()), "app")],
    ...scopes.map(
      ([name, scope]) =>
        [name, async (): Promise<DeliveringHook> => ({ scope, id: await github.hooks.putHook(scope, settings, signal()) })] as const,
    ),
  ] as const) {
    it(`has a lost delivery of ${name} sent again, under its GUID`, async () => {
      const hook = await hookOf();
      await settled();
      github.received.length = 0;
      github.served.github.webhookFaults.add({ event: /queued/, kind: "lost", times: 1 });
      github.served.github.queueJob({ name: "build", labels: ["pool"], repository: REPOSITORY });
      await settled();
      assert.equal(github.received.length, 0);
      const [lost] = (await github.hooks.deliveries(hook, 0, "failed", signal())).deliveries;
      assert.equal(await github.hooks.redeliver(hook, lost!.id, signal()), "accepted");
      await settled();
      assert.equal(github.received[0]?.headers["x-github-delivery"], lost!.guid);
      assert.equal(await github.hooks.redeliver(hook, "1", signal()), "gone");
    });
  }
});

describe("the client of webhooks", () => {
  let server: LoopbackServer;
  afterEach(() => server.stop());
  const connect = (body: unknown, headers: Record<string, string> = {}) => {
    const account = { apiUrl: server.url, scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    server.respond = () => ({ body, headers });
    return new GitHubHooks(new GitHubTransport(account, async () => "token", { retries: 0 }));
  };
  beforeEach(async () => void (server = await new LoopbackServer(() => ({ body: [] })).start()));
  const hook = { scope: { organization: "acme" }, id: 1 };
  const delivery = (id: string) =>
    `{"id": ${id}, "guid": "g", "delivered_at": "2026-11-22T00:00:00Z", "redelivery": false, "duration": 1, "status": "OK",
      "status_code": 200, "event": "ping", "action": null, "installation_id": null, "repository_id": null}`;

  it("reads an id of a delivery that no number represents exactly", async () => {
    const json = { "content-type": "application/json" };
    const hooks = connect(`[${delivery("12345678901234567890")}]`, json);
    assert.equal((await hooks.deliveries(hook, 0, "all", AbortSignal.timeout(5_000))).deliveries[0]!.id, "12345678901234567890");
  });

  it("reads a bounded number of pages of a list that links to itself, and says that it is incomplete", async () => {
    const headers = { "content-type": "application/json", link: '<https://api.github.com/x?cursor=v1_1>; rel="next"' };
    const hooks = connect(`[${delivery("1")}]`, headers);
    const { deliveries, complete } = await hooks.deliveries(hook, 0, "all", AbortSignal.timeout(20_000));
    assert.deepEqual([deliveries.length, complete, server.seen.length], [20, false, 20]);
    assert.equal(server.seen[1]!.query.get("cursor"), "v1_1");
  });

  it("does not take a delivery that is not as documented for none", async () => {
    const hooks = connect([{ id: 1 }]);
    await assert.rejects(hooks.deliveries(hook, 0, "all", AbortSignal.timeout(5_000)), /not what the API documents/);
  });
});
