import type { Job } from "../jobs";
import type { JobNode, Leg } from "./job-node";
import { legOf } from "./job-node";
import type { JobSet } from "./job-set";

/**
 * Prepares a new attempt: jobs of the earlier one that need not run again are taken over with their results and outputs. A called
 * workflow is run again as a whole.
 *
 * @returns the jobs of the queue that do not belong to the new attempt
 */
export function takeOver(earlier: JobSet, next: JobSet, which: "all" | "failed" | Job): Job[] {
  const again = new Set<JobNode>();
  const dirty = (leg: Leg): boolean => {
    if (which === "all") return true;
    if (which === "failed") return leg.result === "failure" || leg.result === "cancelled";
    return leg.job === which || leg.set?.legOf(which) !== undefined;
  };
  const dropped: Job[] = [];
  // In the order of the file a job may stand before those that it needs.
  const isAgain = (node: JobNode): boolean => again.has(node) || node.needs.some(isAgain);
  for (const node of earlier.nodes) if (node.legs.some(dirty)) again.add(node);
  earlier.nodes.forEach((node, index) => {
    const successor = next.nodes[index]!;
    if (!isAgain(node)) return void Object.assign(successor, { ...keep(node), needs: successor.needs });
    const isPartial = !node.needs.some(isAgain) && node.legs.some((leg) => !dirty(leg));
    if (!isPartial) {
      dropped.push(...node.legs.flatMap(jobsOf));
      return;
    }
    dropped.push(...node.legs.filter(dirty).flatMap(jobsOf));
    const legs = node.legs.map((leg) => (dirty(leg) ? legOf(leg.index, leg.total, leg.vector) : leg));
    Object.assign(successor, { ...keep(node), needs: successor.needs, state: "active", result: undefined, legs });
  });
  return dropped;
}

function keep({ state, legs, result, outputs, failFast, maxParallel }: JobNode): Partial<JobNode> {
  return { state, legs, result, outputs: { ...outputs }, failFast, maxParallel };
}

function jobsOf(leg: Leg): Job[] {
  return [...(leg.job ? [leg.job] : []), ...(leg.set?.nodes.flatMap(({ legs }) => legs.flatMap(jobsOf)) ?? [])];
}
