import type { Clock } from "../../clock";
import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type DeployedResource, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { KmsKeys } from "../kms/keys";
import { authorisations } from "./authorisation";
import { batchWrite } from "./batch-write";
import { check, type EngineOperation, Engine } from "./engine";
import { tableNotFound } from "./errors";
import { IndexDelay } from "./index-delay";
import { OneAtATime } from "./one-at-a-time";
import { describeTable, TABLE, type TableDescription } from "./tables";
import { withTableNames } from "./table-names";
import { TimeToLive } from "./time-to-live";
import { Transactions } from "./transactions";
import { fromEngine, toEngine } from "./values";
import { checkWrite, type WriteKind, Writes } from "./writes";
import { WriteCapacity } from "./write-capacity";

export interface DynamoDbOptions {
  clock: Clock;
  store: ResourceStore;
  keys: KmsKeys;
  account: AwsAccount;
}

const WRITES: Record<string, WriteKind> = { PutItem: "putItem", UpdateItem: "updateItem", DeleteItem: "deleteItem" };
const READS: Record<string, EngineOperation> = { GetItem: "getItem", Query: "query", BatchGetItem: "batchGetItem" };
/** Calls that neither read nor write items, and so need no key. */
const SETTINGS = new Set(["DescribeTable", "DescribeTimeToLive", "UpdateTimeToLive"]);

/**
 * DynamoDB over the tables that the program deployed. Its data model is dynalite's; transactions, the limits of partitions and the
 * settings of tables are added here. One operation runs at a time, while a virtual clock stands still.
 */
export class DynamoDb implements Service {
  readonly prefix = "dynamodb";
  /** How far indexes are behind their tables. */
  readonly indexDelay: IndexDelay;
  private readonly engine = new Engine();
  private readonly queue = new OneAtATime();
  private readonly ttl = new TimeToLive();
  /** The tables that the engine has, by name. */
  private readonly tables = new Map<string, TableDescription>();
  private readonly writes: Writes;
  private readonly transactions: Transactions;

  constructor(private readonly options: DynamoDbOptions) {
    const now = () => options.clock.now();
    this.indexDelay = new IndexDelay(this.engine, now);
    this.writes = new Writes(this.engine, new WriteCapacity(now), this.indexDelay);
    this.transactions = new Transactions({ engine: this.engine, writes: this.writes, now, table: (name) => this.table(name) });
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    return authorisations(operation, this.request(params), this.options.account, (name) => this.deployed(name));
  }

  execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    const request = this.request(params);
    return this.options.clock.during(() =>
      this.queue.run(async () => {
        await this.followDeployment();
        if (!SETTINGS.has(operation)) this.useKeys(operation, request, principal);
        return fromEngine(await this.serve(operation, request)) as Shape;
      }),
    );
  }

  private request(params: Shape): Shape {
    return withTableNames(toEngine(params) as Shape, this.options.account);
  }

  private async serve(operation: string, params: Shape): Promise<Shape> {
    const write = WRITES[operation];
    if (write) {
      const checked = checkWrite(write, params);
      return (await this.writes.apply({ ...checked, table: this.table(checked.data["TableName"]) })).result;
    }
    const read = READS[operation];
    if (read) {
      const data = check(read, params);
      const execute = () => this.engine.execute(read, data);
      return params["IndexName"] === undefined ? execute() : this.indexDelay.reading(String(params["TableName"]), execute);
    }
    switch (operation) {
      case "BatchWriteItem":
        return batchWrite(this.writes, params, (name) => this.table(name));
      case "TransactWriteItems":
        return this.transactions.write(params);
      case "TransactGetItems":
        return this.transactions.read(params);
      case "DescribeTable":
        return this.describe(await this.engine.execute("describeTable", check("describeTable", params)));
      case "DescribeTimeToLive":
        return this.ttl.describe(this.resource(params["TableName"]));
      case "UpdateTimeToLive":
        return this.ttl.update(this.resource(params["TableName"]), params);
      default:
        throw new AwsError("UnknownOperationException", `The rehearsal's DynamoDB has no ${operation}.`);
    }
  }

  /** Times leave as dates, as in every other result. */
  private describe({ Table }: Shape): Shape {
    const { CreationDateTime, BillingModeSummary: billing, ...table } = Table as TableDescription;
    const date = (seconds: number | undefined) => (seconds === undefined ? undefined : new Date(seconds * 1000));
    const LastUpdateToPayPerRequestDateTime = date(billing?.LastUpdateToPayPerRequestDateTime);
    const summary = billing && { BillingModeSummary: { ...billing, LastUpdateToPayPerRequestDateTime } };
    return { Table: { ...table, CreationDateTime: date(CreationDateTime), ...summary } };
  }

  /** Adds what was deployed since the last call, and drops the items of a table that was deleted. */
  private async followDeployment(): Promise<void> {
    const deployed = new Map(this.options.store.list(TABLE).map((table) => [String(table.state["name"]), table]));
    for (const [name, table] of this.tables) {
      const current = deployed.get(name);
      // A table that was replaced has another id in its description, and none of the items.
      if (current && describeTable(current).TableId === table.TableId) continue;
      await this.engine.removeTable(table);
      this.tables.delete(name);
      this.ttl.forget(name);
    }
    for (const [name, resource] of deployed) {
      const description = describeTable(resource);
      if (JSON.stringify(this.tables.get(name)) === JSON.stringify(description)) continue;
      await this.engine.addTable(description);
      this.tables.set(name, description);
    }
  }

  /** DynamoDB uses a customer's key with the permissions of its caller. */
  private useKeys(operation: string, params: Shape, principal: Principal): void {
    const { account, keys } = this.options;
    const resources = new Set(authorisations(operation, params, account, (name) => this.deployed(name)).map(({ table }) => table));
    for (const name of resources) {
      const encryption = this.deployed(name)?.state["serverSideEncryption"] as { enabled?: boolean; kmsKeyArn?: string } | undefined;
      if (!encryption?.enabled || encryption.kmsKeyArn === undefined) continue;
      const refusal = keys.refusal(principal, { key: encryption.kmsKeyArn, actions: ["kms:Decrypt"] }, "dynamodb");
      if (refusal !== undefined) throw new AwsError("AccessDeniedException", refusal);
    }
  }

  private table(name: unknown): TableDescription {
    const found = this.tables.get(String(name));
    if (!found) throw tableNotFound();
    return found;
  }

  private resource(name: unknown): DeployedResource {
    const found = this.deployed(String(name));
    if (!found) throw new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
    return found;
  }

  private deployed(name: string): DeployedResource | undefined {
    return this.options.store.list(TABLE).find(({ state }) => state["name"] === name);
  }
}
