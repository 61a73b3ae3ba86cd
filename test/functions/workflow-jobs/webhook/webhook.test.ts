import assert from "node:assert/strict";
import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import type { WebhookSecrets } from "../../../../contract/workflow-jobs/webhook";
import { CachedValue } from "../../../../functions/shared/webhook/cached-value";
import { Harness, NOW, POOL } from "../support/harness";
import { functionUrlEvent, jobPayload, SECRET, signedDelivery } from "../support/payloads";

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise(setImmediate);
};

describe("the webhook", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await Harness.create();
  });

  const status = async (event: unknown) => (await harness.deliver(event)).statusCode;

  describe("as anyone on the internet reaches it", () => {
    it("refuses a delivery without a valid signature, counts it, and stores nothing", async () => {
      const body = JSON.stringify(jobPayload("queued"));
      const event = { "x-github-event": "workflow_job" };
      assert.equal(await status(functionUrlEvent(body, event)), 401);
      assert.equal(await status(functionUrlEvent(body, { ...event, "x-hub-signature-256": `sha256=${"0".repeat(64)}` })), 401);
      assert.equal(await status(await signedDelivery(jobPayload("queued"), { secret: "guessed" })), 401);
      const signed = await signedDelivery(jobPayload("queued"));
      assert.equal(await status({ ...signed, body: `${signed.body} ` }), 401, "the raw body is what is signed");
      assert.deepEqual(harness.observer.counts, { RefusedDeliveries: 4 });
      assert.deepEqual([await harness.open(), harness.announced], [[], []]);
    });

    it("reads the secrets once in ten seconds, however many wrong signatures arrive", async () => {
      const wrong = await signedDelivery(jobPayload("queued"), { secret: "guessed" });
      for (let n = 0; n < 50; n++) assert.equal(await status(wrong), 401);
      assert.equal(harness.secretReads, 1);
    });

    it("refuses other methods and bodies of more than a MiB before it reads a secret", async () => {
      const signed = await signedDelivery(jobPayload("queued"));
      assert.equal(await status({ ...signed, requestContext: { http: { method: "GET" } } }), 405);
      assert.equal(await status({ ...signed, body: "x".repeat(1_048_577) }), 413);
      assert.equal(harness.secretReads, 0);
      assert.equal(await status(await signedDelivery(" ".repeat(1_048_576))), 400, "a MiB is admitted, and is no JSON");
    });

    it("ignores the jobs of other accounts, whose owners may install a public App and choose any label", async () => {
      const foreign = ["stranger/app", "octo-org-evil/app", "stranger/octo-org"];
      for (const [id, repository] of foreign.entries()) {
        const labels = ["self-hosted", "linux", "x64"];
        assert.equal(await harness.send(jobPayload("queued", { id: id + 1, labels }, repository)), 204);
      }
      assert.deepEqual([await harness.open(), await harness.open(undefined), harness.announced], [[], [], []]);
      assert.deepEqual([harness.observer.counts, harness.observer.messages("info").length], [{}, 1], "one line, however many arrive");
      assert.equal(await harness.send(jobPayload("queued", { id: 20 }, "Octo-Org/App")), 200, "names have no case");
      harness.account = { repository: "octo-org/app" };
      harness.newProcess();
      assert.equal(await harness.send(jobPayload("queued", { id: 10 }, "octo-org/other")), 204);
      assert.equal(await harness.send(jobPayload("queued", { id: 21 })), 200);
      assert.deepEqual(await harness.open(), [20, 21]);
    });

    it("logs neither body nor signature", async () => {
      const event = await signedDelivery(jobPayload("queued"), { secret: "guessed" });
      await status(event);
      await status(await signedDelivery("{broken"));
      const log = JSON.stringify(harness.observer.lines);
      assert.doesNotMatch(log, /broken|sha256=|octo-org/);
      assert.ok(!log.includes(SECRET));
    });
  });

  describe("as GitHub delivers", () => {
    it("records a queued job, and signals its pool", async () => {
      assert.equal(await harness.send(jobPayload("queued")), 200);
      const [row, ...others] = await harness.ledger.openJobs(POOL.pool);
      assert.deepEqual(others, []);
      assert.deepEqual(
        [row?.jobId, row?.jobStatus, row?.pool, row?.repository, row?.createdAt, row?.runner],
        [11, "queued", "ci-dev", "octo-org/app", "2026-11-29T08:00:00Z", undefined],
      );
      assert.deepEqual(harness.announced, ["ci-dev"]);
      assert.equal(harness.observer.counts.Deliveries, 1);
    });

    it("accepts a body in Base64", async () => {
      assert.equal(await status(await signedDelivery(jobPayload("queued"), { base64: true })), 200);
      assert.deepEqual(await harness.open(), [11]);
    });

    it("confirms a ping, and events without a subscriber, without a write", async () => {
      assert.equal(await status(await signedDelivery({ zen: "Design for failure." }, { event: "ping" })), 200);
      assert.equal(await status(await signedDelivery({ action: "opened" }, { event: "issues" })), 204);
      assert.equal(await status(await signedDelivery({ ...jobPayload("queued"), action: "paused" })), 204);
      assert.deepEqual(await harness.open(), []);
    });

    it("answers 400 to what is signed but malformed, and counts it", async () => {
      assert.equal(await status(await signedDelivery("{")), 400);
      assert.equal(await status(await signedDelivery({ action: "queued" })), 400);
      assert.deepEqual(harness.observer.counts, { MalformedDeliveries: 2 });
    });

    it("accepts the previous secret in a rotation, and the new one within ten seconds", async () => {
      await harness.send(jobPayload("queued", { id: 1 }));
      harness.secrets = { current: "new", previous: SECRET };
      harness.clock.advance(10_000);
      assert.equal(await status(await signedDelivery(jobPayload("queued", { id: 2 }), { secret: "new" })), 200);
      assert.equal(await harness.send(jobPayload("queued", { id: 3 })), 200);
      assert.deepEqual(await harness.open(), [1, 2, 3]);
    });
  });

  describe("in the life of a job", () => {
    const EVENTS = ["queued", "in_progress", "completed"];

    it("ends completed, in whatever order and however often the events arrive", async () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 0, 2, 0],
        [2, 0],
        [0, 0, 2, 2, 1],
      ]) {
        const id = 100 + order.reduce((sum, one) => sum * 3 + one, 0);
        for (const one of order) assert.equal(await harness.send(jobPayload(EVENTS[one]!, { id })), 200);
        const row = await harness.ledger.job(id);
        assert.deepEqual([row?.jobStatus, row?.conclusion], ["completed", "success"], order.join());
      }
      assert.deepEqual(await harness.open(), [], "a completed job must not resurrect");
    });

    it("knows the runner of a running job, and no cause of its wait any more", async () => {
      await harness.send(jobPayload("queued"));
      await harness.table.update({ key: { pk: "job#11", sk: "job" }, set: { cause: WaitCause.Booting } });
      await harness.send(jobPayload("in_progress"));
      const [row] = await harness.ledger.openJobs(POOL.pool);
      assert.deepEqual([row?.jobStatus, row?.runner, row?.cause], ["in_progress", "i-0123456789abcdef0", undefined]);
    });

    it("does not count one that waits for an approval, until it is queued", async () => {
      assert.equal(await harness.send(jobPayload("waiting")), 200);
      assert.deepEqual([await harness.open(), harness.announced], [[], []]);
      await harness.send(jobPayload("queued"));
      assert.deepEqual(await harness.open(), [11]);
      await harness.send(jobPayload("waiting"));
      assert.deepEqual(await harness.open(), [11], "a late event holds nothing back");
    });

    it("keeps the row for 30 days after the end, and an open one for 4 days without news", async () => {
      await harness.send(jobPayload("queued"));
      assert.equal((await harness.ledger.job(11))?.expiresAt, Math.ceil(NOW / 1000) + 4 * 86_400);
      await harness.send(jobPayload("completed"));
      assert.equal((await harness.ledger.job(11))?.expiresAt, Math.ceil(harness.clock.now() / 1000) + 30 * 86_400);
    });
  });

  describe("of a job that no pool serves", () => {
    it("stores nothing of GitHub's own runners", async () => {
      assert.equal(await harness.send(jobPayload("queued", { labels: ["ubuntu-latest"] })), 200);
      assert.equal(await harness.ledger.job(11), undefined);
      assert.deepEqual([harness.observer.counts, harness.announced], [{}, []]);
      assert.deepEqual(await harness.memory.repositories(AbortSignal.timeout(5_000)), []);
    });

    it("records and reports one that is ours by its label or a pattern", async () => {
      harness.ours = ["gpu-*"];
      harness.newProcess();
      await harness.send(jobPayload("queued", { id: 1, labels: ["self-hosted", "arm64"] }));
      await harness.send(jobPayload("queued", { id: 2, labels: ["GPU-a100"] }));
      assert.deepEqual(await harness.open(), []);
      const rows = await harness.ledger.openJobs(undefined);
      assert.deepEqual(
        rows.map(({ jobId, cause, pool }) => [jobId, cause, pool]),
        [
          [1, WaitCause.NoPool, undefined],
          [2, WaitCause.NoPool, undefined],
        ],
      );
      assert.equal(harness.observer.messages("warn").length, 2);
      assert.deepEqual(harness.announced, []);
    });

    it("finds a pool that was registered a moment ago", async () => {
      await harness.send(jobPayload("queued", { id: 1 }));
      await harness.register({ pool: "ci-gpu", labels: ["self-hosted", "gpu"], priority: 0 });
      harness.clock.advance(5_000);
      await harness.send(jobPayload("queued", { id: 2, labels: ["gpu"] }));
      assert.deepEqual(await harness.open("ci-gpu"), [2]);
    });
  });

  describe("that signals a pool's scaler", () => {
    it("does so once a second for all processes, or 5,000 jobs in a minute would start it 5,000 times", async () => {
      for (let id = 1; id <= 20; id++) {
        harness.newProcess();
        await harness.send(jobPayload("queued", { id }));
      }
      assert.deepEqual(harness.announced, ["ci-dev"]);
      harness.clock.advance(1_000);
      await harness.send(jobPayload("completed", { id: 1 }));
      assert.deepEqual(harness.announced, ["ci-dev", "ci-dev"]);
    });

    it("does so for nothing that the ledger knew", async () => {
      await harness.send(jobPayload("completed"));
      harness.clock.advance(5_000);
      await harness.send(jobPayload("queued"));
      assert.deepEqual(harness.announced, ["ci-dev"]);
    });

    it("does not fail the delivery when it fails: the job is recorded", async () => {
      harness.announceFault = new Error("InternalFailure");
      assert.equal(await harness.send(jobPayload("queued")), 200);
      assert.deepEqual(await harness.open(), [11]);
      assert.equal(harness.observer.counts.SignalErrors, 1);
    });

    it("is not silenced for long by a process whose clock is ahead", async () => {
      await harness.table.update({ key: { pk: "pool#ci-dev", sk: "signal" }, set: { signalledAt: NOW + 3_600_000 } });
      await harness.send(jobPayload("queued"));
      assert.deepEqual(harness.announced, ["ci-dev"]);
    });
  });

  describe("whose dependencies fail", () => {
    const fail = () => Promise.reject(new Error("down"));

    it("answers 503 if the ledger fails, so that GitHub counts it as failed and it is requested again", async () => {
      const event = await signedDelivery(jobPayload("queued"));
      const broken = { write: fail, maySignal: fail, noteRepository: fail };
      assert.equal((await harness.deliver(event, { ledger: broken as never })).statusCode, 503);
      assert.equal(harness.observer.counts.DeliveryErrors, 1);
      assert.equal(await status(event), 200, "the same delivery succeeds later");
      assert.deepEqual(await harness.open(), [11]);
    });

    it("answers 503 if the pools or the secrets cannot be read: it must not take the job for another's", async () => {
      const event = await signedDelivery(jobPayload("queued"));
      assert.equal((await harness.deliver(event, { pools: { placementOf: fail } })).statusCode, 503);
      assert.equal((await harness.deliver(event, { secrets: { get: fail, fresh: fail } })).statusCode, 503);
    });

    describe("with Secrets Manager slow, so that an old secret serves", () => {
      let secrets: CachedValue<WebhookSecrets>;
      let answers: { resolve: (read: WebhookSecrets) => void; reject: (error: Error) => void }[];
      const deliver = async (secret: string) => harness.deliver(await signedDelivery(jobPayload("queued"), { secret }), { secrets });

      beforeEach(async () => {
        answers = [];
        const read = () => new Promise<WebhookSecrets>((resolve, reject) => answers.push({ resolve, reject }));
        secrets = new CachedValue(read, harness.clock, 10_000);
        const first = secrets.get();
        answers[0]!.resolve({ current: SECRET });
        await first;
        harness.clock.advance(60_000);
      });

      it("accepts what GitHub signs with the new one after a rotation, which counts on every process to know it", async () => {
        const reply = deliver("new");
        await until(() => harness.clock.pauses.includes(500));
        answers[1]!.resolve({ current: "new", previous: SECRET });
        assert.equal((await reply).statusCode, 200);
        assert.deepEqual([await harness.open(), answers.length], [[11], 2]);
      });

      it("waits for no read if the old one matches, and refuses what matches neither", async () => {
        assert.equal((await deliver(SECRET)).statusCode, 200);
        const refused = deliver("guessed");
        await until(() => harness.clock.pauses.length === 2);
        answers[1]!.resolve({ current: "new", previous: SECRET });
        assert.equal((await refused).statusCode, 401);
      });

      it("answers 503 if the read fails: what could not be checked is requested again", async () => {
        const reply = deliver("new");
        await until(() => harness.clock.pauses.includes(500));
        answers[1]!.reject(new Error("down"));
        assert.equal((await reply).statusCode, 503);
        assert.equal((await deliver("new")).statusCode, 503);
        assert.equal(answers.length, 2, "and the store is not asked again within a second");
      });
    });

    it("answers within 8 s even if DynamoDB never does", async () => {
      const bounds: number[] = [];
      const clock = {
        now: () => NOW,
        after: (milliseconds: number, act: () => void) => {
          bounds.push(milliseconds);
          const timer = setImmediate(act);
          return { cancel: () => clearImmediate(timer) };
        },
      };
      const ledger = { write: () => new Promise<never>(() => {}), maySignal: fail, noteRepository: fail };
      const pools = { placementOf: async () => ({ pool: "ci-dev" }) };
      const event = await signedDelivery(jobPayload("queued"));
      const get = async () => ({ current: SECRET });
      const secrets = { get, fresh: get };
      assert.equal((await harness.deliver(event, { ledger: ledger as never, pools, secrets, clock })).statusCode, 503);
      assert.deepEqual(bounds, [8_000]);
    });

    it("confirms the delivery although the repository could not be noted", async () => {
      const { ledger } = harness;
      const partly = { write: ledger.write.bind(ledger), maySignal: ledger.maySignal.bind(ledger), noteRepository: fail };
      assert.equal((await harness.deliver(await signedDelivery(jobPayload("queued")), { ledger: partly })).statusCode, 200);
    });
  });

  it("notes each repository with a job of ours once an hour, for the reconciler", async () => {
    let notes = 0;
    const { ledger } = harness;
    const counting = {
      write: ledger.write.bind(ledger),
      maySignal: ledger.maySignal.bind(ledger),
      noteRepository: (repository: string, signal?: AbortSignal) => (notes++, ledger.noteRepository(repository, signal)),
    };
    for (let id = 1; id <= 5; id++) {
      await harness.deliver(await signedDelivery(jobPayload("queued", { id })), { ledger: counting });
    }
    assert.equal(notes, 1);
    assert.deepEqual(
      (await harness.memory.repositories(AbortSignal.timeout(5_000))).map(({ repository }) => repository),
      ["octo-org/app"],
    );
  });
});
