import assert from "node:assert/strict";
import type { Runner } from "../../../../functions/shared/github/runners";
import { endedMark } from "../../../../functions/actions-runner-pool/shared/ended-mark";
import { finalSweep } from "../../../../functions/actions-runner-pool/sweep/final-sweep";
import type { Activity } from "../../../../functions/actions-runner-pool/shared/activities";
import type { SweepPorts } from "../../../../functions/actions-runner-pool/sweep/ports";
import { RefreshWatch } from "../../../../functions/actions-runner-pool/sweep/refresh-watch";
import { Continuity } from "../../../../functions/actions-runner-pool/sweep/continuity";
import { VersionMemory } from "../../../../functions/actions-runner-pool/sweep/version-memory";
import { clockAt } from "../../support/clock";
import { NAMES, POOL } from "../../support/events";
import { RecordingObserver } from "../../support/observer";

const NOW = new Date("2026-11-22T12:00:00Z");
const id = (n: number) => `i-${n.toString(16).padStart(17, "0")}`;
const ended = (n: number, status = "Successful"): Activity => ({
  description: `Terminating EC2 instance: ${id(n)}`,
  startedAt: new Date(NOW.getTime() - 60_000),
  status,
});
const runner = (n: number, fields: Partial<Runner> = {}): Runner => ({
  id: n,
  name: id(n),
  online: false,
  busy: false,
  labels: ["pool"],
  ...fields,
});
const token = (n: number) => `${NAMES.secretPrefix}${id(n)}`;

