import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Timeline } from "../../timeline";
import type { ServicePrincipal } from "../api";
import type { AwsGateway } from "../gateway";
import { metricsInLine } from "../cloudwatch/emf";
import type { MetricStore } from "../cloudwatch/metrics";
import type { Credentials } from "../credentials";
import type { AwsAccount } from "../account";
import type { MemoryStore } from "../store";
import { type Route, sandboxEnvironment } from "./sandbox-environment";
import { type DeployedFunction, findFunction } from "./function";
import { type FunctionError, FunctionProcess } from "./function-process";

export interface LambdaOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  account: AwsAccount;
  store: MemoryStore;
  gateway: AwsGateway;
  credentials: Credentials;
  metrics: MetricStore;
  route: Route;
  /** Absolute; the processes' home folder is created in it. */
  workDir: string;
}

export interface LogLine {
  at: number;
  functionName: string;
  requestId: string;
  line: string;
}

export type InvokeResult = { requestId: string } & ({ result: unknown } | { error: FunctionError });

/** Maximum concurrent processes of one function, however many invocations wait, since they share one machine. */
const PROCESSES = 4;
/** Sandboxes are recycled well before their credentials expire after six hours. */
const PROCESS_LIFETIME_MS = 3 * 3600_000;

interface Sandbox {
  process: FunctionProcess;
  revision: string;
  createdAt: number;
  request: { id: string };
}

/** Runs the deployed bundles in separate processes, warm where possible, under the function's role. */
export class LambdaRuntime {
  readonly logs: LogLine[] = [];
  /** By how much the functions' clocks are ahead of AWS's and GitHub's, in milliseconds, for scenarios with a wrong clock. */
  readonly settings = { skewMs: 0 };
  private readonly idle = new Map<string, Sandbox[]>();
  private readonly all = new Map<FunctionProcess, string>();
  private readonly busy = new Map<string, number>();
  private readonly waiting = new Map<string, (() => void)[]>();
  private closed = false;

  constructor(private readonly options: LambdaOptions) {}

  exists(functionName: string): boolean {
    return findFunction(this.options.store, functionName) !== undefined;
  }

  /** Whether Lambda refuses a synchronous invocation now: as many run as are reserved for the function. */
  atLimit(functionName: string): boolean {
    const reserved = findFunction(this.options.store, functionName)?.reservedConcurrency;
    const running = (this.busy.get(functionName) ?? 0) + (this.waiting.get(functionName)?.length ?? 0);
    return reserved !== undefined && running >= reserved;
  }

  /** Invokes once and waits for the result, while virtual time stands still. Does not reject if the function fails. */
  async invoke(functionName: string, event: unknown, requestId = this.newRequestId()): Promise<InvokeResult> {
    const deployed = findFunction(this.options.store, functionName);
    if (!deployed) throw new Error(`function ${functionName} is not deployed`);
    await this.acquireSlot(deployed);
    const begun = performance.now();
    try {
      const outcome = await this.options.clock.during(() => this.run(deployed, event, requestId));
      this.report(deployed, outcome, Math.round(performance.now() - begun));
      return outcome;
    } finally {
      this.releaseSlot(deployed);
    }
  }

  newRequestId(): string {
    return [8, 4, 4, 4, 12].map((digits) => this.options.random.hex(digits)).join("-");
  }

  /** Kills the processes of one function, as when their host fails. Running invocations fail. */
  async kill(functionName: string): Promise<void> {
    await Promise.all([...this.all].flatMap(([process, name]) => (name === functionName ? [process.kill()] : [])));
  }

