import assert from "node:assert/strict";
import { poolKey, WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { GitHubError } from "../../../../functions/shared/github/error";
import { observedJob } from "../../../../functions/workflow-jobs/shared/observed-job";
import { applyJob } from "../../../../functions/workflow-jobs/shared/row-writes";
import type { FakeGitHub } from "../support/fake-github";
import { Harness, NOW, POOL } from "../support/harness";
import { jobPayload } from "../support/payloads";

const MINUTE = 60_000;

describe("the reconciler", () => {
  let harness: Harness;
  let gitHub: FakeGitHub;
  beforeEach(async () => ({ gitHub } = harness = await Harness.create()));

  const statusOf = async (id: number) => (await harness.ledger.job(id))?.jobStatus;

  describe("of the queue", () => {
    it("adds a job whose delivery was lost, and signals its pool", async () => {
      gitHub.set({ id: 11 });
      await harness.reconcile();
      assert.deepEqual(await harness.open(), [11]);
      assert.deepEqual(harness.announced, ["ci-dev"]);
      assert.equal(harness.observer.counts.RepairedJobs, 1);
    });

    it("adds none that waits for an approval, has ended, or is another's", async () => {
      gitHub.set({ id: 1, status: "waiting" });
      gitHub.set({ id: 2, status: "completed", conclusion: "success" });
      gitHub.set({ id: 3, labels: ["ubuntu-latest"] });
      gitHub.set({ id: 4 });
      gitHub.set({ id: 5, status: "pending" });
      gitHub.set({ id: 6, status: "requested" });
      await harness.reconcile();
      assert.deepEqual(await harness.open(), [4]);
    });

    it("corrects a job that started, and closes those that ended, without their deliveries", async () => {
      for (const id of [1, 2, 3]) await harness.send(jobPayload("queued", { id }));
      gitHub.set({ id: 1, status: "in_progress", runner: "i-1" });
      gitHub.set({ id: 2, status: "completed", conclusion: "cancelled" });
      gitHub.set({ id: 3 });
      await harness.nextRun();
      assert.deepEqual([await statusOf(1), await statusOf(2), await statusOf(3)], ["in_progress", "completed", "queued"]);
      assert.equal((await harness.ledger.job(1))?.runner, "i-1");
      assert.deepEqual(await harness.open(), [1, 3]);
      assert.equal(harness.observer.counts.RepairedJobs, 2);
    });

    it("asks once for all jobs of a run that ended: a matrix may have 256", async () => {
      for (let id = 1; id <= 30; id++) {
        await harness.send(jobPayload("queued", { id }));
        gitHub.set({ id, status: "completed", conclusion: "success" });
      }
      await harness.nextRun();
      assert.deepEqual(await harness.open(), []);
      assert.deepEqual([gitHub.callsTo("jobs ").length, gitHub.callsTo("job ").length], [1, 0]);
    });

    it("holds back a queued job that GitHub holds back, but not if an event came after the read", async () => {
      await harness.send(jobPayload("queued", { id: 1 }));
      await harness.send(jobPayload("queued", { id: 2, run_id: 8 }));
      gitHub.set({ id: 1, status: "waiting" });
      gitHub.set({ id: 2, runId: 8, status: "waiting" });
      harness.clock.advance(5 * MINUTE);
      let raced = false;
      gitHub.fault = (call) => {
        if (call !== "job 2" || raced) return;
        raced = true;
        // Between the read and the write: the job is confirmed at a later time than GitHub's answer.
        const confirmedAt = new Date(harness.clock.now() + 1).toISOString();
        void harness.table.update({ key: { pk: "job#2", sk: "job" }, set: { confirmedAt } });
      };
      await harness.reconcile();
      assert.ok(raced);
      assert.deepEqual(await harness.open(), [2]);
      assert.equal(await statusOf(1), "waiting");
      await harness.send(jobPayload("in_progress", { id: 1 }));
      assert.equal(await statusOf(1), "in_progress");
    });

    it("never lets GitHub's lagging lists undo an event", async () => {
      await harness.send(jobPayload("in_progress"));
      gitHub.set({ id: 11, status: "queued" });
      await harness.nextRun();
      assert.equal(await statusOf(11), "in_progress");
      await harness.send(jobPayload("completed"));
      await harness.nextRun();
      assert.equal(await statusOf(11), "completed");
    });

    it("closes as lost what GitHub does not know, and what it has not confirmed for 48 h", async () => {
      await harness.send(jobPayload("queued", { id: 1 }));
      await harness.nextRun();
      const lost = await harness.ledger.job(1);
      assert.deepEqual([lost?.jobStatus, lost?.conclusion], ["completed", "lost"]);
      await harness.send(jobPayload("queued", { id: 2 }));
      gitHub.fault = (call) => {
        if (call.startsWith("job") || call.startsWith("runs")) throw new GitHubError("502", 502);
      };
      for (let hours = 0; hours < 42; hours += 6) await harness.nextRun(360);
      assert.equal(await statusOf(2), "queued");
      await harness.nextRun(361);
      assert.equal(await statusOf(2), "completed");
    });

    it("opens a job again that it closed as lost, if GitHub lists it, and never one that GitHub completed", async () => {
      for (const id of [1, 2]) await harness.send(jobPayload("queued", { id, run_id: id }));
      gitHub.set({ id: 2, runId: 2, status: "completed", conclusion: "cancelled" });
      await harness.nextRun();
      assert.deepEqual([(await harness.ledger.job(1))?.conclusion, await harness.open()], ["lost", []]);
      for (const id of [1, 2]) gitHub.set({ id, runId: id, status: "queued", conclusion: undefined });
      await harness.nextRun();
      const row = await harness.ledger.job(1);
      assert.deepEqual([await harness.open(), row?.conclusion, row?.completedAt], [[1], undefined, undefined]);
      await harness.send(jobPayload("completed", { id: 1, run_id: 1 }));
      assert.deepEqual(await harness.open(), []);
    });

    it("asks for nothing that is younger than a minute: its event may be ahead of GitHub's database", async () => {
      await harness.send(jobPayload("queued"));
      await harness.reconcile();
      assert.deepEqual([await statusOf(11), gitHub.callsTo("job ").length], ["queued", 0]);
    });

    it("confirms what is still open, at most once a minute", async () => {
      await harness.send(jobPayload("queued"));
      gitHub.set({ id: 11 });
      await harness.nextRun();
      const confirmed = Date.parse((await harness.ledger.job(11))!.confirmedAt);
      assert.ok(confirmed >= NOW + 5 * MINUTE);
      await harness.nextRun(0.5);
      assert.equal(Date.parse((await harness.ledger.job(11))!.confirmedAt), confirmed);
    });
  });

  describe("of jobs whose pool is gone", () => {
    const leave = async () => {
      await harness.register({ pool: "old", labels: ["self-hosted", "gpu"], priority: 0 });
      await harness.send(jobPayload("queued", { id: 1, labels: ["self-hosted", "gpu"] }));
      gitHub.set({ id: 1, labels: ["self-hosted", "gpu"] });
      assert.deepEqual(await harness.open("old"), [1]);
      harness.announced.length = 0;
      await harness.table.delete(poolKey("old", "registration"));
    };

    it("gives them to the pool that serves them now, or they would wait in a list that no one reads", async () => {
      await leave();
      await harness.register({ pool: "new", labels: ["self-hosted", "gpu"], priority: 0 });
      await harness.nextRun();
      assert.deepEqual([await harness.open("old"), await harness.open("new")], [[], [1]]);
      assert.deepEqual(harness.announced, ["new"]);
    });

    it("reports those that no pool serves any more", async () => {
      await leave();
      await harness.nextRun();
      const row = await harness.ledger.job(1);
      assert.deepEqual([row?.pool, row?.cause, await harness.open("old")], [undefined, WaitCause.NoPool, []]);
      assert.equal(harness.observer.counts.UnservedJobs, 1);
    });

    it("takes no row for theirs that an event has just put into its pool's list", async () => {
      let sent: Promise<unknown> | undefined;
      gitHub.set({ id: 11 });
      // After the lists were read, and before GitHub's answer is compared with them.
      gitHub.fault = (call) => {
        if (call.startsWith("jobs")) sent ??= harness.ledger.write(applyJob(observedJob(gitHub.jobs.get(11)!, "octo-org/app"), POOL, NOW));
      };
      const { jobs } = gitHub.actions;
      gitHub.actions.jobs = async (...args: Parameters<typeof jobs>) => {
        const reply = await jobs(...args);
        await sent;
        return reply;
      };
      await harness.nextRun();
      assert.ok(sent);
      assert.deepEqual([await harness.open(), harness.observer.counts.RepairedJobs], [[11], 0]);
    });
  });

  it("adds no job of another account, in which the App is installed, too", async () => {
    gitHub.set({ id: 1, repository: "another-org/app" });
    gitHub.set({ id: 2, repository: "Octo-Org/app", runId: 8 });
    for (let run = 0; run < 6; run++) await harness.nextRun();
    assert.deepEqual(await harness.open(), [2]);
  });

  describe("of the repositories", () => {
    it("reads the active ones in each run, and all others once in 30 min", async () => {
      for (let n = 0; n < 60; n++) gitHub.extraRepositories.push({ name: `octo-org/r${n}`, dormant: n >= 54 });
      gitHub.set({ id: 1, repository: "octo-org/app" });
      await harness.send(jobPayload("queued", { id: 1 }));
      const reads: number[] = [];
      for (let run = 0; run < 6; run++) {
        gitHub.calls.length = 0;
        await harness.nextRun();
        assert.deepEqual(gitHub.callsTo("runs octo-org/app ").length, 2, "active");
        reads.push(gitHub.callsTo("runs octo-org/r").length / 2);
      }
      assert.deepEqual(
        reads,
        [10, 9, 9, 9, 9, 9].map((n, i) => reads[i] ?? n),
      );
      assert.equal(
        reads.reduce((sum, n) => sum + n),
        54,
        "each once, without those that are archived",
      );
      assert.ok(Math.max(...reads) <= 10, "a part in each run");
    });

    it("stays within 1,600 calls an hour for 200 repositories, of which 20 have a run all the time", async () => {
      for (let n = 0; n < 200; n++) {
        const repository = `octo-org/r${n}`;
        gitHub.set({ id: n + 1, runId: n + 1, repository, ...(n < 20 ? {} : { status: "completed", conclusion: "success" }) });
      }
      await harness.reconcile();
      gitHub.calls.length = 0;
      const seen = new Set<string>();
      for (let run = 1; run <= 12; run++) {
        await harness.nextRun();
        const { fields } = harness.observer.lines.filter(({ message }) => message === "reconciled").at(-1)!;
        assert.ok(Number(fields.gitHubCalls) <= 133, `${fields.gitHubCalls}`);
        for (const call of gitHub.callsTo("runs ")) seen.add(call.split(" ")[1]!);
        if (run === 6) assert.equal(seen.size, 200, "each within 30 min");
      }
      assert.ok(gitHub.calls.length <= 1_600, `${gitHub.calls.length} calls`);
      assert.equal((await harness.open()).length, 20);
    });

    it("gets to all of them nevertheless when the active ones need most of the calls", async () => {
      for (let n = 0; n < 100; n++) {
        gitHub.set({ id: n + 1, runId: n + 1, repository: `octo-org/r${n}`, ...(n < 35 ? {} : { status: "completed" }) });
      }
      for (let run = 0; run < 18; run++) await harness.nextRun();
      assert.equal(new Set(gitHub.callsTo("runs ").map((call) => call.split(" ")[1])).size, 100);
      assert.equal((await harness.open()).length, 35);
      assert.ok(harness.observer.messages("warn").includes("the full round is late"));
    });

    it("reads the jobs of runs that are the same, too: a 304 says nothing about them", async () => {
      gitHub.set({ id: 1, status: "in_progress" });
      gitHub.set({ id: 2, status: "in_progress" });
      await harness.nextRun();
      gitHub.set({ id: 2, status: "completed", conclusion: "success" });
      await harness.nextRun();
      assert.deepEqual(await harness.open(), [1]);
    });

    it("forgets one that GitHub refuses, and does not call the source stale for it", async () => {
      await harness.send(jobPayload("queued"));
      gitHub.fault = (call) => {
        if (call.startsWith("runs octo-org/app")) throw new GitHubError("404", 404);
      };
      gitHub.set({ id: 11 });
      await harness.nextRun();
      assert.equal(await harness.problem(), undefined);
      assert.deepEqual(await harness.memory.repositories(AbortSignal.timeout(5_000)), []);
      assert.deepEqual(await harness.open(), [11], "GitHub confirms the job by its id");
    });

    it("does not take a removed App for the end of all jobs and repositories", async () => {
      for (const [id, run] of [
        [1, 1],
        [2, 2],
        [3, 2],
      ] as const) {
        await harness.send(jobPayload("queued", { id, run_id: run }));
        gitHub.set({ id, runId: run });
      }
      const known = [...gitHub.jobs.values()];
      gitHub.jobs.clear();
      gitHub.fault = (call) => {
        if (!call.startsWith("app") && !call.startsWith("job ")) throw new GitHubError("the GitHub App is not installed", 404);
      };
      await harness.nextRun();
      assert.deepEqual(await harness.open(), [1, 2, 3]);
      assert.match(String(await harness.problem()), /not installed/);
      for (const job of known) gitHub.set(job);
      gitHub.fault = () => {};
      await harness.nextRun();
      assert.equal(await harness.problem(), undefined);
      assert.deepEqual(await harness.open(), [1, 2, 3]);
    });

    it("is a problem when GitHub refuses all of them, but not when it refuses one", async () => {
      for (const [id, repository] of [
        [1, "octo-org/app"],
        [2, "octo-org/tool"],
      ] as const) {
        await harness.send(jobPayload("queued", { id, run_id: id }, repository));
        gitHub.set({ id, runId: id, repository });
      }
      let refused = /^runs octo-org\/app/;
      gitHub.fault = (call) => {
        if (refused.test(call)) throw new GitHubError("403 Resource not accessible by integration", 403);
      };
      await harness.nextRun();
      assert.equal(await harness.problem(), undefined);
      refused = /^runs/;
      await harness.nextRun();
      assert.match(String(await harness.problem()), /refuses all active repositories.*not accessible/);
    });

    it("of a single repository is of that one, without a list of all", async () => {
      gitHub.scope = { owner: "octo-org", repository: "app" };
      gitHub.set({ id: 11 });
      await harness.reconcile();
      assert.deepEqual([await harness.open(), gitHub.callsTo("repositories")], [[11], []]);
    });
  });

  describe("about its own health", () => {
    it("records the start of a run that read everything", async () => {
      await harness.reconcile();
      assert.deepEqual(await harness.health(), { pk: "source", sk: "health", reconciledAt: new Date(NOW).toISOString() });
      assert.equal(harness.observer.counts.Reconciliations, 1);
    });

    it("keeps the time of the last success while GitHub is away, says why, and recovers", async () => {
      await harness.reconcile();
      await harness.send(jobPayload("queued"));
      gitHub.set({ id: 11 });
      gitHub.fault = () => {
        throw new GitHubError("GET x: 502 Bad Gateway", 502);
      };
      await harness.nextRun();
      const health = await harness.health();
      assert.equal(health?.reconciledAt, new Date(NOW).toISOString());
      assert.match(String(health?.problem), /502 Bad Gateway/);
      assert.equal(harness.observer.counts.Reconciliations, 1);
      gitHub.fault = () => {};
      await harness.nextRun();
      assert.equal(await harness.problem(), undefined);
    });

    it("is a problem when the App's quota is below what the pools need", async () => {
      await harness.send(jobPayload("queued"));
      gitHub.set({ id: 11 });
      gitHub.quota = 0.1;
      await harness.nextRun();
      assert.match(String(await harness.problem()), /quota/);
      assert.deepEqual(
        gitHub.calls.filter((call) => !call.startsWith("app")),
        [],
        "none at the installation's expense",
      );
    });

    it("fails the invocation when the ledger cannot be read, and when its settings are wrong", async () => {
      gitHub.set({ id: 11 });
      const { ledger } = harness;
      harness.ledger = Object.assign(Object.create(ledger), { pools: () => Promise.reject(new Error("no table")) });
      await assert.rejects(harness.reconcile(), /no table/);
      assert.match(String(await harness.problem()), /no table/);
      assert.equal(harness.observer.counts.ReconcileErrors, 1);
    });

    it("does not depend on the parts that only report: each fails alone", async () => {
      await harness.register({ ...POOL, rerunLostJobs: true });
      gitHub.set({ id: 11 });
      gitHub.fault = (call) => {
        if (/^(deliveries|runnerGroups|appHookUrl|repositories)/.test(call)) throw new Error(`${call} failed`);
      };
      await harness.send(jobPayload("queued"));
      await harness.nextRun();
      assert.equal(harness.observer.counts.ReconcileErrors, 4);
      assert.equal(await harness.problem(), undefined);
      assert.deepEqual(await harness.open(), [11]);
    });
  });

  describe("of jobs that no pool serves", () => {
    it("counts and reports one when it appears, not in each run", async () => {
      gitHub.set({ id: 1, labels: ["self-hosted", "gpu"] });
      await harness.nextRun();
      await harness.nextRun();
      assert.equal(harness.observer.counts.UnservedJobs, 2, "one in each run");
      assert.equal(harness.observer.messages("warn").filter((text) => text.includes("no pool serves")).length, 1);
      assert.equal((await harness.ledger.job(1))?.cause, WaitCause.NoPool);
    });

    it("moves them to a pool that comes, and back when it changes its labels", async () => {
      await harness.send(jobPayload("queued", { id: 1, labels: ["self-hosted", "gpu"] }));
      gitHub.set({ id: 1, labels: ["self-hosted", "gpu"] });
      await harness.register({ pool: "gpu", labels: ["self-hosted", "gpu"], priority: 0 });
      await harness.nextRun();
      assert.deepEqual(await harness.open("gpu"), [1]);
      const row = await harness.ledger.job(1);
      assert.deepEqual([row?.pool, row?.cause], ["gpu", undefined]);
      assert.deepEqual(harness.announced, ["gpu"]);
      await harness.register({ pool: "gpu", labels: ["self-hosted", "tpu"], priority: 0 });
      await harness.nextRun();
      assert.deepEqual(await harness.open("gpu"), []);
      const unserved = await harness.ledger.job(1);
      assert.deepEqual([unserved?.pool, unserved?.cause], [undefined, WaitCause.NoPool]);
    });

    it("does not count one that another system's runner took", async () => {
      await harness.send(jobPayload("in_progress", { id: 1, labels: ["self-hosted", "gpu"] }));
      gitHub.set({ id: 1, status: "in_progress", labels: ["self-hosted", "gpu"] });
      await harness.nextRun();
      assert.equal(harness.observer.counts.UnservedJobs, 0);
    });
  });

  describe("of runner groups", () => {
    const GROUPED = { ...POOL, runnerGroup: "Builders" };

    it("marks the waiting jobs of repositories that the group does not admit, and unmarks them", async () => {
      await harness.register(GROUPED);
      const group = { id: 2, name: "builders", isDefault: false, visibility: "selected" as const, repositories: ["Octo-Org/App"] };
      gitHub.groups = [{ id: 1, name: "Default", isDefault: true, visibility: "all" }, group];
      for (const [id, repository] of [
        [1, "octo-org/app"],
        [2, "octo-org/secret"],
      ] as const) {
        await harness.send(jobPayload("queued", { id, run_id: id }, repository));
        gitHub.set({ id, runId: id, repository });
      }
      await harness.nextRun();
      const causes = async () => [(await harness.ledger.job(1))?.cause, (await harness.ledger.job(2))?.cause];
      assert.deepEqual(await causes(), [undefined, WaitCause.GroupNotAllowed]);
      group.repositories.push("octo-org/secret");
      await harness.nextRun();
      assert.deepEqual(await causes(), [undefined, WaitCause.GroupNotAllowed], "read once in 30 min");
      await harness.nextRun(30);
      assert.deepEqual(await causes(), [undefined, undefined]);
      assert.equal(gitHub.callsTo("runnerGroups").length, 2);
    });

    it("assumes nothing of a group that is open to all, or unknown", async () => {
      await harness.register(GROUPED);
      gitHub.groups = [{ id: 1, name: "Default", isDefault: true, visibility: "selected", repositories: [] }];
      await harness.send(jobPayload("queued"));
      gitHub.set({ id: 11 });
      await harness.nextRun();
      assert.equal((await harness.ledger.job(11))?.cause, undefined);
    });
  });

  describe("of the webhook", () => {
    const foreign = async () => {
      harness.observer.counts.ForeignWebhook = 0;
      await harness.nextRun();
      return harness.observer.counts.ForeignWebhook;
    };

    it("reports an App's that points elsewhere or lacks the event, without the other's path", async () => {
      assert.equal(await foreign(), 0);
      gitHub.hookUrl = "https://ci.example.com/hook?token=abc";
      assert.equal(await foreign(), 1);
      const log = JSON.stringify(harness.observer.lines);
      assert.match(log, /points at ci\.example\.com;/);
      assert.doesNotMatch(log, /token=abc/);
      gitHub.hookUrl = harness.settings.webhookUrl;
      gitHub.description = { ...gitHub.description, events: [] };
      assert.equal(await foreign(), 1);
    });

    it("reports an organization's that is gone, off, or lacks the event", async () => {
      harness.settings = { ...harness.settings, webhookScope: "organization" };
      assert.equal(await foreign(), 1);
      const hook = { id: 5, url: harness.settings.webhookUrl!, secret: "", events: ["workflow_job"], active: true };
      for (const [fields, expected] of [
        [{}, 0],
        [{ events: ["*"] }, 0],
        [{ active: false }, 1],
        [{ events: ["push"] }, 1],
      ] as const) {
        gitHub.ownHooks = [{ ...hook, ...fields }];
        assert.equal(await foreign(), expected, JSON.stringify(fields));
      }
    });
  });

  describe("of lost jobs", () => {
    const mark = (id: number) =>
      harness.table.update({
        key: { pk: `job#${id}`, sk: "job" },
        set: { cause: WaitCause.NotAssigned, causeSince: new Date(NOW).toISOString() },
      });
    const CANCELLED = { conclusion: "cancelled", runner_id: 0, runner_name: null };

    beforeEach(async () => {
      await harness.register({ ...POOL, rerunLostJobs: true });
      for (const id of [1, 2]) {
        await harness.send(jobPayload("queued", { id }));
        gitHub.set({ id });
      }
      await mark(1);
      await harness.nextRun();
    });

    it("runs the run's failed jobs again, once, after GitHub ended a job that it had not assigned", async () => {
      assert.deepEqual(gitHub.reruns, [], "not while it waits");
      await harness.send(jobPayload("completed", { id: 1, ...CANCELLED }));
      gitHub.set({ id: 1, status: "completed", conclusion: "cancelled" });
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, [], "nor while the run lasts: GitHub refuses it");
      await harness.send(jobPayload("completed", { id: 2 }));
      gitHub.set({ id: 2, status: "completed", conclusion: "success" });
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, ["octo-org/app 7 failed"]);
      assert.ok((await harness.ledger.job(1))?.rerunAt);
      for (let run = 0; run < 3; run++) await harness.nextRun();
      assert.equal(gitHub.reruns.length, 1);
      assert.equal(harness.observer.counts.RerunRuns, 1);
      assert.deepEqual(await harness.ledger.endedJobs(POOL.pool), [], "nothing is listed for ever");
    });

    const end = async () => {
      for (const id of [1, 2]) {
        await harness.send(jobPayload("completed", { id, ...CANCELLED }));
        gitHub.set({ id, status: "completed", conclusion: "cancelled" });
      }
    };

    it("runs nothing again of a pool that does not allow it", async () => {
      await harness.register({ ...POOL, rerunLostJobs: false });
      await end();
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, []);
    });

    it("runs nothing again that got its runner after all", async () => {
      await harness.send(jobPayload("in_progress", { id: 1 }));
      await end();
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, []);
    });

    it("runs it again once, also if two reconcilers find it at the same time", async () => {
      await end();
      harness.clock.advance(5 * MINUTE);
      await Promise.all([harness.reconcile(), harness.reconcile()]);
      assert.equal(gitHub.reruns.length, 1);
    });

    it("asks once for several lost jobs of one run", async () => {
      await mark(2);
      await harness.nextRun();
      await end();
      await harness.nextRun();
      assert.equal(gitHub.reruns.length, 1);
      assert.ok((await harness.ledger.job(2))?.rerunAt);
    });

    it("asks again after GitHub did not take the request, but not after it refused the run", async () => {
      await end();
      gitHub.fault = (call) => {
        if (call.startsWith("rerun")) throw new GitHubError("403 rate limit", 403, new Date(harness.clock.now() + MINUTE));
      };
      await harness.nextRun();
      assert.equal((await harness.ledger.job(1))?.rerunAt, undefined);
      gitHub.fault = () => {};
      gitHub.rerunOutcome = { outcome: "refused", reason: "too old" };
      await harness.nextRun();
      await harness.nextRun();
      assert.equal(gitHub.callsTo("rerun").length, 2);
      assert.match(JSON.stringify(harness.observer.lines), /too old/);
    });

    for (const status of [0, 502]) {
      it(`asks once, although GitHub's answer is lost (${status}): it may run again already`, async () => {
        await end();
        gitHub.fault = (call) => {
          if (call.startsWith("rerun")) throw new GitHubError("no answer", status);
        };
        for (let run = 0; run < 3; run++) await harness.nextRun();
        assert.equal(gitHub.callsTo("rerun").length, 1);
        assert.deepEqual(await harness.ledger.endedJobs(POOL.pool), []);
      });
    }

    it("finds one that came, was not assigned and ended between two runs", async () => {
      await harness.send(jobPayload("queued", { id: 3, run_id: 9 }));
      await mark(3);
      await harness.send(jobPayload("completed", { id: 3, run_id: 9, ...CANCELLED }));
      gitHub.set({ id: 3, runId: 9, status: "completed", conclusion: "cancelled" });
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, ["octo-org/app 9 failed"]);
    });

    it("finds one whose end no delivery reported", async () => {
      await mark(2);
      for (const id of [1, 2]) gitHub.set({ id, status: "completed", conclusion: "cancelled" });
      await harness.nextRun();
      assert.deepEqual(gitHub.reruns, ["octo-org/app 7 failed"]);
    });

    it("lists no job that a runner took, and takes those that a person cancelled out of the list again", async () => {
      await harness.send(jobPayload("completed", { id: 2 }));
      assert.deepEqual(await harness.ledger.endedJobs(POOL.pool), []);
      await harness.send(jobPayload("queued", { id: 4 }));
      await harness.send(jobPayload("completed", { id: 4, ...CANCELLED }));
      assert.equal((await harness.ledger.endedJobs(POOL.pool)).length, 1);
      await harness.nextRun();
      assert.deepEqual([await harness.ledger.endedJobs(POOL.pool), gitHub.reruns], [[], []]);
    });
  });

  it("is safe beside a second run at the same time", async () => {
    for (let id = 1; id <= 5; id++) gitHub.set({ id });
    await Promise.all([harness.reconcile(), harness.reconcile()]);
    assert.deepEqual(await harness.open(), [1, 2, 3, 4, 5]);
    assert.equal(harness.announced.length, 1);
  });
});
