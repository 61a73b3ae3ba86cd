import assert from "node:assert/strict";
import { GitHubError } from "../../../../functions/shared/github/error";
import { clients, type Clients } from "./served";

describe("the client of the App itself, against the GitHub stand-in", () => {
  let github: Clients;
  const signal = () => AbortSignal.timeout(20_000);
  afterEach(() => github.served.close());

  it("reads what the App may do and is informed of, without an installation of the App", async () => {
    github = await clients();
    github.served.github.faults.add({ route: /installation/, kind: "status", status: 500 });
    assert.deepEqual(await github.app.app(signal()), { slug: "ci-runners", permissions: { actions: "read" }, events: ["workflow_job"] });
  });

  it("points the App's webhook to an address and keeps its secret where none is given", async () => {
    github = await clients();
    assert.equal(await github.app.appHookUrl(signal()), undefined, "no address is configured");
    await github.app.setAppHook({ url: "https://function.example/", secret: "secret" }, signal());
    assert.equal(await github.app.appHookUrl(signal()), "https://function.example/");
    await github.app.setAppHook({ url: "https://function.example/moved" }, signal());
    github.served.github.queueJob({ name: "build", labels: ["pool"], repository: "example-org/app" });
    await github.served.github.deliveriesSettled();
    assert.equal(github.received[0]!.url, "https://function.example/moved");
    assert.ok(github.received[0]!.headers["x-hub-signature-256"], "still signed");
  });

  it("takes a missing configuration for no address, and no other failure", async () => {
    github = await clients();
    const { faults } = github.served.github;
    const fault = faults.add({ route: /hook\/config$/, kind: "status", status: 404 });
    assert.equal(await github.app.appHookUrl(signal()), undefined);
    fault.remove();
    faults.add({ route: /hook\/config$/, kind: "status", status: 403 });
    await assert.rejects(github.app.appHookUrl(signal()), (error: GitHubError) => error.status === 403);
  });

  it("names the remedy, and never the token, where a token is configured instead of an App", async () => {
    github = await clients({}, undefined, { credentials: { tokenSecret: "github-token" } });
    await assert.rejects(github.app.app(signal()), (error: unknown) => {
      assert.ok(error instanceof GitHubError);
      assert.match(error.message, /github-token holds a token, which cannot act as a GitHub App; configure an App instead/);
      return !error.message.includes("BEGIN");
    });
  });

  it("makes a new JWT once when GitHub rejects the present one", async () => {
    github = await clients();
    github.served.github.faults.add({ route: /^GET .*\/app$/, kind: "status", status: 401, times: 1 });
    assert.equal((await github.app.app(signal())).slug, "ci-runners");
  });

  it("does not let a limit of the App's own calls stop those of the installation, nor the other way about", async () => {
    github = await clients();
    const limit = { kind: "status", status: 429, headers: { "retry-after": "60" }, times: 1 } as const;
    github.served.github.faults.add({ route: /^GET .*\/app$/, ...limit });
    await assert.rejects(github.app.app(signal()), /rate limit until/);
    await assert.rejects(github.app.app(signal()), /not sent \(rate limit/);
    assert.equal((await github.actions.repositories(signal())).length, 1);
    github.served.github.faults.add({ route: /repositories$/, ...limit });
    await assert.rejects(github.actions.repositories(signal()), /rate limit until/);
    await assert.rejects(github.actions.repositories(signal()), /not sent \(rate limit/);
    assert.equal(github.actions.remainingQuota(), 0);
  });
});
