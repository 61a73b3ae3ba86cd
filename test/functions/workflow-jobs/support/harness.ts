import { LEDGER, POOLS_LIST, poolKey, type PoolRegistration, SOURCE_KEY } from "../../../../contract/workflow-jobs/ledger";
import type { LedgerTable } from "../../../../functions/shared/ledger/table";
import { CachedValue } from "../../../../functions/shared/webhook/cached-value";
import type { Reply } from "../../../../functions/shared/webhook/function-url";
import { ReconcilerMemory } from "../../../../functions/workflow-jobs/reconcile/memory";
import type { ReconcileSettings } from "../../../../functions/workflow-jobs/reconcile/ports";
import { reconcile } from "../../../../functions/workflow-jobs/reconcile/reconcile";
import type { ServedAccount } from "../../../../functions/workflow-jobs/shared/account";
import { ledgerTable } from "../../../../functions/workflow-jobs/shared/ledger-client";
import { PoolDirectory } from "../../../../functions/workflow-jobs/shared/pool-directory";
import { webhook } from "../../../../functions/workflow-jobs/webhook/webhook";
import { InProcessDynamoDb } from "../../support/in-process-dynamodb";
import { RecordingObserver } from "../../support/observer";
import { QuickClock } from "../../support/quick-clock";
import { FakeGitHub } from "./fake-github";
import { SECRET, signedDelivery } from "./payloads";
import { ReadableLedger } from "./readable-ledger";

export const NOW = Date.parse("2026-11-29T08:00:30Z");
export const URL_OF_WEBHOOK = "https://abc.lambda-url.eu-central-1.on.aws/";
export const POOL: PoolRegistration = { pool: "ci-dev", labels: ["self-hosted", "linux", "x64"], priority: 0 };

/** The webhook's and the reconciler's logic over one ledger, with a GitHub whose truth the test sets. */
export class Harness {
  readonly clock = new QuickClock(NOW);
  readonly gitHub = new FakeGitHub();
  readonly announced: string[] = [];
  announceFault: Error | undefined;
  observer = new RecordingObserver();
  secrets = { current: SECRET } as { current: string; previous?: string };
  secretReads = 0;
  ours: string[] = [];
  account: ServedAccount = { organization: "octo-org" };
  settings: Omit<ReconcileSettings, "ours"> = { webhookScope: "app", webhookUrl: URL_OF_WEBHOOK };
  table!: LedgerTable;
  ledger!: ReadableLedger;
  memory!: ReconcilerMemory;
  private webhookPorts!: Parameters<typeof webhook>[1];

  static async create(): Promise<Harness> {
    const harness = new Harness();
    const dynamoDb = new InProcessDynamoDb();
    harness.table = ledgerTable(dynamoDb.client, await dynamoDb.table(LEDGER), harness.clock);
    harness.ledger = new ReadableLedger(harness.table, harness.clock);
    harness.memory = new ReconcilerMemory(harness.table);
    harness.gitHub.hookUrl = URL_OF_WEBHOOK;
    await harness.register(POOL);
    harness.newProcess();
    return harness;
  }

  /** As Lambda starts another one: what a process remembers is gone. */
  newProcess(): void {
    const { account, clock, ledger } = this;
    this.webhookPorts = {
      account,
      secrets: new CachedValue(async () => (this.secretReads++, this.secrets), clock, 10_000),
      pools: new PoolDirectory(() => ledger.pools(), this.ours, clock),
      ledger,
      announce: (pool) => this.announce(pool),
      clock,
      noted: new Map(),
    };
  }

  async register(registration: PoolRegistration): Promise<void> {
    const { pool, labels, priority, runnerGroup, repository, rerunLostJobs } = registration;
    const set = { pool, labels, priority, runnerGroup, repository, rerunLostJobs, list: POOLS_LIST, at: pool };
    await this.table.update({ key: poolKey(pool, "registration"), set });
  }

  deliver(event: unknown, ports: Partial<Parameters<typeof webhook>[1]> = {}): Promise<Reply> {
    return webhook(event, { ...this.webhookPorts, ...ports }, this.observer);
  }

  async send(payload: unknown): Promise<number> {
    return (await this.deliver(await signedDelivery(payload))).statusCode;
  }

  reconcile(): Promise<void> {
    const ports = { ledger: this.ledger, memory: this.memory, gitHub: () => this.gitHub, clock: this.clock };
    const settings = () => ({ ...this.settings, ours: this.ours });
    return reconcile({ ...ports, announce: (pool) => this.announce(pool) }, settings, this.observer);
  }

  /** Reconciles when the schedule does next, by default. */
  async nextRun(minutes = 5): Promise<void> {
    this.clock.advance(minutes * 60_000);
    await this.reconcile();
  }

  /** Ids of the open jobs of a pool, or of those that no pool serves. */
  async open(pool: string | undefined = POOL.pool): Promise<number[]> {
    return (await this.ledger.openJobs(pool)).map(({ jobId }) => jobId);
  }

  health() {
    return this.table.get(SOURCE_KEY);
  }

  /** Why the source's last reconciliation is none to rely on; undefined if it is. */
  async problem(): Promise<unknown> {
    return (await this.health())?.problem;
  }

  private async announce(pool: string): Promise<void> {
    if (this.announceFault) throw this.announceFault;
    this.announced.push(pool);
  }
}
