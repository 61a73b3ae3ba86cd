import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import type { TargetState } from "../../../../contract/aws/lifecycle";
import { Daemon } from "../../../../host-config/actions-runner-pool/agent/daemon";
import { imdsClient } from "../../../../host-config/shared/imds";
import { Fleet } from "../../../../rehearsal/aws/ec2";
import { createImds, type ImdsRequest } from "../../../../rehearsal/aws/imds";
import { Random } from "../../../../rehearsal/random";
import type { MetadataFault } from "../../../../rehearsal/simulation/metadata";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { FakeHost } from "../../../host-config/actions-runner-pool/fake-host";
import { RecordingHosts, ACCOUNT } from "../../../rehearsal/aws/autoscaling/rig";
import { count, fault } from "../support/fault-table";
import type { FaultName } from "../support/required";
import { each, HOUR, highestOf, MINUTE, pairs } from "./harness";

/** Seconds between the scale-in and the outage; the job ends 60 s after the scale-in. */
const MOMENTS = [-90, -1, 0.5, 1.5, 20, 59, 60.5, 62];

/** A job of two minutes, a scale-in in its middle, and an IMDS outage around it. */
async function outage(kind: MetadataFault, minutes: readonly number[], events: "delivered" | "lost" = "delivered") {
  return each(pairs(MOMENTS, minutes), {}, async (harness, [moment, length]) => {
    const { clock, metadata } = harness.environment;
    if (events === "lost") harness.environment.bus.settings.loss = 1;
    const busy = await harness.busy({ seconds: 120 });
    const acquired = harness.environment.github.job(busy.job).acquiredAt!;
    const at = (seconds: number) => clock.sleep(Math.max(0, acquired + seconds * 1000 - clock.now()));
    const fail = async () => {
      await at(Math.max(0, 60 + moment));
      const heal = metadata.fail(kind, busy.instance);
      const end = clock.now() + length * MINUTE * 1000;
      clock.after(length * MINUTE * 1000, heal);
      return end;
    };
    const failing = fail();
    await at(60);
    await harness.pool.terminate(busy.instance);
    const end = await failing;
    const retention = length > 25 ? 30 * MINUTE : 0;
    const grace = await harness.keepsPromise(busy, { jobWithin: 90, grace: length * MINUTE + 60 + retention });
    const retained = harness.highest(METRIC.retainedInstances);
    return {
      grace,
      retained,
      late: Math.max(
        0,
        Math.ceil((harness.entered(busy.instance, "Terminated") - Math.max(end, harness.environment.github.job(busy.job).endedAt!)) / 1000),
      ),
    };
  });
}

describe("faults of the instance metadata, simulated", () => {
  const ROWS: [FaultName, MetadataFault][] = [
    ["IMDS answers 401", 401],
    ["IMDS answers 404", 404],
    ["IMDS down for 10 minutes", "silent"],
  ];
  for (const [name, kind] of ROWS) {
    fault(
      {
        fault: name,
        expected:
          "the job succeeds; the instance terminates seconds after IMDS recovers, or is retained if that takes longer than the heartbeat timeout",
        where: "simulated",
      },
      async (see) => {
        const seen = await outage(kind, [0.5, 10]);
        assert.ok(seen.every(({ retained }) => retained === 0));
        // Without the stop command, the host detects the scale-in only when IMDS answers again.
        const alone = await outage(kind, [0.5, 10], "lost");
        const late = (those: typeof seen) => highestOf(those.map(({ late }) => late));
        assert.ok(late(seen) <= 60 && late(alone) <= 60);
        see(
          `outages of 30 s and 10 min at ${MOMENTS.length} moments around a scale-in and a completion: ${count(seen.length, "job")} succeeded, instances terminated at most ${late(seen)} s after the outage or the job, or ${late(alone)} s with all events lost as well`,
        );
        const long = await outage(kind, [45]);
        see(
          `of 45 min: ${count(long.length, "job")} succeeded, ${count(long.filter(({ retained }) => retained > 0).length, "instance")} retained and terminated by the sweep`,
        );
      },
    );
  }

  fault(
    {
      fault: "IMDS session token expired",
      expected: "the agent's client requests a new one, and the same poll still sees the termination",
      where: "simulated",
    },
    async (see) => {
      // The agent's own client and daemon, on the stand-in's metadata service, whose tokens expire after 6 hours.
      const clock = new VirtualClock();
      const random = new Random(1);
      const fleet = new Fleet({ clock, random, driver: new RecordingHosts() });
      const request = {
        userData: "",
        instanceType: "t3.medium",
        subnetId: "subnet-a",
        availabilityZone: `${ACCOUNT.region}a`,
        spot: false,
        tags: {},
      };
      const instance = fleet.create(request as unknown as Parameters<Fleet["create"]>[0]);
      await fleet.powerOn(instance);
      let target: TargetState = "InService";
      const issue = () => assert.fail("no credentials are requested");
      const answer = createImds({ clock, random, fleet, account: ACCOUNT, targetState: () => target, issue });
      const seen: string[] = [];
      const server = createServer(({ method, url, headers }, response) => {
        const reply = answer({ method, path: url, headers, sourceIp: instance.privateIp } as ImdsRequest);
        seen.push(`${method} ${reply.status}`);
        response.writeHead(reply.status, reply.headers).end(reply.body);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const host = new FakeHost();
        host.imds = imdsClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) as FakeHost["imds"];
        const daemon = new Daemon(host);
        for (const hours of [5, 7, 24, 24 * 30]) {
          await daemon.tick();
          await clock.sleep(hours * HOUR * 1000);
        }
        target = "Terminated";
        assert.equal(await daemon.tick(), "stop-runner");
        await daemon.settled();
        const refused = seen.filter((line) => line === "GET 401").length;
        const tokens = seen.filter((line) => line === "PUT 200").length;
        assert.ok(refused > 0 && !seen.includes("PUT 400"));
        assert.deepEqual(
          host.messages().filter((message) => /does not answer/.test(message)),
          [],
        );
        see(`6 h tokens expired ${count(refused, "time")}, ${tokens} requested in all`);
        see(`the first poll after 30 days saw the termination and stopped the runner`);
      } finally {
        clock.close();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
});
