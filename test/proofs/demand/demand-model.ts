/**
 * The code of the source's functions and of the scaler on a virtual clock, over the stand-ins for DynamoDB and GitHub, without sockets
 * and processes: for numbers that would take minutes otherwise. Latencies are those of AWS.
 */
import { LEDGER, poolKey, POOLS_LIST } from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { DynamoDb as DynamoDbClient } from "../../../functions/shared/aws/clients";
import { GitHubActions } from "../../../functions/shared/github/actions";
import { GitHubApp } from "../../../functions/shared/github/app";
import { GitHubHooks } from "../../../functions/shared/github/hooks";
import { LedgerTable } from "../../../functions/shared/ledger/table";
import { CachedValue } from "../../../functions/shared/webhook/cached-value";
import { ReconcilerMemory } from "../../../functions/workflow-jobs/reconcile/memory";
import { reconcile } from "../../../functions/workflow-jobs/reconcile/reconcile";
import { JobLedger } from "../../../functions/workflow-jobs/shared/job-ledger";
import { PoolDirectory } from "../../../functions/workflow-jobs/shared/pool-directory";
import { webhook } from "../../../functions/workflow-jobs/webhook/webhook";
import type { Shape } from "../../../rehearsal/aws/api";
import { DynamoDb } from "../../../rehearsal/aws/dynamodb";
import { Iam } from "../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../rehearsal/aws/kms/keys";
import { sdkClient } from "../../../rehearsal/aws/sdk-client";
import { withSdkRetries } from "../../../rehearsal/aws/sdk-retries";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { GitHub } from "../../../rehearsal/github";
import type { Deliver } from "../../../rehearsal/github/deliver";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { deployedTable } from "../../functions/support/in-process-dynamodb";
import { RecordingObserver } from "../../functions/support/observer";
import { AppClient } from "./app-client";
import { LambdaModel } from "./lambda-model";

export const ORGANIZATION = "octo-org";
export const POOL = "ci-burst";
export const LABELS = ["self-hosted", "linux", "x64"];
const ACCOUNT = { region: "eu-central-1", accountId: "123456789012" };
const URL = "https://abc.lambda-url.eu-central-1.on.aws/";
/** Milliseconds. A call of DynamoDB takes 4 to 10 within a Region; the first of a process opens a connection. */
const DYNAMODB_MS = 10;
const COLD_START_MS = 900;
/** An index follows its table within less than this, usually. */
const INDEX_MS = 500;
/** Lambda's default for an account and Region, which all functions share. */
export const CONCURRENCY = 1000;

type WebhookPorts = Parameters<typeof webhook>[1];

export class DemandModel {
  readonly clock = new VirtualClock();
  readonly observer = new RecordingObserver();
  /** When a signal was sent to the pool's scaler, in ms. */
  readonly signals: number[] = [];
  /** Called for each signal. */
  onSignal: () => void = () => {};
  readonly lambda: LambdaModel<WebhookPorts>;
  readonly github: GitHub;
  private readonly app: AppClient;
  readonly table: LedgerTable;
  readonly dynamoDb: DynamoDb;
  private readonly gitHubApis;
  private readonly ledger: JobLedger;

  constructor() {
    const { clock } = this;
    const store = new MemoryStore();
    store.put(deployedTable(LEDGER, "ledger"));
    this.dynamoDb = new DynamoDb({ clock, store, keys: new KmsKeys(store, new Iam(store, ACCOUNT), ACCOUNT), account: ACCOUNT });
    this.dynamoDb.indexDelay.settings.ms = INDEX_MS;
    this.table = new LedgerTable(this.client(), "ledger", LEDGER, () => clock.now());
    this.ledger = new JobLedger(this.table, clock);
    // Without the events: a timeline of thousands of jobs is of no use here.
    const timeline = new Timeline(() => clock.now(), false);
    this.github = new GitHub(clock, timeline, { deliver: this.deliver, organization: ORGANIZATION, wallNow: () => clock.now() });
    this.app = new AppClient(this.github, clock, { organization: ORGANIZATION, url: URL, secret: "shared" });
    this.lambda = new LambdaModel(clock, { limit: CONCURRENCY, coldStartMs: COLD_START_MS, start: () => this.webhookProcess() });
    const { transport, scope } = this.app;
    this.gitHubApis = {
      scope,
      actions: new GitHubActions(transport),
      hooks: new GitHubHooks(transport),
      app: new GitHubApp(transport),
    };
  }

  /** DynamoDB with AWS's latency, and the retries of its client. */
  client(): DynamoDbClient {
    const call = (action: string, params: Shape) =>
      withSdkRetries(
        4,
        async () => {
          await this.clock.sleep(DYNAMODB_MS);
          return this.dynamoDb.execute(action.split(":")[1]!, params, { kind: "operator" });
        },
        (ms) => this.clock.sleep(ms),
      );
    return sdkClient<DynamoDbClient>("dynamodb", call);
  }

  async reconcile(): Promise<void> {
    const ports = { ledger: this.ledger, memory: new ReconcilerMemory(this.table), gitHub: () => this.gitHubApis, clock: this.clock };
    const settings = () => ({ ours: [], webhookScope: "app" as const, webhookUrl: URL });
    await reconcile({ ...ports, announce: async () => this.signal() }, settings, this.observer);
  }

  /** Reconciles as the schedule does. Returns the calls that counted against the App's hour, of each run. */
  async reconcileRegularly(runs: number): Promise<number[]> {
    const used: number[] = [];
    for (let run = 0; run < runs; run++) {
      const [begun, before] = [this.clock.now(), this.app.calls];
      await this.reconcile();
      used.push(this.app.calls - before);
      await this.clock.sleep(begun + DEMAND_TIMING.reconcileInterval * 1000 - this.clock.now());
    }
    return used;
  }

  openJobs() {
    return this.ledger.openJobs(POOL);
  }

  repositories() {
    return new ReconcilerMemory(this.table).repositories(new AbortController().signal);
  }

  async registerPool(): Promise<void> {
    const set = { pool: POOL, labels: LABELS, priority: 0, list: POOLS_LIST, at: POOL };
    await this.table.update({ key: poolKey(POOL, "registration"), set });
  }

  close(): void {
    this.github.close();
    this.clock.close();
  }

  private signal(): void {
    this.signals.push(this.clock.now());
    this.onSignal();
  }

  private webhookProcess(): WebhookPorts {
    const table = new LedgerTable(this.client(), "ledger", LEDGER, () => this.clock.now());
    const ledger = new JobLedger(table, this.clock);
    return {
      account: { organization: ORGANIZATION },
      secrets: new CachedValue(async () => ({ current: "shared" }), this.clock, DEMAND_TIMING.secretCache * 1000),
      pools: new PoolDirectory(() => ledger.pools(), [], this.clock),
      ledger,
      announce: async () => this.signal(),
      clock: this.clock,
      noted: new Map(),
    };
  }

  private readonly deliver: Deliver = async (_, headers, body) => {
    const event = { requestContext: { http: { method: "POST" } }, headers, body, isBase64Encoded: false };
    const answer = await this.lambda.invoke((ports) => webhook(event, ports, this.observer));
    return answer?.statusCode ?? 429;
  };
}
