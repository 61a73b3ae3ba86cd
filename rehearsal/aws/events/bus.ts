import type { Clock, Timer } from "../../clock";
import type { Random } from "../../random";
import type { DeployedResource } from "../api";
import type { EventBridgeEvent } from "../autoscaling/events";
import type { MetricStore } from "../cloudwatch/metrics";
import type { Denial } from "../gateway";
import { matchesAction } from "../iam/match";
import { arnParts, type AwsAccount } from "../account";
import type { MemoryStore } from "../store";
import { Timers } from "../timers";
import { matchesPattern } from "./pattern";
import type { Queues } from "./queues";
import { rateMs } from "./schedule";

const RULE = "aws:cloudwatch/eventRule:EventRule";
const TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const PERMISSION = "aws:lambda/permission:Permission";

/** How unreliable best-effort delivery is. Probabilities are 0..1, times in milliseconds. */
export interface DeliverySettings {
  loss: number;
  duplication: number;
  delay: { min: number; max: number };
  /** Decides the delivery of each event; absent: the probabilities decide. */
  decide?: (event: EventBridgeEvent) => "deliver" | "lose" | "duplicate" | { delayMs: number };
}

export interface BusOptions {
  clock: Clock;
  random: Random;
  store: MemoryStore;
  account: AwsAccount;
  queues: Queues;
  metrics: MetricStore;
  /** Invokes a function asynchronously with an event. False if the function does not exist. */
  invoke(functionName: string, event: unknown): boolean;
  /** Called for a target that EventBridge is not permitted to invoke; AWS does not report it. */
  refused(denial: Denial): void;
  /** Called for a rule that cannot be evaluated. */
  onDefect(error: unknown): void;
}

/** The default event bus, with the rules and targets that the program deployed and configurably unreliable delivery. */
export class EventBus {
  readonly settings: DeliverySettings = { loss: 0, duplication: 0, delay: { min: 150, max: 600 } };
  private readonly schedules = new Map<string, { expression: string; timer: Timer }>();
  private readonly deliveries: Timers;
  /** Parsed patterns by their text, because each event is matched with every rule. */
  private readonly patterns = new Map<string, unknown>();
  private readonly stopWatching: () => void;
  private closed = false;

  constructor(private readonly options: BusOptions) {
    this.deliveries = new Timers(options.clock);
    this.stopWatching = options.store.watch(({ resource }) => {
      if (resource.type === RULE) this.reschedule(resource.id);
    });
    for (const rule of options.store.list(RULE)) this.reschedule(rule.id);
  }

  /** Accepts an event and delivers it later, twice, or never. */
  put(event: EventBridgeEvent): void {
    if (this.closed) return;
    const settings = this.settings;
    const { random } = this.options;
    const chance = random.next();
    const drawn = chance < settings.loss ? "lose" : chance < settings.loss + settings.duplication ? "duplicate" : "deliver";
    const delivery = settings.decide?.(event) ?? drawn;
    if (typeof delivery === "object") {
      this.deliveries.after(delivery.delayMs, () => this.dispatch(event));
      return;
    }
    for (let copies = delivery === "lose" ? 0 : delivery === "duplicate" ? 2 : 1; copies > 0; copies--) {
      const { min, max } = settings.delay;
      this.deliveries.after(random.between(min, max), () => this.dispatch(event));
    }
  }

  close(): void {
    this.closed = true;
    this.stopWatching();
    this.deliveries.cancel();
    for (const { timer } of this.schedules.values()) timer.cancel();
    this.schedules.clear();
  }

  private dispatch(event: EventBridgeEvent): void {
    for (const rule of this.options.store.list(RULE)) {
      if (!enabled(rule) || rule.state["eventPattern"] === undefined) continue;
      try {
        if (matchesPattern(this.pattern(rule.state["eventPattern"] as string), event)) this.toTargets(rule, event);
      } catch (error) {
        this.options.onDefect(error);
      }
    }
  }

  private pattern(text: string): unknown {
    if (!this.patterns.has(text)) this.patterns.set(text, JSON.parse(text));
    return this.patterns.get(text);
  }

  private toTargets(rule: DeployedResource, event: EventBridgeEvent): void {
    for (const target of this.options.store.list(TARGET)) {
      if (target.state["rule"] !== ruleName(rule)) continue;
      this.toTarget(rule, target, event);
    }
  }

