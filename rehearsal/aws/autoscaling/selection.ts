import type { Member } from "./model";

type Order = (a: Member, b: Member) => number;

const oldestInstance: Order = (a, b) => a.instance.launchedAt - b.instance.launchedAt || a.sequence - b.sequence;
const newestInstance: Order = (a, b) => -oldestInstance(a, b);

function versionOf(member: Member): number {
  return Number(member.template.version) || 0;
}

/** An instance of a template other than the group's counts as older than any version of the group's. */
function oldestTemplate(currentTemplateId: string): Order {
  const rank = (member: Member) => (member.template.id === currentTemplateId ? versionOf(member) : -1);
  return (a, b) => rank(a) - rank(b);
}

function orderOf(policy: string, currentTemplateId: string): Order {
  switch (policy) {
    case "OldestInstance":
      return oldestInstance;
    case "NewestInstance":
      return newestInstance;
    case "OldestLaunchTemplate":
    case "Default":
      return oldestTemplate(currentTemplateId);
    default:
      throw new Error(
        `terminationPolicies: the rehearsal does not support ${policy}; ` +
          "use Default, OldestLaunchTemplate, OldestInstance or NewestInstance",
      );
  }
}

/**
 * The instances that a scale-in terminates, in order. AZ balance comes first: each choice is made in the zone with the
 * most instances among those that have a candidate. Within the zone, the policies apply in order. The oldest instance
 * breaks ties (AWS picks one at random), so that runs are reproducible.
 *
 * @param candidates instances that may be terminated: in service and not protected
 * @param counted all instances that count towards the capacity, for the balance
 */
export function chooseForTermination(
  candidates: readonly Member[],
  counted: readonly Member[],
  count: number,
  policies: readonly string[],
  currentTemplateId: string,
): Member[] {
  const orders = [...policies.map((policy) => orderOf(policy, currentTemplateId)), oldestInstance];
  const compare: Order = (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const size = zoneSizes(counted);
  const queues = new Map<string, Member[]>();
  for (const member of candidates) {
    const zone = member.instance.availabilityZone;
    const queue = queues.get(zone);
    if (queue) queue.push(member);
    else queues.set(zone, [member]);
  }
  for (const queue of queues.values()) queue.sort((a, b) => -compare(a, b)); // the next one to terminate is last
  const chosen: Member[] = [];
  while (chosen.length < count) {
    const zones = [...queues].filter(([, queue]) => queue.length > 0);
    if (zones.length === 0) break;
    zones.sort(([zoneA, a], [zoneB, b]) => (size.get(zoneB) ?? 0) - (size.get(zoneA) ?? 0) || compare(a.at(-1)!, b.at(-1)!));
    const [zone, queue] = zones[0]!;
    chosen.push(queue.pop()!);
    size.set(zone, size.get(zone)! - 1);
  }
  return chosen;
}

/** Counts by zone and purchase option, updated at each launch, since recounting each time would be quadratic. */
export class Tally {
  readonly zones: Map<string, number>;
  total: number;
  onDemand: number;

  constructor(members: readonly Member[]) {
    this.zones = zoneSizes(members);
    this.total = members.length;
    this.onDemand = members.filter(({ instance }) => !instance.spot).length;
  }

  add({ instance }: Member): void {
    this.zones.set(instance.availabilityZone, (this.zones.get(instance.availabilityZone) ?? 0) + 1);
    this.total++;
    if (!instance.spot) this.onDemand++;
  }
}

/** The subnet whose zone has the fewest instances; the first of equals. */
export function chooseSubnet<S extends { availabilityZone: string }>(subnets: readonly S[], tally: Tally): S {
  let best = subnets[0];
  for (const subnet of subnets) {
    if ((tally.zones.get(subnet.availabilityZone) ?? 0) < (tally.zones.get(best!.availabilityZone) ?? 0)) best = subnet;
  }
  if (!best) throw new Error("subnets: the group has none; configure at least one");
  return best;
}

/**
 * The size of the warm pool: (prepared or max) - desired, but at least the minimum. This is a fixed size if minimum and
 * prepared are equal.
 */
export function warmPoolSize(pool: { minSize?: number; maxGroupPreparedCapacity?: number }, maxSize: number, desired: number): number {
  const prepared = pool.maxGroupPreparedCapacity ?? -1;
  return Math.max((prepared === -1 ? maxSize : prepared) - desired, pool.minSize ?? 0, 0);
}

function zoneSizes(members: readonly Member[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { instance } of members) {
    sizes.set(instance.availabilityZone, (sizes.get(instance.availabilityZone) ?? 0) + 1);
  }
  return sizes;
}