describe("final sweep", () => {
  let observer: RecordingObserver;
  let exists: boolean;
  let history: Activity[];
  let runners: Runner[];
  let secrets: string[];
  /** Instances that some group of the account lists. */
  let listed: string[];
  let passes: number;
  /** Ids of the runners whose labels were removed. */
  let unlabelled: number[];
  let ports: SweepPorts;

  beforeEach(() => {
    observer = new RecordingObserver();
    [exists, history, runners, secrets, listed, passes, unlabelled] = [false, [], [], [], [], 0, []];
    const none = async (): Promise<never> => assert.fail("not part of the final sweep");
    ports = {
      members: none,
      hostLogs: undefined,
      refreshState: none,
      latestVersion: none,
      startRefresh: none,
      isOff: none,
      continueAction: none,
      terminate: none,
      groupExists: async () => {
        passes += 1;
        return exists;
      },
      async *activities() {
        yield history;
      },
      lifecycleStates: async (ids) => new Map(ids.filter((one) => listed.includes(one)).map((one) => [one, "InService"])),
      async *secrets() {
        yield secrets.map((name) => ({ name, changedAt: NOW }));
      },
      deleteSecret: async (name) => {
        secrets = secrets.filter((one) => one !== name);
      },
      gitHub: () => ({
        find: none,
        get: none,
        remainingQuota: () => 1,
        async *pages() {
          yield runners;
        },
        remove: async (runnerId) => {
          runners = runners.filter((one) => one.id !== runnerId);
          return "deleted";
        },
        setCustomLabels: none,
        versionSchedule: none,
        removeCustomLabels: async (runnerId) => {
          unlabelled.push(runnerId);
          runners = runners.map((one) => (one.id === runnerId ? { ...one, labels: [] } : one));
          return "removed";
        },
      }),
      silences: new Continuity(),
      uses: new Continuity(),
      refreshWatch: new RefreshWatch(),
      versions: new VersionMemory(),
      clock: clockAt(NOW.getTime()),
    };
  });

  const run = (limits = {}) => finalSweep(ports, { names: NAMES }, observer, { boundMs: 5000, passes: 3, pauseMs: 1, ...limits });

  it("removes the deleted pool's runners and tokens, however recent, whether or not GitHub shows the runners as offline", async () => {
    runners = [runner(1), runner(2, { online: true }), runner(3)];
    history = [ended(1), ended(2), ended(3, "MidLifecycleAction")];
    secrets = [token(1), token(4), `${NAMES.secretPrefix}shared-token`];
    assert.deepEqual(await run(), { runnersDeleted: 3, secretsDeleted: 3, left: [] });
    assert.deepEqual([runners, secrets, passes], [[], [], 1]);
    assert.deepEqual(observer.counts, { OrphanRunners: 3, OrphanSecrets: 3 });
  });

  it("never removes runners of other pools, of people or of instances that still exist, nor secrets that are not tokens", async () => {
    runners = [runner(1), runner(2), runner(3, { name: "build-box" })];
    history = [ended(2), { ...ended(1), description: `Launching a new EC2 instance: ${id(1)}` }];
    listed = [id(2)];
    secrets = [`${NAMES.secretPrefix}app-private-key`, `CI-Runners/${POOL}/${id(1)}`, `${token(1)}/more`];
    const before = [[...runners], [...secrets]];
    assert.deepEqual(await run(), { runnersDeleted: 0, secretsDeleted: 0, left: [] });
    assert.deepEqual([runners, secrets], before);
  });

  it("removes nothing while the group exists, because a program may drop the invocation and keep the pool", async () => {
    exists = true;
    runners = [runner(1)];
    history = [ended(1)];
    secrets = [token(1)];
    const { runnersDeleted, secretsDeleted, left } = await run();
    assert.deepEqual([runnersDeleted, secretsDeleted, runners.length, secrets.length], [0, 0, 1, 1]);
    assert.match(left.join(), /group ci-dev: still exists/);
  });

  it("removes nothing when it cannot determine whether the group exists", async () => {
    ports.groupExists = async () => Promise.reject(new Error("throttled"));
    secrets = [token(1)];
    assert.deepEqual(await run(), { runnersDeleted: 0, secretsDeleted: 0, left: ["group ci-dev: throttled"] });
    assert.equal(secrets.length, 1);
  });

  it("waits until GitHub notices the end of a job, then removes its runner", async () => {
    runners = [runner(1, { online: true, busy: true })];
    history = [ended(1)];
    const { groupExists } = ports;
    const gitHub = ports.gitHub();
    ports.gitHub = () => ({ ...gitHub, remove: async (one, signal) => (runners[0]!.busy ? "busy" : gitHub.remove(one, signal)) });
    ports.groupExists = async (group) => {
      if (passes === 2) runners = [runner(1)];
      return groupExists(group);
    };
    assert.deepEqual(await run(), { runnersDeleted: 1, secretsDeleted: 0, left: [] });
    assert.equal(passes, 3);
  });

  for (const [how, arrange] of [
    [
      "refuses to remove",
      () => {
        const gitHub = ports.gitHub();
        ports.gitHub = () => ({ ...gitHub, remove: async () => "busy" });
      },
    ],
  ] as const) {
    it(`reports a runner that GitHub ${how}, takes its labels once, and removes the rest`, async () => {
      runners = [runner(1)];
      history = [ended(1)];
      secrets = [token(2)];
      arrange();
      const result = await run();
      assert.deepEqual({ ...result, left: result.left.length }, { runnersDeleted: 0, secretsDeleted: 1, left: 1 });
      assert.match(result.left[0]!, new RegExp(`runner ${id(1)}: GitHub counts a job on it.* id 1 `));
      assert.equal(observer.counts.SweepErrors, 1);
      assert.deepEqual(unlabelled, [1]);
    });
  }

  it("counts a token once, although a later listing shows it again and a forced deletion of nothing succeeds", async () => {
    runners = [runner(1)];
    history = [ended(1)];
    secrets = [token(2)];
    const gitHub = ports.gitHub();
    ports.gitHub = () => ({ ...gitHub, remove: async () => Promise.reject(new Error("500")) });
    ports.deleteSecret = async () => undefined;
    const { secretsDeleted } = await run();
    assert.ok(passes > 1, "the token was listed only once");
    assert.equal(secretsDeleted, 1);
    assert.equal(observer.counts.OrphanSecrets, 1);
  });

  it("removes a runner that a minute-old list shows as busy, because no sweep follows that would", async () => {
    runners = [runner(1, { busy: true, online: true })];
    history = [ended(1)];
    assert.deepEqual(await run(), { runnersDeleted: 1, secretsDeleted: 0, left: [] });
    assert.equal(passes, 1);
  });

  it("removes a thief whom an earlier sweep has marked, although the history no longer has the end of the instance", async () => {
    runners = [runner(1, { labels: [endedMark(NAMES.group, 0)] }), runner(2, { labels: [endedMark("other", 0)] })];
    assert.deepEqual(await run(), { runnersDeleted: 1, secretsDeleted: 0, left: [] });
    assert.deepEqual(
      runners.map(({ name }) => name),
      [id(2)],
    );
  });

  it("does not fail a destroy when GitHub is down, and still removes the tokens", async () => {
    secrets = [token(1)];
    ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    assert.deepEqual(await run(), { runnersDeleted: 0, secretsDeleted: 1, left: ["runners: GitHub is down"] });
    assert.equal(passes, 3);
    assert.equal(observer.messages("error").length, 1);
  });

  it("does not block a destroy forever when GitHub hangs", async () => {
    secrets = [token(1)];
    const gitHub = ports.gitHub();
    ports.gitHub = () => ({
      ...gitHub,
      async *pages() {
        await new Promise(() => undefined);
        yield [];
      },
    });
    const result = await run({ boundMs: 50 });
    assert.deepEqual(result, { runnersDeleted: 0, secretsDeleted: 1, left: ["the final sweep took longer than 50 ms"] });
  });

  it("continues after a runner and a token that cannot be removed, and names both", async () => {
    runners = [runner(1), runner(2)];
    history = [ended(1), ended(2)];
    secrets = [token(1), token(2)];
    const gitHub = ports.gitHub();
    ports.gitHub = () => ({
      ...gitHub,
      remove: async (one, signal) => (one === 1 ? Promise.reject(new Error("500")) : gitHub.remove(one, signal)),
    });
    const { deleteSecret } = ports;
    ports.deleteSecret = async (name) => (name === token(1) ? Promise.reject(new Error("denied")) : deleteSecret(name));
    assert.deepEqual(await run(), { runnersDeleted: 1, secretsDeleted: 1, left: [`secret ${token(1)}: denied`, `runner ${id(1)}: 500`] });
  });
});
