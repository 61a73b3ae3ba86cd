import assert from "node:assert/strict";
import { DETAIL_TYPE } from "../../../../contract/aws/lifecycle";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import type { EventBridgeEvent } from "../../../../rehearsal/aws/autoscaling/events";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs, type Harness } from "./harness";

type Delivery = "deliver" | "lose" | "duplicate";
const KINDS = [DETAIL_TYPE.launching, DETAIL_TYPE.terminating, DETAIL_TYPE.terminated] as const;
/** Seconds. An unused token is swept after it has expired. */
const TOKEN_SWEPT = 80 * MINUTE;

function decideDelivery(harness: Harness, kinds: readonly string[], then: Delivery): void {
  harness.environment.bus.settings.decide = (event) => (kinds.includes(event["detail-type"]) ? then : "deliver");
}

/** Launch, scale-in during a job of two minutes, termination. Returns the seconds of the launch and from job to termination. */
async function lifetime(harness: Harness, launchWithin: number, clearWithin: number) {
  const begun = harness.environment.clock.now();
  await harness.ready(1, launchWithin);
  const launch = Math.ceil((harness.environment.clock.now() - begun) / 1000);
  const busy = await harness.busy({ seconds: 120 });
  await harness.environment.run(20);
  await harness.pool.terminate(busy.instance);
  const grace = await harness.keepsPromise(busy, { jobWithin: 130, grace: 30, clearWithin });
  return { launch, grace };
}

describe("faults of events, simulated", () => {
  fault(
    {
      fault: "event lost",
      expected: "the host drains on its own, and the sweep does the work of the lost event",
      where: "simulated",
    },
    async (see) => {
      const cases: [string, readonly string[]][] = [
        ["launch", [KINDS[0]]],
        ["terminate", [KINDS[1]]],
        ["terminated", [KINDS[2]]],
        ["all", KINDS],
      ];
      for (const [what, kinds] of cases) {
        // The sweep runs every 5 minutes; the launch begins anywhere between two sweeps.
        const seen = await each(every(60, 5), { launching: true, pool: { instances: 0, maxSize: 2 } }, async (harness, after) => {
          decideDelivery(harness, kinds, "lose");
          await harness.environment.run(after);
          await harness.pool.scaleTo(1);
          return lifetime(harness, 8 * MINUTE, 15 * MINUTE);
        });
        const launch = highestOf(seen.map(({ launch }) => launch));
        see(
          `${what}: in service within ${launch > 60 ? `${Math.ceil(launch / 60)} min` : `${launch} s`}, ${kept(seen.map(({ grace }) => grace))}, nothing left`,
        );
      }
    },
  );

  fault(
    {
      fault: "event duplicated",
      expected: "the second event changes nothing, however late it arrives",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs([1, 30, 600, 7200], every(1, 3)),
        ([, seed]) => ({ launching: true, seed }),
        async (harness, [late]) => {
          decideDelivery(harness, KINDS, "duplicate");
          Object.assign(harness.environment.bus.settings.delay, { min: 0, max: late * 1000 });
          const lived = await lifetime(harness, 15 * MINUTE, TOKEN_SWEPT + late);
          await harness.environment.run(late);
          await harness.cleared(TOKEN_SWEPT);
          assert.equal(harness.deadLetters().length, 0);
          return lived;
        },
      );
      see(`each event twice, up to 2 h apart: ${kept(seen.map(({ grace }) => grace))}, no dead letter, nothing left`);
    },
  );

  fault(
    {
      fault: "event late",
      expected: "nothing waits for the event, and when it arrives nothing is left to do",
      where: "simulated",
    },
    async (see) => {
      const seen = await each([60, 600, HOUR, 6 * HOUR], { launching: true }, async (harness, late) => {
        Object.assign(harness.environment.bus.settings.delay, { min: late * 1000, max: late * 1000 });
        const lived = await lifetime(harness, 8 * MINUTE, 15 * MINUTE);
        await harness.environment.run(late + 60);
        await harness.cleared(TOKEN_SWEPT);
        assert.equal(harness.deadLetters().length, 0);
        return lived;
      });
      see(
        `1 min to 6 h late: in service within ${Math.ceil(highestOf(seen.map(({ launch }) => launch)) / 60)} min, ${kept(seen.map(({ grace }) => grace))}, no dead letter, nothing left`,
      );
    },
  );

  fault(
    {
      fault: "event before the instance has booted",
      expected:
        "the token stays until the host boots, a stop that reaches no agent is reported, and the host terminates as soon as its agent has started",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(every(0.5, 16, 0.5), { launching: true }, async (harness, after) => {
        Object.assign(harness.environment.bus.settings.delay, { min: 0, max: 0 });
        await harness.environment.clock.sleep(after * 1000);
        const [instance] = harness.pool.instances() as [string];
        assert.equal(harness.hostLogged(instance, /./), 0, "the agent has logged nothing yet");
        const begun = harness.environment.clock.now();
        await harness.pool.terminate(instance);
        await harness.gone(instance, 60);
        const seconds = Math.ceil((harness.environment.clock.now() - begun) / 1000);
        await harness.cleared(20 * MINUTE);
        assert.equal(harness.metric(METRIC.stopFailures), 1);
        return seconds;
      });
      see(
        `${count(seen.length, "instance")} terminated before the agent ran: gone within ${highestOf(seen)} s, each undelivered stop reported as StopFailures, nothing left`,
      );
    },
  );

  fault(
    {
      fault: "event for an instance that is gone",
      expected: "no other instance is affected, and a token that it creates is swept",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs(KINDS, [60, HOUR, 6 * HOUR]),
        { launching: true, pool: { instances: 2 } },
        async (harness, [kind, later]) => {
          const events: EventBridgeEvent[] = [];
          harness.environment.bus.settings.decide = (event) => (events.push(event), "deliver");
          await harness.ready(2);
          const busy = await harness.busy({ seconds: 60 });
          await harness.pool.terminate(busy.instance);
          await harness.keepsPromise(busy, { jobWithin: 70, grace: 30 });
          const neighbour = await harness.busy({ seconds: 7 * HOUR });
          await harness.environment.run(later);
          const stale = events.filter((event) => event["detail-type"] === kind && JSON.stringify(event).includes(busy.instance));
          assert.equal(stale.length, 1);
          harness.environment.bus.put(stale[0]!);
          await harness.environment.run(5 * MINUTE);
          assert.equal(harness.deadLetters().length, 0);
          assert.equal(harness.state(neighbour.job), "acquired");
          assert.deepEqual(harness.pool.ready(), [neighbour.instance]);
          await harness.cleared(20 * MINUTE);
          return kind;
        },
      );
      see(
        `${count(seen.length, "stale event")} 1 min to 6 h after the end: the neighbour's job continues, no dead letter, every token swept within 25 min`,
      );
    },
  );
});
