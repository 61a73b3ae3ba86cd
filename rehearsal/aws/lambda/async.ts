import type { Clock } from "../../clock";
import { AwsError, type Principal } from "../api";
import type { AwsGateway } from "../gateway";
import { arnParts } from "../account";
import type { MemoryStore } from "../store";
import { Timers } from "../timers";
import { asyncConfig, findFunction } from "./function";
import type { InvokeResult, LambdaRuntime } from "./runtime";

/** Lambda's delays before the second and third attempts at an event, in milliseconds. */
const RETRY_DELAYS_MS = [60_000, 120_000];

export interface AsyncInvokerOptions {
  clock: Clock;
  store: MemoryStore;
  runtime: Pick<LambdaRuntime, "exists" | "invoke" | "newRequestId">;
  gateway: AwsGateway;
  onDefect(error: unknown): void;
}

/** Asynchronous invocation: queued, attempted up to three times, then sent to the failure destination or dropped. */
export class AsyncInvoker {
  private readonly running = new Set<Promise<void>>();
  private readonly retries: Timers;
  private closed = false;

  constructor(private readonly options: AsyncInvokerOptions) {
    this.retries = new Timers(options.clock);
  }

  /** Queues an event; false if the function does not exist. */
  invoke(functionName: string, event: unknown): boolean {
    if (this.closed || !this.options.runtime.exists(functionName)) return false;
    this.attempt(functionName, event, this.options.runtime.newRequestId(), 1, this.options.clock.now());
    return true;
  }

  /** Number of invocations that run or wait for a retry. */
  get outstanding(): number {
    return this.running.size + this.retries.count;
  }

  /** Resolves once no invocation runs; pending retries are dropped. */
  async close(): Promise<void> {
    this.closed = true;
    this.retries.cancel();
    await Promise.all(this.running);
  }

  private attempt(functionName: string, event: unknown, requestId: string, count: number, queuedAt: number): void {
    const run = this.try(functionName, event, requestId, count, queuedAt)
      .catch((error: unknown) => this.options.onDefect(error))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async try(functionName: string, event: unknown, requestId: string, count: number, queuedAt: number): Promise<void> {
    const { clock, store, runtime } = this.options;
    if (!runtime.exists(functionName)) return; // AWS drops the events of a deleted function
    const outcome = await runtime.invoke(functionName, event, requestId);
    if (!("error" in outcome) || this.closed) return;
    const config = asyncConfig(store, functionName);
    const delay = RETRY_DELAYS_MS[count - 1];
    const tooOld = delay !== undefined && clock.now() + delay - queuedAt > config.maxAgeMs;
    if (count <= config.retries && delay !== undefined && !tooOld) {
      this.retries.after(delay, () => this.attempt(functionName, event, requestId, count + 1, queuedAt));
      return;
    }
    await this.giveUp(functionName, event, outcome, count, tooOld ? "EventAgeExceeded" : "RetriesExhausted");
  }

  private async giveUp(functionName: string, event: unknown, outcome: InvokeResult, count: number, condition: string): Promise<void> {
    const { clock, store } = this.options;
    const deployed = findFunction(store, functionName);
    if (!deployed) return;
    const { onFailureArn } = asyncConfig(store, functionName);
    const principal: Principal = { kind: "function", functionName, roleName: deployed.roleName };
    const error = "error" in outcome ? outcome.error : undefined;
    if (onFailureArn) {
      const record = {
        version: "1.0",
        timestamp: new Date(clock.now()).toISOString(),
        requestContext: { requestId: outcome.requestId, functionArn: `${deployed.arn}:$LATEST`, condition, approximateInvokeCount: count },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: error,
      };
      await this.send(principal, onFailureArn, JSON.stringify(record), {});
    }
    if (deployed.deadLetterArn) {
      const attributes = { RequestID: outcome.requestId, ErrorCode: "200", ErrorMessage: error?.errorMessage ?? "" };
      await this.send(principal, deployed.deadLetterArn, JSON.stringify(event), attributes);
    }
  }

  /** Delivers with the function's own role; the gateway records a denial. */
  private async send(principal: Principal, arn: string, body: string, attributes: Record<string, string>): Promise<void> {
    const { service } = arnParts(arn);
    if (service !== "sqs") throw new Error(`failure destination ${arn}: the rehearsal delivers to SQS, not to ${service}`);
    try {
      await this.options.gateway.call(principal, "sqs:SendMessage", { QueueArn: arn, MessageBody: body, Attributes: attributes });
    } catch (error) {
      // Lambda retries the delivery if the queue's service is unavailable.
      if (!(error instanceof AwsError) || error.httpStatus < 500) throw error;
      this.retries.after(RETRY_DELAYS_MS[0]!, () => void this.send(principal, arn, body, attributes).catch(this.options.onDefect));
    }
  }
}
