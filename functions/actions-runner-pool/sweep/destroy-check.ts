import type { DestroyPlan } from "../../../contract/actions-runner-pool/final-sweep";
import { isRetained } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { destroyPlan } from "./destroy-plan";
import type { Member } from "./ports";

export interface DestroyCheckPorts {
  members(group: string): Promise<Member[]>;
  /** Processes of the group that an operator has suspended; empty if the group does not exist. */
  suspendedProcesses(group: string): Promise<string[]>;
  /** Instances of the group that are protected from scale-in; empty if the group does not exist. */
  protectedInstances(group: string): Promise<string[]>;
}

interface DestroyCheckSettings {
  names: PoolNames;
  /** Read last: a mistake in it must not prevent the deletion, nor hide what must. */
  maxDrainSeconds(): number;
}

/** What a deletion would wait for, without any change. @throws what AWS or the settings throw */
export async function planDestroy(ports: DestroyCheckPorts, { names, maxDrainSeconds }: DestroyCheckSettings): Promise<DestroyPlan> {
  const members = await ports.members(names.group);
  const obstacles = await obstaclesOf(ports, names.group, members);
  return destroyPlan(members, await ports.protectedInstances(names.group), maxDrainSeconds(), obstacles);
}

/**
 * Refuses a deletion of the pool that would wait for something that only an operator can end. The provider sets the
 * group's sizes to 0 and waits until it is empty, without a word and for up to maxDrain and more: but Auto Scaling never
 * chooses an instance in standby or a retained one, and none at all while Terminate is suspended. The error is what Pulumi
 * shows.
 *
 * The sweep may end a retained instance by itself, but not one that it cannot prove to be idle, and none of the warm pool.
 *
 * A failure to read the group refuses nothing: the deletion must not depend on this check.
 *
 * @throws Error that names what is in the way and the commands that end it
 */
export async function checkDestroy(ports: DestroyCheckPorts, settings: DestroyCheckSettings, { log }: Observer): Promise<void> {
  const { group } = settings.names;
  let members: Member[];
  let obstacles: string[];
  try {
    members = await ports.members(group);
    obstacles = await obstaclesOf(ports, group, members);
  } catch (error) {
    log.warn("destroy check: the group could not be read; the deletion goes on", { reason: reasonOf(error) });
    return;
  }
  if (obstacles.length > 0) {
    throw new Error(
      `The group ${group} was not deleted, because that would wait for what only you can end: ${obstacles.join("; and ")}. ` +
        "Its instances and jobs are untouched. Then delete the pool again.",
    );
  }
  try {
    const { busy, draining, longestWaitSeconds } = destroyPlan(
      members,
      await ports.protectedInstances(group),
      settings.maxDrainSeconds(),
      [],
    );
    log.info("destroy check: the deletion begins", { instances: members.length, busy, draining, longestWaitSeconds });
  } catch (error) {
    log.info("destroy check: the deletion begins; its waits are not known", { reason: reasonOf(error) });
  }
}

async function obstaclesOf(ports: DestroyCheckPorts, group: string, members: readonly Member[]): Promise<string[]> {
  return [
    ...standbyObstacles(group, members),
    ...retainedObstacles(members),
    ...suspensionObstacles(group, await ports.suspendedProcesses(group)),
  ];
}

function standbyObstacles(group: string, members: readonly Member[]): string[] {
  const ids = members.filter(({ lifecycleState }) => /Standby$/.test(lifecycleState)).map(({ instanceId }) => instanceId);
  if (ids.length === 0) return [];
  return [
    `${ids.join(" and ")} in Standby. Put it back: aws autoscaling exit-standby --auto-scaling-group-name ${group} --instance-ids ${ids.join(" ")} ` +
      "- or end it: aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id " +
      ids[0],
  ];
}

function retainedObstacles(members: readonly Member[]): string[] {
  const retained = members.filter(({ lifecycleState }) => isRetained(lifecycleState));
  const isWarm = ({ lifecycleState }: Member) => lifecycleState.startsWith("Warmed:");
  const ids = (found: Member[]) => found.map(({ instanceId }) => instanceId);
  const serving = ids(retained.filter((member) => !isWarm(member)));
  const warm = ids(retained.filter(isWarm));
  const obstacles: string[] = [];
  if (serving.length > 0)
    obstacles.push(
      `${serving.join(" and ")} retained, perhaps with a running job. Once GitHub shows no job on the runner of that name, end it: ` +
        "aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id " +
        `${serving[0]} - or wait: the sweep ends it once GitHub has listed its runner as offline and idle for 15 minutes`,
    );
  // Auto Scaling refuses its own call for them. One that was returning to the pool may still run a job.
  if (warm.length > 0)
    obstacles.push(
      `${warm.join(" and ")} retained in the warm pool. Once GitHub shows no job on the runner of that name, end it: ` +
        `aws ec2 terminate-instances --instance-ids ${warm[0]}`,
    );
  return obstacles;
}

function suspensionObstacles(group: string, suspended: readonly string[]): string[] {
  if (!suspended.includes("Terminate")) return [];
  return [
    "the suspended process Terminate. Resume it: " +
      `aws autoscaling resume-processes --auto-scaling-group-name ${group} --scaling-processes Terminate`,
  ];
}