  /** Kills every process. Running invocations fail. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.all.keys()].map((process) => process.kill()));
  }

  private async run(deployed: DeployedFunction, event: unknown, requestId: string): Promise<InvokeResult> {
    if (this.closed) return { requestId, error: { errorType: "Runtime.Closed", errorMessage: "the rehearsal is over" } };
    const sandbox = await this.sandbox(deployed, requestId);
    if ("error" in sandbox) return { requestId, error: sandbox.error };
    const outcome = await sandbox.process.run(
      {
        id: requestId,
        event,
        context: {
          functionName: deployed.name,
          functionVersion: "$LATEST",
          invokedFunctionArn: deployed.arn,
          memoryLimitInMB: String(deployed.memorySize),
          logGroupName: deployed.logGroup,
          logStreamName: "rehearsal",
        },
        deadline: Date.now() + deployed.timeout * 1000,
        now: this.options.clock.now() + this.settings.skewMs,
      },
      deployed.timeout,
    );
    if (sandbox.process.alive && !this.closed) this.idle.set(deployed.name, [...(this.idle.get(deployed.name) ?? []), sandbox]);
    else this.all.delete(sandbox.process);
    return { requestId, ...outcome };
  }

  /** A warm process of this revision, or a new one. */
  private async sandbox(deployed: DeployedFunction, requestId: string): Promise<Sandbox | { error: FunctionError }> {
    const now = this.options.clock.now();
    const pool = this.idle.get(deployed.name) ?? [];
    const usable = ({ process, revision, createdAt }: Sandbox) =>
      process.alive && revision === deployed.revision && now - createdAt < PROCESS_LIFETIME_MS;
    const stale = pool.filter((sandbox) => !usable(sandbox));
    const warm = pool.find(usable);
    this.idle.set(
      deployed.name,
      pool.filter((sandbox) => sandbox !== warm && usable(sandbox)),
    );
    for (const { process } of stale) void this.discard(process);
    if (warm) {
      warm.request.id = requestId;
      return warm;
    }
    const request = { id: requestId };
    let environment: Record<string, string>;
    try {
      const role = this.options.credentials.issue(this.principal(deployed));
      environment = sandboxEnvironment(deployed, role, this.options);
    } catch (error) {
      return { error: { errorType: "AccessDeniedException", errorMessage: (error as Error).message } };
    }
    const logs = this.mayLog(deployed);
    const process = new FunctionProcess({
      environment,
      memorySize: deployed.memorySize,
      onLine: (line) => this.collectLine(deployed, request.id, line, logs),
    });
    this.all.set(process, deployed.name);
    const failure = await process.start();
    if (failure) {
      await this.discard(process);
      return { error: failure };
    }
    return { process, revision: deployed.revision, createdAt: now, request };
  }

  private async discard(process: FunctionProcess): Promise<void> {
    await process.kill();
    this.all.delete(process);
  }

  /** Lambda writes a function's log with its role; without the permission there are no logs and no metrics from logs. */
  private mayLog(deployed: DeployedFunction): boolean {
    const { region, accountId } = this.options.account;
    const group = `arn:aws:logs:${region}:${accountId}:log-group:${deployed.logGroup}`;
    const exists = this.options.store.list("aws:cloudwatch/logGroup:LogGroup").some(({ state }) => state["name"] === deployed.logGroup);
    const needed: [string, string][] = [
      ...(exists ? [] : [["logs:CreateLogGroup", group] as [string, string]]),
      ["logs:CreateLogStream", `${group}:log-stream:rehearsal`],
      ["logs:PutLogEvents", `${group}:log-stream:rehearsal`],
    ];
    try {
      for (const [action, resource] of needed) this.options.gateway.authorise(this.principal(deployed), action, { resource, context: {} });
      return true;
    } catch {
      return false; // the gateway records the denial
    }
  }

  private principal(deployed: DeployedFunction): ServicePrincipal {
    return { kind: "function", functionName: deployed.name, roleName: deployed.roleName };
  }

  private collectLine(deployed: DeployedFunction, requestId: string, line: string, mayLog: boolean): void {
    const at = this.options.clock.now();
    this.logs.push({ at, functionName: deployed.name, requestId, line });
    if (!mayLog) return;
    for (const point of metricsInLine(line, at)) this.options.metrics.put(point);
  }

  private report(deployed: DeployedFunction, outcome: InvokeResult, ms: number): void {
    const failed = "error" in outcome;
    const at = this.options.clock.now();
    for (const [name, value] of Object.entries({ Invocations: 1, Errors: failed ? 1 : 0, Duration: ms })) {
      this.options.metrics.put({ namespace: "AWS/Lambda", name, dimensions: { FunctionName: deployed.name }, value, count: 1, at });
    }
    this.options.timeline.record({
      kind: "function-run",
      name: deployed.name,
      requestId: outcome.requestId,
      outcome: failed ? "error" : "ok",
      ms,
      ...(failed ? { error: `${outcome.error.errorType}: ${outcome.error.errorMessage}` } : {}),
    });
  }

  private async acquireSlot(deployed: DeployedFunction): Promise<void> {
    const limit = Math.min(PROCESSES, Math.max(1, deployed.reservedConcurrency ?? PROCESSES));
    while ((this.busy.get(deployed.name) ?? 0) >= limit) {
      await new Promise<void>((resolve) => this.waiting.set(deployed.name, [...(this.waiting.get(deployed.name) ?? []), resolve]));
    }
    this.busy.set(deployed.name, (this.busy.get(deployed.name) ?? 0) + 1);
  }

  private releaseSlot(deployed: DeployedFunction): void {
    this.busy.set(deployed.name, (this.busy.get(deployed.name) ?? 1) - 1);
    this.waiting.get(deployed.name)?.shift()?.();
  }
}
