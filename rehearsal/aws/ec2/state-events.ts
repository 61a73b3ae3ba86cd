import { INSTANCE_STATE_EVENT, type InstanceStateDetail } from "../../../contract/aws/instance-state";
import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { AwsAccount } from "../account";
import type { ResourceStore } from "../api";
import type { EventBridgeEvent } from "../autoscaling/events";
import type { Fleet } from "./fleet";
import type { Instance } from "./instance";

export interface StateEventsOptions {
  fleet: Fleet;
  clock: Pick<Clock, "now">;
  random: Random;
  account: AwsAccount;
  store: ResourceStore;
  publish(event: EventBridgeEvent): void;
}

const RULE = "aws:cloudwatch/eventRule:EventRule";

/**
 * Publishes the state changes of all instances. Only where a rule asks for them: EventBridge drops the others, and the events of a
 * pool with 10,000 instances would take as many random numbers as its own.
 */
export function publishStateChanges(options: StateEventsOptions): void {
  const { fleet, store, publish } = options;
  fleet.onState((instance) => {
    const asked = store.list(RULE).some(({ state }) => String(state.eventPattern ?? "").includes(INSTANCE_STATE_EVENT.source));
    if (asked) publish(eventOf(instance, options));
  });
}

function eventOf({ id, state }: Instance, { clock, random, account }: StateEventsOptions): EventBridgeEvent {
  const detail: InstanceStateDetail = { "instance-id": id, state };
  return {
    version: "0",
    id: [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-"),
    "detail-type": INSTANCE_STATE_EVENT.detailType,
    source: INSTANCE_STATE_EVENT.source,
    account: account.accountId,
    // EC2 drops the fraction of the second, so an event may seem older than what happened before it.
    time: new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, "Z"),
    region: account.region,
    resources: [`arn:aws:ec2:${account.region}:${account.accountId}:instance/${id}`],
    detail: { ...detail },
  };
}
