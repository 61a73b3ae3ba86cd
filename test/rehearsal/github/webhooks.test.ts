import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import { type App, GitHub, type Installation } from "../../../rehearsal/github";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { deliveryDifferences } from "./webhook-schemas";

const SECRET = "webhook-secret";
const URL_OF_APP = "https://function.example/app";
const PUBLIC_KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).publicKey;

interface Received {
  at: number;
  url: string;
  headers: Record<string, string>;
  body: string;
  payload: any;
}

describe("the GitHub stand-in's webhooks", () => {
  let clock: VirtualClock;
  let timeline: Timeline;
  let github: GitHub;
  let received: Received[];
  /** What the receiver answers; may take its time or fail. */
  let answer: () => Promise<number>;
  let runners: number;

  beforeEach(() => {
    clock = new VirtualClock({ promisesOnly: true });
    timeline = new Timeline(() => clock.now());
    received = [];
    answer = async () => 200;
    runners = 0;
    github = new GitHub(clock, timeline, {
      wallNow: () => clock.now(),
      deliver: (url, headers, body) => {
        received.push({ at: clock.now(), url, headers, body, payload: JSON.parse(body) });
        return answer();
      },
    });
    github.registerToken("token", ["acme", "acme/app"]);
  });
  afterEach(() => github.close());

  const registerApp = (more: Partial<App> = {}, installation: Partial<Installation> = {}) =>
    github.registerApp({
      id: 1,
      slug: "ci-runners",
      publicKey: PUBLIC_KEY,
      installations: [{ id: 7, account: "acme", accountType: "Organization", permissions: { actions: "read" }, ...installation }],
      events: ["workflow_job"],
      webhook: { url: URL_OF_APP, secret: SECRET },
      ...more,
    });
  const call = (method: string, path: string, body: Record<string, unknown> = {}) => {
    const [address = "", query = ""] = path.split("?");
    return github.request({
      method,
      host: "api.github.com",
      path: address,
      query: new URLSearchParams(query),
      origin: "https://api.github.com",
      apiVersion: "2022-11-28",
      ifNoneMatch: "",
      authorization: "token token",
      body,
      signal: new AbortController().signal,
    }) as Promise<{ status: number; body: any }>;
  };
  const hook = (scope: string, url: string) =>
    call("POST", `${scope}/hooks`, { name: "web", events: ["workflow_job"], config: { url, secret: SECRET, content_type: "json" } });
  const queue = (name = "build", more = {}) => github.queueJob({ name, labels: ["Pool"], repository: "acme/app", ...more });
  const settle = () => clock.flow(() => github.deliveriesSettled());
  const actions = () => received.map(({ payload }) => payload.action);

  /** Runs the longest-waiting job on a new runner. */
  async function run(result: "Succeeded" | "Failed" = "Succeeded", group?: string) {
    const token = github.mintRegistrationToken("acme");
    const name = `i-${++runners}`;
    const url = "https://github.com/acme";
    const { runnerId } = github.register({ url, token, name, labels: ["pool"], systemLabels: ["self-hosted"], ephemeral: true, group });
    const { sessionId } = github.protocol.createSession({ runnerId });
    const message = await clock.flow(() => github.protocol.poll({ sessionId, status: "Online", waitMs: 1_000 }));
    if (message?.messageType !== "RunnerJobRequest") return undefined;
    const { jobId } = message.body;
    github.protocol.acquire({ runnerId, jobId });
    await clock.flow(() => clock.sleep(5_000));
    github.protocol.complete({ jobId, result });
    return jobId;
  }

  it("are signed as GitHub's own library verifies, and have the payload and headers of GitHub's description at each status", async () => {
    registerApp();
    await hook("/orgs/acme", "https://function.example/org");
    await hook("/repos/acme/app", "https://function.example/repo");
    const waits = queue("deploy", { begins: "waiting" });
    queue("lint", { begins: "skipped" });
    github.cancelJob(queue("stale"));
    github.approveJob(waits);
    await run();
    await settle();
    const judge = new Webhooks({ secret: SECRET });
    for (const { headers, body, payload } of received) {
      assert.deepEqual(deliveryDifferences(headers, payload), [], `${headers["x-github-event"]} ${payload.action}`);
      assert.ok(await judge.verify(body, headers["x-hub-signature-256"]!));
      assert.match(headers["user-agent"]!, /^GitHub-Hookshot\//);
      assert.equal(
        "installation" in payload,
        headers["x-github-hook-installation-target-type"] === "integration" && payload.zen === undefined,
      );
    }
    assert.equal(received.filter(({ headers }) => headers["x-github-event"] === "ping").length, 2, "one for each hook that was created");
    const told = received
      .filter(({ url }) => url === URL_OF_APP)
      .map(({ payload }) => `${payload.workflow_job.name} ${payload.action} ${payload.workflow_job.conclusion}`);
    assert.deepEqual(told, [
      "deploy waiting null",
      "lint completed skipped",
      "stale queued null",
      "stale completed cancelled",
      "deploy queued null",
      "deploy in_progress null",
      "deploy completed success",
    ]);
    assert.equal(received.length, 2 + 3 * told.length);
    assert.ok(timeline.events.some((event) => event.kind === "webhook" && event.outcome === "200 OK"));
  });

  it("name the runner and its group from the start on, and none while the job is queued", async () => {
    registerApp();
    github.addRunnerGroup("acme", "linux", ["acme/app"]);
    queue();
    await run("Failed", "linux");
    await settle();
    const [queued, started, completed] = received.map(({ payload }) => payload.workflow_job);
    assert.deepEqual([queued.runner_id, queued.runner_name, queued.runner_group_id], [null, null, null]);
    assert.deepEqual([started.runner_name, started.runner_group_name, started.completed_at], ["i-1", "linux", null]);
    assert.deepEqual([completed.conclusion, completed.runner_name], ["failure", "i-1"]);
    assert.equal(Date.parse(completed.completed_at) - Date.parse(completed.started_at), 5_000);
    const acquired = timeline.events.find((event) => event.kind === "job" && event.change === "acquired");
    assert.equal(acquired?.kind === "job" && acquired.queuedAt, Date.parse(queued.created_at), "queue times can be reported");
  });

  it("do not reach an App without the event, the permission, an address or the repository", async () => {
    registerApp({ id: 1, events: [] });
    registerApp({ id: 2 }, { permissions: {} });
    registerApp({ id: 3, webhook: undefined });
    registerApp({ id: 4 }, { repositories: ["other"] });
    queue();
    await settle();
    assert.deepEqual(received, []);
    assert.ok(timeline.events.every(({ kind }) => kind !== "webhook"));
  });

  it("count as failed after 10 s without an answer, at an error, and without a connection, and are never sent again by themselves", async () => {
    const { body: created } = await hook("/orgs/acme", URL_OF_APP);
    await settle();
    const answers = [() => clock.sleep(10_001).then(() => 200), async () => 500, () => Promise.reject(new Error("ECONNREFUSED"))];
    for (const [index, one] of answers.entries()) {
      answer = one;
      queue(`job-${index}`);
      await settle();
    }
    await clock.flow(() => clock.sleep(3_600_000));
    assert.equal(received.length, 4);
    const { body } = await call("GET", `/orgs/acme/hooks/${created.id}/deliveries`);
    const shown = body.map((one: any) => [one.status_code, one.status, one.duration]);
    assert.deepEqual(shown, [
      [0, "failed to connect to host", 0],
      [500, "Invalid HTTP Response: 500", 0],
      [0, "timed out", 10],
      [200, "OK", 0],
    ]);
    assert.equal((await call("GET", `/orgs/acme/hooks/${created.id}/deliveries?status=failure`)).body.length, 3);
  });

  it("are sent again on request, under the same GUID and with the present secret, within 3 days", async () => {
    const { body: created } = await hook("/orgs/acme", URL_OF_APP);
    github.webhookFaults.add({ event: /queued build$/, kind: "lost", times: 1 });
    queue();
    await settle();
    assert.equal(received.length, 1, "only the ping");
    const base = `/orgs/acme/hooks/${created.id}`;
    const [lost] = (await call("GET", `${base}/deliveries?status=failure`)).body;
    await call("PATCH", `${base}/config`, { secret: "rotated" });
    assert.equal((await call("POST", `${base}/deliveries/${lost.id}/attempts`)).status, 202);
    await settle();
    const [, again] = received;
    assert.equal(again!.headers["x-github-delivery"], lost.guid);
    assert.ok(await new Webhooks({ secret: "rotated" }).verify(again!.body, again!.headers["x-hub-signature-256"]!));
    const [newest] = (await call("GET", `${base}/deliveries`)).body;
    assert.deepEqual([newest.redelivery, newest.status, newest.guid], [true, "OK", lost.guid]);
    await clock.flow(() => clock.sleep(3 * 86_400_000 + 1));
    assert.deepEqual((await call("GET", `${base}/deliveries`)).body, []);
    assert.equal((await call("POST", `${base}/deliveries/${lost.id}/attempts`)).status, 404);
  });

  it("fail as the scenario says: never generated, twice, late, in the wrong order, or signed by another", async () => {
    registerApp();
    const faults = github.webhookFaults;
    faults.add({ event: /queued absent$/, kind: "lost", generated: false });
    faults.add({ event: /queued twice$/, kind: "duplicated", times: 1 });
    faults.add({ event: /queued late$/, kind: "delayed", ms: 90_000 });
    faults.add({ event: /queued second$/, kind: "swapped" });
    faults.add({ event: /queued forged$/, kind: "forged" });
    const begin = clock.now();
    for (const name of ["absent", "twice", "late", "second", "first", "forged"]) queue(name);
    await settle();
    const seen = received.map(({ payload, at }) => `${payload.workflow_job.name} ${(at - begin) / 1000}`);
    assert.deepEqual(seen, ["twice 0", "first 0", "forged 0", "twice 0", "second 0", "late 90"]);
    const [first, , forged, second] = received;
    assert.equal(first!.headers["x-github-delivery"], second!.headers["x-github-delivery"]);
    assert.equal(await new Webhooks({ secret: SECRET }).verify(forged!.body, forged!.headers["x-hub-signature-256"]!), false);
  });

  for (const [events, told] of [
    ["late", ["queued", "in_progress"]],
    ["never", ["in_progress"]],
  ] as const) {
    it(`come ${events} from the time in which GitHub is away, when it assigns no job either`, async () => {
      registerApp();
      const back = github.goAway(events);
      queue();
      assert.equal((await call("GET", "/orgs/acme/actions/runners")).status, 503);
      assert.equal(await run(), undefined, "no job is assigned");
      await clock.flow(() => clock.sleep(120_000));
      assert.deepEqual(received, []);
      back();
      await run();
      await settle();
      assert.deepEqual(actions(), [...told, "completed"]);
    });
  }
});
