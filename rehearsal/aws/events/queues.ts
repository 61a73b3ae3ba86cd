import { type Authorisation, AwsError, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { Clock } from "../../clock";
import type { MetricStore } from "../cloudwatch/metrics";
import type { Iam } from "../iam/iam";
import type { KmsKeys } from "../kms/keys";
import { arnParts } from "../account";

export interface QueuedMessage {
  body: string;
  attributes: Record<string, string>;
  at: number;
}

const ENCRYPT = ["kms:GenerateDataKey", "kms:Decrypt"];

/** SQS queues as far as dead letters need them: services send messages, people inspect them. */
export class Queues implements Service {
  readonly prefix = "sqs";
  private readonly messages = new Map<string, QueuedMessage[]>();

  constructor(
    private readonly store: ResourceStore,
    private readonly iam: Iam,
    private readonly keys: KmsKeys,
    private readonly clock: Clock,
    private readonly metrics: MetricStore,
  ) {}

  authorisation(_operation: string, params: Shape): Authorisation[] {
    return [{ resource: String(params["QueueArn"] ?? ""), context: {} }];
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    if (operation !== "SendMessage") throw new AwsError("InvalidAction", `The rehearsal's SQS has no ${operation}.`);
    const arn = String(params["QueueArn"] ?? "");
    if (!this.exists(arn)) throw new AwsError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.");
    const key = this.queue(arn)?.state["kmsMasterKeyId"] as string | undefined;
    const refusal = key === undefined ? undefined : this.keys.refusal(principal, { key, actions: ENCRYPT }, "sqs");
    if (refusal !== undefined) throw new AwsError("KMS.AccessDeniedException", refusal);
    this.put(arn, String(params["MessageBody"]), (params["Attributes"] as Record<string, string> | undefined) ?? {});
    return {};
  }

  /**
   * Sends as an AWS service under the queue's own policy, as EventBridge does. False if the queue does not exist, or its
   * policy or that of its key does not admit the service: AWS then drops the message.
   */
  sendAsService(service: string, sourceArn: string, queueArn: string, body: string, attributes: Record<string, string>): boolean {
    const queue = this.queue(queueArn);
    if (!queue) return false;
    const separate = this.store.get("aws:sqs/queuePolicy:QueuePolicy", queue.id)?.state["policy"];
    const policy = separate ?? queue.state["policy"];
    const request = {
      action: "sqs:SendMessage",
      resource: queueArn,
      context: { "aws:SourceArn": sourceArn, "aws:SourceAccount": arnParts(sourceArn).account, "aws:SecureTransport": "true" },
    };
    if (policy === undefined || !this.iam.resourcePolicyAllows(policy, `policy of queue ${queueArn}`, service, request)) return false;
    const key = queue.state["kmsMasterKeyId"] as string | undefined;
    // Not with a role: only the key's own policy can let the service encrypt.
    const source = { "aws:SourceArn": sourceArn, "aws:SourceAccount": arnParts(sourceArn).account };
    if (key !== undefined && !this.keys.admits(service, { key, actions: ENCRYPT }, source)) return false;
    this.put(queueArn, body, attributes);
    return true;
  }

  /** The messages in a queue, oldest first. */
  peek(queueArn: string): readonly QueuedMessage[] {
    return this.messages.get(queueArn) ?? [];
  }

  exists(arn: string): boolean {
    return this.queue(arn) !== undefined;
  }

  private queue(arn: string) {
    return this.store.list("aws:sqs/queue:Queue").find(({ state }) => state["arn"] === arn);
  }

  private put(arn: string, body: string, attributes: Record<string, string>): void {
    const queue = this.messages.get(arn) ?? [];
    this.messages.set(arn, queue);
    queue.push({ body, attributes, at: this.clock.now() });
    this.metrics.put({
      namespace: "AWS/SQS",
      name: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: arnParts(arn).resource },
      value: queue.length,
      count: 1,
      at: this.clock.now(),
    });
  }
}