  private toTarget(rule: DeployedResource, target: DeployedResource, event: EventBridgeEvent): void {
    const { state } = target;
    if (state["inputTransformer"] !== undefined || state["inputPath"] !== undefined) {
      throw new Error(`target ${target.id}: the rehearsal does not evaluate inputTransformer or inputPath`);
    }
    const { service, resource } = arnParts(state["arn"] as string);
    if (service !== "lambda") throw new Error(`target ${target.id}: the rehearsal delivers to functions, not to ${service}`);
    const functionName = resource.replace(/^function:/, "").split(":")[0] ?? "";
    const payload: unknown = state["input"] === undefined ? event : JSON.parse(state["input"] as string);
    const ruleArn = rule.state["arn"] as string;
    const { metrics, clock } = this.options;
    // Whether it succeeds or fails. Every rule here is of the default bus, which is no dimension.
    metrics.put({
      namespace: "AWS/Events",
      name: "Invocations",
      dimensions: { RuleName: ruleName(rule) },
      value: 1,
      count: 1,
      at: clock.now(),
    });
    // EventBridge retries neither a missing permission nor a missing target.
    if (!this.permitted(functionName, ruleArn)) {
      this.options.refused({ principal: "events.amazonaws.com", action: "lambda:InvokeFunction", resource: state["arn"] as string });
      this.deadLetter(rule, target, event, "NO_PERMISSIONS", "Lack of permissions to invoke cross account target.");
    } else if (!this.options.invoke(functionName, payload)) {
      this.deadLetter(rule, target, event, "NO_RESOURCE", "The specified target does not exist.");
    }
  }

  private permitted(functionName: string, ruleArn: string): boolean {
    return this.options.store.list(PERMISSION).some(({ state }) => {
      const permittedFunction = String(state["function"]).split(":function:").pop()?.split(":")[0];
      const source = state["sourceArn"] as string | undefined;
      const account = state["sourceAccount"] as string | undefined;
      return (
        permittedFunction === functionName &&
        matchesAction(String(state["action"]), "lambda:InvokeFunction") &&
        state["principal"] === "events.amazonaws.com" &&
        (source === undefined || matchesAction(source, ruleArn)) &&
        (account === undefined || account === this.options.account.accountId)
      );
    });
  }

  private deadLetter(rule: DeployedResource, target: DeployedResource, event: EventBridgeEvent, code: string, message: string): void {
    const queueArn = target.state["deadLetterConfig"]?.arn as string | undefined;
    if (!queueArn) return;
    const ruleArn = rule.state["arn"] as string;
    const attributes = { RULE_ARN: ruleArn, TARGET_ARN: target.state["arn"] as string, ERROR_CODE: code, ERROR_MESSAGE: message };
    const accepted = this.options.queues.sendAsService("events.amazonaws.com", ruleArn, queueArn, JSON.stringify(event), attributes);
    if (!accepted) this.options.refused({ principal: "events.amazonaws.com", action: "sqs:SendMessage", resource: queueArn });
  }

  /** Starts, restarts or stops a rule's schedule after the rule changed. An unchanged schedule keeps its timing. */
  private reschedule(ruleId: string): void {
    const rule = this.options.store.get(RULE, ruleId);
    const expression = rule && enabled(rule) ? (rule.state["scheduleExpression"] as string | undefined) : undefined;
    const current = this.schedules.get(ruleId);
    if (current?.expression === expression) return;
    current?.timer.cancel();
    this.schedules.delete(ruleId);
    if (expression === undefined || this.closed) return;
    const interval = rateMs(expression);
    const tick = () => {
      this.schedules.set(ruleId, { expression, timer: this.options.clock.after(interval, tick) });
      const present = this.options.store.get(RULE, ruleId);
      if (present) this.fire(present);
    };
    this.schedules.set(ruleId, { expression, timer: this.options.clock.after(interval, tick) });
  }

  private fire(rule: DeployedResource): void {
    const { clock, random, account } = this.options;
    try {
      this.toTargets(rule, {
        version: "0",
        id: [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-"),
        "detail-type": "Scheduled Event",
        source: "aws.events",
        account: account.accountId,
        time: new Date(clock.now()).toISOString(),
        region: account.region,
        resources: [rule.state["arn"] as string],
        detail: {},
      });
    } catch (error) {
      this.options.onDefect(error);
    }
  }
}

function ruleName(rule: DeployedResource): string {
  return (rule.state["name"] as string | undefined) ?? rule.id;
}

function enabled(rule: DeployedResource): boolean {
  return !String(rule.state["state"] ?? "ENABLED").startsWith("DISABLED") && rule.state["isEnabled"] !== false;
}
