import assert from "node:assert/strict";
import { UNUSED_WEBHOOK_URL, type WebhookSecrets } from "../../../../contract/workflow-jobs/webhook";
import { GitHubError } from "../../../../functions/shared/github/error";
import type { SetupPorts } from "../../../../functions/workflow-jobs/setup/ports";
import { setup } from "../../../../functions/workflow-jobs/setup/setup";
import { RecordingObserver } from "../../support/observer";
import { QuickClock } from "../../support/quick-clock";
import { FakeGitHub } from "../support/fake-github";

const URL = "https://abc.lambda-url.eu-central-1.on.aws/";
const OTHER = "https://ci.example.com/hook?token=abc";
const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci-runners-webhook/jobs-a1B2c3";

describe("the setup of the webhook", () => {
  let gitHub: FakeGitHub;
  let stored: WebhookSecrets | undefined;
  let clock: QuickClock;
  let observer: RecordingObserver;
  let ports: SetupPorts;
  let scope: "app" | "organization" | "repository" | "manual";
  let steps: string[];

  beforeEach(() => {
    gitHub = new FakeGitHub();
    [stored, clock, observer, scope, steps] = [undefined, new QuickClock(0, 15_000), new RecordingObserver(), "app", []];
    let made = 0;
    ports = {
      gitHub: () => gitHub,
      store: {
        read: async () => stored && { arn: ARN, secrets: stored },
        create: async (secrets) => ((stored = secrets), steps.push("create"), { arn: ARN, secrets }),
        useKey: async () => void steps.push("useKey"),
        write: async (secrets) => ((stored = secrets), void steps.push("write")),
        delete: async () => ((stored = undefined), void steps.push("delete")),
      },
      newSecret: () => `secret-${++made}`,
      clock,
    };
    gitHub.fault = (call) => void steps.push(call);
  });

  const run = (input: object) => setup({ workflowJobs: "jobs", ...input }, ports, { name: "jobs", webhookScope: () => scope }, observer);
  const check = (fields: object = {}) => run({ task: "check-app", scope: "app", takeOver: false, ...fields });
  const own = (fields: object = {}, action = "create", previous: object | null = null) =>
    run({ task: "own-webhook", url: URL, scope: "app", takeOver: false, tf: { action, prev_input: previous }, ...fields });
  const rotate = () => run({ task: "rotate-secret" });
  /** Whether a result, an error or a log line contains a secret or another's path. */
  const assertNothingLeaks = (...shown: unknown[]) =>
    assert.doesNotMatch(JSON.stringify([...shown, observer.lines]), /secret-\d|token=abc/);

  describe("before anything is created", () => {
    it("passes an App with the event and the permission whose webhook is unused", async () => {
      for (const url of [undefined, "", UNUSED_WEBHOOK_URL]) {
        gitHub.hookUrl = url;
        assert.deepEqual(await check(), { left: [] });
      }
      assert.ok(!steps.includes("create") && !steps.includes("setAppHook"), "a check changes nothing");
    });

    it("names everything that the App lacks, with the remedy", async () => {
      gitHub.description = { slug: "our-ci", permissions: { metadata: "read" }, events: ["push"] };
      await assert.rejects(check(), (error: Error) => {
        assert.match(error.message, /App our-ci lacks the event workflow_job/);
        assert.match(error.message, /lacks the permission Actions: read/);
        assert.match(error.message, /App's settings, and accept the change/);
        return true;
      });
    });

    it("demands the permission for a webhook of its own, but not the App's event, which it does not use", async () => {
      const permissions = { actions: "read", organization_self_hosted_runners: "read" };
      gitHub.description = { slug: "ci", permissions, events: [] };
      gitHub.hookUrl = OTHER;
      await assert.rejects(check({ scope: "organization" }), /organization_hooks: write/);
      await assert.rejects(check({ scope: "repository" }), /repository_hooks: write/);
      gitHub.description = { ...gitHub.description, permissions: { ...permissions, organization_hooks: "write" } };
      assert.deepEqual(await check({ scope: "organization" }), { left: [] });
      assert.deepEqual(await check({ scope: "manual" }), { left: [] });
    });

    it("demands the permission to read an organization's runner groups, which a repository does not have", async () => {
      const { organization_self_hosted_runners: _, ...permissions } = gitHub.description.permissions;
      gitHub.description = { ...gitHub.description, permissions };
      await assert.rejects(check(), /lacks the permission Self-hosted runners: read/);
      gitHub.scope = { owner: "octo-org", repository: "app" };
      assert.deepEqual(await check(), { left: [] });
    });

    it("demands the permission to run jobs again only where a pool wants that", async () => {
      gitHub.description = { ...gitHub.description, permissions: { ...gitHub.description.permissions, actions: "read" } };
      assert.deepEqual(await check({ rerunLostJobs: false }), { left: [] });
      await assert.rejects(check({ rerunLostJobs: true }), /lacks the permission Actions: read and write, for rerunLostJobs/);
    });

    it("refuses another's webhook by its host, unless it may be taken over", async () => {
      gitHub.hookUrl = OTHER;
      const error = await check().then(
        () => assert.fail("not refused"),
        (thrown: Error) => thrown,
      );
      assert.match(error.message, /already points at ci\.example\.com.*webhook\.scope.*webhook\.takeOver/);
      assertNothingLeaks(error.message);
      assert.deepEqual(await check({ takeOver: true }), { left: [] });
    });

    it("recognizes the webhook of an earlier deployment as ours", async () => {
      [gitHub.hookUrl, stored] = [URL, { current: "secret-0", url: URL }];
      assert.deepEqual(await check(), { left: [] });
    });

    it("fails while GitHub is away: the deployment can be repeated, an unchecked one cannot be undone", async () => {
      gitHub.fault = () => {
        throw new GitHubError("GET /app: 502", 502);
      };
      await assert.rejects(check(), /502/);
    });
  });

  describe("of the stack's webhook", () => {
    it("makes the secret, gives it to GitHub, and returns only its ARN", async () => {
      const result = await own();
      assert.deepEqual(result, { secretArn: ARN, left: [] });
      assert.deepEqual([gitHub.hookUrl, gitHub.hookSecret, stored], [URL, "secret-1", { current: "secret-1", url: URL }]);
      assertNothingLeaks(result);
    });

    it("changes nothing when it is repeated, and finishes what failed half-way", async () => {
      gitHub.fault = (call) => {
        if (call === "setAppHook") throw new GitHubError("502", 502);
      };
      await assert.rejects(own({}, "update", { url: URL, scope: "app" }), /502/);
      gitHub.fault = () => {};
      await own({}, "update", { url: URL, scope: "app" });
      await own({}, "update", { url: URL, scope: "app" });
      assert.deepEqual([gitHub.hookSecret, stored], ["secret-1", { current: "secret-1", url: URL }]);
    });

    it("leaves nothing behind if its creation fails: the stack has no state of it that a destroy could remove", async () => {
      gitHub.fault = (call) => {
        if (call === "setAppHook") throw new GitHubError("502", 502);
      };
      await assert.rejects(own(), /502/);
      assert.equal(stored, undefined);
      gitHub.fault = () => {};
      ports.store.write = () => Promise.reject(new Error("throttled"));
      await assert.rejects(own(), /throttled/);
      assert.deepEqual([stored, gitHub.hookUrl], [undefined, UNUSED_WEBHOOK_URL], "also what GitHub had got already");
    });

    it("keeps the secret of an earlier attempt if its creation fails again: that invocation did not make it", async () => {
      stored = { current: "secret-0" };
      gitHub.fault = (call) => {
        if (call === "setAppHook") throw new GitHubError("502", 502);
      };
      await assert.rejects(own(), /502/);
      assert.deepEqual(stored, { current: "secret-0" });
    });

    it("follows a new function URL: the old address is ours, not another's", async () => {
      await own();
      const next = URL.replace("abc", "def");
      await own({ url: next }, "update", { url: URL, scope: "app" });
      assert.deepEqual([gitHub.hookUrl, stored?.url], [next, next]);
    });

    it("takes no webhook that became another's since the check", async () => {
      gitHub.hookUrl = OTHER;
      await assert.rejects(own(), /ci\.example\.com/);
      assert.deepEqual([gitHub.hookUrl, stored], [OTHER, undefined]);
      await own({ takeOver: true });
      assert.equal(gitHub.hookUrl, URL);
    });

    it("gives the App's webhook up when it becomes the organization's, and the other way round", async () => {
      await own();
      await own({ scope: "organization" }, "update", { url: URL, scope: "app" });
      assert.deepEqual(
        [gitHub.hookUrl, gitHub.ownHooks.map(({ url, events, secret }) => [url, events, secret])],
        [UNUSED_WEBHOOK_URL, [[URL, ["workflow_job"], "secret-1"]]],
      );
      await own({}, "update", { url: URL, scope: "organization" });
      assert.deepEqual([gitHub.hookUrl, gitHub.ownHooks], [URL, []]);
    });

    describe("that was another App's or account's before", () => {
      const API = "https://api.github.com";
      const before = { url: URL, app: `12@${API}`, account: "octo-org" };
      const change = (scope: string, fields: object) => own({ ...before, scope, ...fields }, "update", { ...before, scope });
      const asked: (string | undefined)[] = [];
      let former: FakeGitHub;

      beforeEach(async () => {
        former = new FakeGitHub();
        asked.length = 0;
        ports.gitHub = (account) => {
          asked.push(account);
          return account === "octo-org" ? former : gitHub;
        };
        stored = { current: "secret-1", url: URL };
      });

      it("removes it from the former organization, where the App may still be installed", async () => {
        former.ownHooks = [{ id: 1, url: URL, secret: "secret-1", events: ["workflow_job"], active: true }];
        const { left } = await change("organization", { account: "other-org" });
        assert.deepEqual([left, former.ownHooks, gitHub.ownHooks.map(({ url }) => url)], [[], [], [URL]]);
      });

      it("reports it if the App is no longer installed there: it still points here, with a valid secret", async () => {
        former.fault = () => {
          throw new GitHubError("GET /orgs/octo-org/installation: 404", 404);
        };
        const { left } = await change("organization", { account: "other-org" });
        assert.match(left.join(), /^GitHub's webhook \(organization octo-org\): .*404; remove it in GitHub's settings$/);
        assert.equal(observer.messages("warn").length, 1);
      });

      it("reports that of another App, whose key the component no longer has", async () => {
        for (const app of [`13@${API}`, "12@https://ghe.example.com/api/v3"]) {
          const { left } = await change("app", { app });
          assert.match(left.join(), /^GitHub's webhook \(app 12@https:\/\/api\.github\.com\): .*remove it in GitHub's settings$/);
        }
        const { left } = await change("repository", { app: "12@https://ghe.example.com/api/v3" });
        assert.equal(left.length, 1, "another server's");
        assertNothingLeaks(observer.lines, left);
      });

      it("gives up nothing that is one webhook before and after", async () => {
        assert.deepEqual((await change("app", { account: "other-org" })).left, [], "an App has one");
        assert.equal(gitHub.hookUrl, URL);
        assert.deepEqual((await change("organization", { app: `13@${API}` })).left, [], "the organization's has our address");
        assert.equal(gitHub.ownHooks.length, 1);
        assert.deepEqual((await own({ scope: "app", ...before }, "update", { url: URL, scope: "app" })).left, [], "an earlier input");
        assert.deepEqual(
          asked.filter((account) => account !== undefined),
          [],
        );
      });
    });

    it("leaves GitHub to the operator where the webhook is manual, and says what to do without the secret", async () => {
      const result = await own({ scope: "manual" });
      assert.match(result.left.join(), /workflow_job.*application\/json.*abc\.lambda-url/);
      assert.deepEqual([stored, gitHub.calls], [{ current: "secret-1", url: URL }, []]);
      assertNothingLeaks(result);
    });
  });

  describe("when the stack is destroyed", () => {
    it("removes the webhook while it is ours, then the secret", async () => {
      await own();
      steps.length = 0;
      assert.deepEqual(await own({}, "delete"), { left: [] });
      assert.deepEqual([gitHub.hookUrl, stored], [UNUSED_WEBHOOK_URL, undefined]);
      assert.deepEqual(steps, ["appHookUrl", "setAppHook", "delete"]);
      await own({ scope: "organization" });
      await own({ scope: "organization" }, "delete");
      assert.deepEqual(gitHub.ownHooks, []);
    });

    it("leaves a webhook that is another's by now", async () => {
      await own();
      gitHub.hookUrl = OTHER;
      assert.deepEqual(await own({}, "delete"), { left: [] });
      assert.deepEqual([gitHub.hookUrl, stored], [OTHER, undefined]);
    });

    it("is not blocked by GitHub, nor by Secrets Manager: it says what is left", async () => {
      await own();
      gitHub.fault = () => {
        throw new GitHubError("GET /app/hook/config: 401", 401);
      };
      ports.store.delete = () => Promise.reject(new Error("denied"));
      const { left } = await own({}, "delete");
      assert.equal(left.length, 2);
      assert.match(left.join(), /401; remove it in GitHub's settings.*denied/);
      assert.equal(observer.messages("error").length, 1);
    });

    it("ends in time even if GitHub never answers", async () => {
      await own();
      gitHub.app.appHookUrl = () => new Promise<never>(() => {});
      ports.clock = new QuickClock(0, 60_000);
      const { left } = await own({}, "delete");
      assert.match(left.join(), /longer than 60000 ms/);
      assert.equal(stored, undefined);
    });
  });

  describe("in a rotation", () => {
    beforeEach(async () => {
      await own();
      steps.length = 0;
    });

    it("accepts the new secret everywhere before GitHub gets it, and the old one until the next rotation", async () => {
      const result = await rotate();
      assert.deepEqual(stored, { current: "secret-2", previous: "secret-1", url: URL });
      assert.equal(gitHub.hookSecret, "secret-2");
      assert.deepEqual(steps, ["appHookUrl", "write", "setAppHook", "write"]);
      assert.ok(clock.pauses.includes(12_500), "longer than any process uses what it has read");
      assert.deepEqual(result, { secretArn: ARN, left: [] });
      assertNothingLeaks(result);
    });

    it("revokes the first secret only when it is done twice, as the guide and the command say", async () => {
      await rotate();
      assert.equal(stored?.previous, "secret-1");
      await rotate();
      assert.deepEqual([stored?.current, stored?.previous], ["secret-3", "secret-2"]);
    });

    it("is finished by the next one if GitHub did not get the secret: a third would lose the first", async () => {
      gitHub.fault = (call) => {
        if (call === "setAppHook") throw new GitHubError("502", 502);
      };
      await assert.rejects(rotate(), /502/);
      assert.deepEqual([stored?.current, stored?.previous, gitHub.hookSecret], ["secret-2", "secret-1", "secret-1"]);
      await assert.rejects(rotate(), /502/);
      assert.equal(stored?.previous, "secret-1", "GitHub still signs with it");
      gitHub.fault = () => {};
      await rotate();
      assert.deepEqual([stored, gitHub.hookSecret], [{ current: "secret-2", previous: "secret-1", url: URL }, "secret-2"]);
    });

    it("and another at the same time leave GitHub and the store with one secret: its half would refuse every delivery", async () => {
      const results = await Promise.allSettled([rotate(), rotate()]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      const failed = results.find((result) => result.status === "rejected");
      assert.match(String(failed?.reason), /replaced meanwhile, by another rotation or deployment; repeat/);
      assert.deepEqual([gitHub.hookSecret, stored?.previous, stored?.unfinished], [stored?.current, "secret-1", undefined]);
    });

    it("does not undo another that began while GitHub was slow", async () => {
      gitHub.fault = (call) => {
        if (call === "setAppHook") stored = { current: "secret-9", previous: "secret-2", url: URL, unfinished: true };
      };
      await assert.rejects(rotate(), /replaced meanwhile/);
      assert.deepEqual(stored, { current: "secret-9", previous: "secret-2", url: URL, unfinished: true });
    });

    it("keeps a deployment from giving GitHub the new secret before every process of the webhook knows it", async () => {
      stored = { current: "secret-2", previous: "secret-1", url: URL, unfinished: true };
      await own({}, "update", { url: URL, scope: "app" });
      assert.ok(clock.pauses.includes(12_500));
    });

    it("is also finished by the next deployment", async () => {
      stored = { current: "secret-2", previous: "secret-1", url: URL, unfinished: true };
      await own({}, "update", { url: URL, scope: "app" });
      assert.deepEqual([stored, gitHub.hookSecret], [{ current: "secret-2", previous: "secret-1", url: URL }, "secret-2"]);
    });

    it("gives no secret to a webhook that is another's by now", async () => {
      gitHub.hookUrl = OTHER;
      await assert.rejects(rotate(), /ci\.example\.com/);
      assert.equal(stored?.current, "secret-1");
    });

    it("updates the organization's webhook, and asks the operator for a manual one", async () => {
      await own({ scope: "organization" }, "update", { url: URL, scope: "app" });
      scope = "organization";
      await rotate();
      assert.equal(gitHub.ownHooks[0]?.secret, stored?.current);
      scope = "manual";
      const result = await rotate();
      assert.match(result.left.join(), /before the next rotation/);
      assertNothingLeaks(result);
    });

    it("needs a deployed webhook", async () => {
      stored = undefined;
      await assert.rejects(rotate(), /deploy the stack first/);
    });
  });

  it("does nothing on any other input: of another component, or without a known task", async () => {
    for (const input of [
      null,
      "rotate-secret",
      {},
      { workflowJobs: "other", task: "rotate-secret" },
      { workflowJobs: "jobs", task: "unknown" },
      { workflowJobs: "jobs", task: "check-app", scope: "team" },
      { workflowJobs: "jobs", task: "own-webhook", scope: "app", url: "no address" },
      { workflowJobs: "jobs", task: "own-webhook", scope: "app", url: URL, tf: { action: "replace" } },
      { workflowJobs: "jobs", task: "check-app", scope: "app", tf: { action: "delete" } },
    ]) {
      assert.deepEqual(await setup(input, ports, { name: "jobs", webhookScope: () => "app" }, observer), { left: [] });
    }
    assert.deepEqual([stored, steps], [undefined, []]);
  });
});
