import { type Principal, AwsError, type Shape } from "../api";
import { stateShape } from "./describe-instances";
import { protectedFrom, type ReasonCode } from "./errors";
import { texts } from "./filters";
import type { Instance, PowerState } from "./instance";
import type { Ec2Parts, Operation } from "./parts";

/** What the caller of a start must be allowed to do with the key of each volume, for EC2 to get it. */
const KEY_ACTIONS = ["kms:CreateGrant"];

/** EC2's calls on several instances at once: refused as a whole if it refuses one. */
export const POWER_OPERATIONS: Readonly<Record<string, Operation>> = {
  StartInstances(parts, params, principal) {
    const instances = named(parts, params);
    for (const instance of instances) refuse(parts.power.startRefusal(instance));
    return { StartingInstances: changes(instances, (instance) => parts.power.start(instance, keyFailure(parts, instance, principal))) };
  },

  StopInstances(parts, params) {
    const instances = named(parts, params);
    if (params.Hibernate === true) throw hibernationRefusal(instances[0]!);
    for (const instance of instances) refuse(parts.power.stopRefusal(instance));
    return { StoppingInstances: changes(instances, (instance) => parts.power.stop(instance, params.Force === true)) };
  },

  /** Ends them at once; no lifecycle hook delays it. The group of an instance notices later. */
  TerminateInstances(parts, params) {
    const instances = named(parts, params);
    for (const { id, own } of instances) if (own?.disableApiTermination) throw protectedFrom("terminated", id);
    const previous = instances.map(({ state }) => state);
    for (const instance of instances) {
      if (instance.own) parts.power.terminate(instance);
      else void parts.fleet.lose(instance);
    }
    return {
      TerminatingInstances: instances.map(({ id }, index) =>
        change(id, previous[index]!, previous[index] === "terminated" ? "terminated" : "shutting-down"),
      ),
    };
  },
};

function named(parts: Ec2Parts, params: Shape): Instance[] {
  return texts(params, "InstanceIds").map((id) => parts.known(id));
}

function changes(instances: readonly Instance[], act: (instance: Instance) => void): Shape[] {
  return instances.map((instance) => {
    const previous = instance.state;
    act(instance);
    return change(instance.id, previous, instance.state);
  });
}

function change(id: string, previous: PowerState, current: PowerState): Shape {
  return { InstanceId: id, PreviousState: stateShape(previous), CurrentState: stateShape(current) };
}

function refuse(error: AwsError | undefined): void {
  if (error) throw error;
}

/** EC2 accepts the start, and ends it when it cannot get the key: with a reason that does not name it. */
function keyFailure({ volumes, keys }: Ec2Parts, { id }: Instance, principal: Principal): ReasonCode | undefined {
  const given = volumes.of(id).flatMap(({ kmsKeyId }) => kmsKeyId ?? []);
  const context = { "kms:GrantIsForAWSResource": "true" };
  const refused = given.some((key) => keys.refusal(principal, { key, actions: KEY_ACTIONS, context }, "ec2") !== undefined);
  return refused ? "Client.InternalError" : undefined;
}

/** No instance of the stand-in was launched for it. */
function hibernationRefusal({ id }: Instance): AwsError {
  return new AwsError(
    "UnsupportedHibernationConfiguration",
    `The instance '${id}' could not be stopped as its configuration does not support hibernation: it was not launched with HibernationOptions.`,
  );
}
