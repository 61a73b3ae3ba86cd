import assert from "node:assert/strict";
import type { HostLogPorts } from "../../../../functions/actions-runner-pool/shared/host-logs";
import { copyLaunchConsoles } from "../../../../functions/actions-runner-pool/sweep/launch-consoles";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { RecordingObserver } from "../../support/observer";

const ID = "i-0123456789abcdef0";
const NOW = Date.parse("2026-11-29T12:00:00Z");
const FAILED = "ci-runners: bootstrap failed: install.sh: no space left";

describe("the console of a failed launch, which EC2 may post minutes after its end", () => {
  let streams: Map<string, string[]>;
  let consoles: string[];
  let calls: string[];
  let reads: string[];
  let observer: RecordingObserver;
  beforeEach(() => {
    [streams, consoles, calls, reads, observer] = [new Map(), [], [], [], new RecordingObserver()];
  });
  const ports: HostLogPorts = {
    async *pagesBackward(id) {
      reads.push(id);
      const texts = streams.get(id) ?? [];
      if (texts.length > 0) yield texts;
    },
    consoles: async (id) => (calls.push(id), consoles),
    write: async (id, _time, texts) => void streams.set(id, [...(streams.get(id) ?? []), ...texts]),
  };
  const messages = () => streams.get(ID)?.map((text) => JSON.parse(text));
  let launches: { instanceId: string; endedAt: Date }[];
  const copied = new Set<string>();
  beforeEach(() => {
    copied.clear();
    launches = [{ instanceId: ID, endedAt: new Date(NOW - 60_000) }];
  });
  const sweep = (hostLogs: HostLogPorts | undefined = ports) =>
    copyLaunchConsoles(
      { hostLogs, endedLaunches: async () => launches, copiedConsoles: copied, clock: { ...systemClock, now: () => NOW } },
      "group",
      observer,
      new AbortController().signal,
    );

  it("is looked for at each sweep until it is there, and then no more", async () => {
    await sweep();
    consoles = [FAILED];
    await sweep();
    await sweep();
    assert.deepEqual([calls.length, reads.length], [2, 2]);
    assert.equal(messages()!.length, 1);
  });

  it("without a reason is copied ten minutes after the end", async () => {
    consoles = ["Kernel panic"];
    await sweep();
    assert.equal(streams.size, 0);
    launches[0]!.endedAt = new Date(NOW - 601_000);
    await sweep();
    assert.equal(messages()!.length, 1);
  });

  it("is not asked for after EC2 has forgotten it, nor for hundreds of launches in one sweep", async () => {
    launches = [{ instanceId: "i-old", endedAt: new Date(NOW - 56 * 60_000) }];
    await sweep();
    assert.deepEqual(calls, []);
    launches = Array.from({ length: 100 }, (_, n) => ({ instanceId: `i-${n}`, endedAt: new Date(NOW) }));
    await sweep();
    assert.equal(calls.length, 10);
  });

  it("that cannot be copied costs the others nothing", async () => {
    launches = ["i-1", "i-2"].map((instanceId) => ({ instanceId, endedAt: new Date(NOW) }));
    consoles = [FAILED];
    await sweep({ ...ports, write: async (id, time, texts) => (id === "i-1" ? assert.fail("denied") : ports.write(id, time, texts)) });
    assert.deepEqual([...streams.keys()], ["i-2"]);
    assert.equal(observer.counts["SweepErrors"], 1);
  });

  it("that a policy of the organization denies is no error of the sweep: an alarm for each failed launch would hide its reason", async () => {
    const denied = Object.assign(new Error("You are not authorized to perform this operation."), { name: "UnauthorizedOperation" });
    const refusing = { ...ports, consoles: async (id: string) => (calls.push(id), Promise.reject(denied)) };
    await sweep(refusing);
    await sweep(refusing);
    assert.deepEqual([calls, observer.counts], [[ID], {}]);
    assert.deepEqual(
      observer.lines.map(({ level, fields }) => [level, fields.instanceId]),
      [["warn", ID]],
    );
  });

  it("costs no call without hostLogs", async () => {
    await copyLaunchConsoles(
      { hostLogs: undefined, endedLaunches: async () => assert.fail("asked"), copiedConsoles: copied, clock: systemClock },
      "group",
      observer,
      new AbortController().signal,
    );
  });
});
