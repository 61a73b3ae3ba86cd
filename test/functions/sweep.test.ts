import assert from "node:assert/strict";
import type { Runner } from "../../functions/shared/github/runners";
import type { Activity, Member, StoredSecret, SweepPorts } from "../../functions/sweep/ports";
import { sweep } from "../../functions/sweep/sweep";
import type { RegistrationPorts } from "../../functions/shared/registration";
import { NAMES, POOL } from "./support/events";
import { RecordingObserver } from "./support/observer";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
const ago = (minutes: number) => new Date(NOW - minutes * MINUTE);
const id = (n: number) => `i-${n.toString(16).padStart(17, "0")}`;
const activity = (instance: string, minutes: number, status = "Successful", verb = "Terminating EC2 instance"): Activity => ({
  description: `${verb}: ${instance}`,
  startedAt: ago(minutes),
  status,
});
const offline = (n: number, name = id(n)): Runner => ({ id: n, name, online: false, busy: false });

describe("sweep function", () => {
  let observer: RecordingObserver;
  let acts: string[];
  let members: Member[];
  let activities: Activity[][];
  let runners: Runner[][];
  let secrets: StoredSecret[];
  /** Instances that are in some group of the account. */
  let alive: string[];
  let historyPages: number;
  let ports: SweepPorts & RegistrationPorts;

  beforeEach(() => {
    observer = new RecordingObserver();
    acts = [];
    [members, activities, runners, secrets, alive, historyPages] = [[], [], [[]], [], [], 0];
    ports = {
      members: async () => members,
      groupExists: async () => true,
      async *activities() {
        for (const page of activities) {
          historyPages += 1;
          yield page;
        }
      },
      lifecycleStates: async (ids) => new Map(ids.filter((one) => alive.includes(one)).map((one) => [one, "InService"])),
      continueAction: async ({ instanceId, token }) => {
        acts.push(`continue ${instanceId} ${token ?? "without token"}`);
        return "continued";
      },
      terminate: async (instanceId) => void acts.push(`terminate ${instanceId}`),
      async *secrets() {
        yield secrets;
      },
      deleteSecret: async (name) => {
        acts.push(`delete ${name}`);
        return "deleted";
      },
      gitHub: () => ({
        find: async (name) => runners.flat().find((runner) => runner.name === name),
        get: async (id) => runners.flat().find((runner) => runner.id === id),
        async *pages() {
          yield* runners;
        },
        remove: async (runner) => {
          acts.push(`remove ${runner}`);
          return "deleted";
        },
      }),
      mintToken: async () => ({ token: "minted", expiresAt: "2026-11-22T13:00:00Z" }),
      tokens: {
        put: async ({ name, owner }) => {
          acts.push(`put ${name} for ${owner}`);
          return "created";
        },
      },
      now: () => new Date(NOW),
    };
  });

  const run = () =>
    sweep(ports, { pool: POOL, names: NAMES, maxDrainSeconds: 3600, hostRoleId: "AROAEXAMPLE" }, observer, new AbortController().signal);

  describe("over runners", () => {
    it("removes those whose instance this group has terminated, on any page", async () => {
      runners = [[offline(1)], [offline(2)]];
      activities = [[activity(id(2), 5)], [activity(id(1), 50)]];
      await run();
      assert.deepEqual(acts, ["remove 1", "remove 2"]);
      assert.equal(observer.counts.OrphanRunners, 2);
    });

    it("leaves them to a later sweep when little of GitHub's hour is left, or launches would starve", async () => {
      runners = [[offline(1)], [offline(2)]];
      activities = [[activity(id(2), 5), activity(id(1), 50)]];
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({ ...gitHub, spare: () => (acts.length === 0 ? 0.4 : 0.39) });
      await run();
      assert.deepEqual(acts, ["remove 1"]);
    });

    it("says nothing of runners in a sweep whose turn to list thousands it is not", async () => {
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({
        ...gitHub,
        async *pages(_signal, worthIt) {
          if (worthIt!(100_000)) yield [];
        },
      });
      await run();
      assert.equal(observer.counts.OrphanRunners, undefined);
      assert.equal(observer.counts.UnregisteredInstances, undefined);
      assert.equal(observer.counts.SweepErrors, undefined);
    });

    it("never touches a runner of another pool, another account or a person, however alike it looks", async () => {
      runners = [[offline(1), offline(2, "build-box"), offline(3, "i-am-a-mac"), offline(4)]];
      activities = [
        [activity(id(4), 5, "Successful", "Launching a new EC2 instance"), activity(id(4), 9, "Successful", "Detaching EC2 instance")],
      ];
      await run();
      assert.deepEqual(acts, []);
    });

    it("waits while the termination is under way: its job may still run", async () => {
      runners = [[offline(1)]];
      activities = [[activity(id(1), 5, "MidLifecycleAction")]];
      await run();
      assert.deepEqual(acts, []);
    });

    it("leaves the runner of an instance that was retained, whatever its termination is called", async () => {
      runners = [[offline(1)]];
      activities = [[activity(id(1), 5)]];
      alive = [id(1)];
      await run();
      assert.deepEqual(acts, []);
    });

    it("leaves runners that are online", async () => {
      runners = [[{ ...offline(1), online: true }]];
      activities = [[activity(id(1), 5)]];
      await run();
      assert.deepEqual(acts, []);
    });

    it("removes one whose list entry says busy if GitHub itself lets it go: lists are a minute old", async () => {
      runners = [[{ ...offline(2), busy: true }]];
      activities = [[activity(id(2), 5)]];
      await run();
      assert.deepEqual(acts, ["remove 2"]);
      assert.equal(observer.counts.BusyAtTermination, undefined);
    });

    it("tells of the job of an instance that is gone, also where no event came to tell of it", async () => {
      runners = [[offline(1)]];
      activities = [[activity(id(1), 5)]];
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({ ...gitHub, remove: async () => "busy" });
      await run();
      assert.equal(observer.counts.BusyAtTermination, 1);
      assert.equal(observer.counts.OrphanRunners, 0);
      assert.match(observer.messages("error")[0] ?? "", /still counts a job/);
    });

    it("goes on after one that cannot be removed, and counts it", async () => {
      runners = [[offline(1), offline(2)]];
      activities = [[activity(id(1), 5), activity(id(2), 5)]];
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({
        ...gitHub,
        remove: async (runner, signal) => (runner === 1 ? Promise.reject(new Error("500")) : gitHub.remove(runner, signal)),
      });
      await run();
      assert.deepEqual(acts, ["remove 2"]);
      assert.equal(observer.counts.SweepErrors, 1);
    });

    it("reads no more of the history than it needs, and not without end for a runner that is not ours", async () => {
      activities = Array.from({ length: 500 }, (_, page) => [activity(id(1000 + page), page)]);
      runners = [[offline(1000)]];
      await run();
      assert.equal(historyPages, 1);

      historyPages = 0;
      runners = [[offline(1), offline(2)]];
      await run();
      assert.equal(historyPages, 30);
    });

    it("does not read beyond the 14 days after which GitHub forgets a runner by itself", async () => {
      activities = [[activity(id(5), 1)], [activity(id(6), 16 * 24 * 60)], [activity(id(1), 17 * 24 * 60)]];
      runners = [[offline(1)]];
      await run();
      assert.equal(historyPages, 2);
    });
  });

  describe("over registration tokens", () => {
    const secret = (n: number, minutes: number, prefix = NAMES.secretPrefix): StoredSecret => ({
      name: `${prefix}${id(n)}`,
      changedAt: ago(minutes),
    });

    it("deletes those whose instance is gone and those that have expired, and no others", async () => {
      secrets = [secret(1, 20), secret(2, 20), secret(3, 80), secret(4, 1)];
      alive = [id(2), id(3)];
      await run();
      assert.deepEqual(
        acts,
        [1, 3].map((n) => `delete ${NAMES.secretPrefix}${id(n)}`),
      );
      assert.equal(observer.counts.OrphanSecrets, 2);
    });

    it("never deletes what only resembles a token of this pool", async () => {
      secrets = [
        secret(1, 500, "CI-Runners/ci-dev/"),
        { name: `${NAMES.secretPrefix}app-private-key`, changedAt: ago(500) },
        { name: `${NAMES.secretPrefix}${id(1)}/more`, changedAt: ago(500) },
      ];
      await run();
      assert.deepEqual(acts, []);
    });

    it("deletes none when it cannot tell which instances are alive", async () => {
      secrets = [secret(1, 20)];
      ports.lifecycleStates = async () => Promise.reject(new Error("throttled"));
      await run();
      assert.deepEqual(acts, []);
      assert.equal(observer.counts.SweepErrors, 1);
    });

    it("goes on after one that cannot be deleted", async () => {
      secrets = [secret(1, 20), secret(2, 20)];
      const { deleteSecret } = ports;
      ports.deleteSecret = async (name) => (name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : deleteSecret(name));
      await run();
      assert.deepEqual(acts, [`delete ${NAMES.secretPrefix}${id(2)}`]);
    });
  });

  describe("over drains", () => {
    it("counts those that last longer than they may, and ends none of them", async () => {
      members = [1, 2, 3].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
      activities = [[activity(id(1), 59, "MidLifecycleAction"), activity(id(2), 61, "MidLifecycleAction")]];
      await run();
      assert.equal(observer.counts.OverdueDrains, 2, "one is too old, one is older than the history");
      assert.deepEqual(acts, []);
    });

    it("says zero when all is well, so that the alarm can return to its rest", async () => {
      await run();
      assert.deepEqual(observer.counts, {
        OverdueDrains: 0,
        OrphanSecrets: 0,
        RetainedInstances: 0,
        OrphanRunners: 0,
        UnregisteredInstances: 0,
      });
    });

    it("raises no alarm from a history that it could read only in part", async () => {
      members = [1, 2].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
      ports.activities = async function* () {
        yield [];
        throw new Error("throttled");
      };
      await run();
      assert.equal(observer.counts.OverdueDrains, 0);
      assert.ok((observer.counts.SweepErrors ?? 0) >= 2);
    });

    it("lets a trimmed pool instance go whose event got lost", async () => {
      members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
      await run();
      assert.deepEqual(acts, [`continue ${id(1)} without token`]);
    });
  });

  describe("over drains that fell silent", () => {
    let state: string | undefined;
    beforeEach(() => {
      state = "Terminating:Wait";
      members = [{ instanceId: id(1), lifecycleState: "Terminating:Wait" }];
      activities = [[activity(id(1), 5, "MidLifecycleAction")]];
      runners = [[{ ...offline(1), busy: true }]];
      ports.lifecycleStates = async () => new Map(state === undefined ? [] : [[id(1), state]]);
    });
    const told = () => observer.messages("error").filter((message) => /fell silent/.test(message)).length;

    for (const where of ["Terminating:Wait", "Terminating:Retained"]) {
      it(`tells of the job of one in ${where} before GitHub gives it up, and ends nothing for it`, async () => {
        members[0]!.lifecycleState = state = where;
        await run();
        assert.equal(observer.counts.BusyAtTermination, 1);
        assert.equal(told(), 1);
        assert.deepEqual(acts, []);
      });
    }

    const now = (runner: Runner | undefined) => {
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({ ...gitHub, get: async () => runner });
    };
    const fine: [string, () => void][] = [
      ["has ended its job, though the list does not say so yet", () => now(offline(1))],
      ["is online again", () => now({ ...offline(1), busy: true, online: true })],
      ["has no runner any more", () => now(undefined)],
      ["is online: it drains", () => (runners = [[{ ...offline(1), busy: true, online: true }]])],
      ["has no job", () => (runners = [[offline(1)]])],
      ["is not the group's", () => (runners = [[{ ...offline(2), busy: true }]])],
      ["is in service", () => (members[0]!.lifecycleState = state = "InService")],
      ["went on while the runners were listed", () => (state = "Terminating:Proceed")],
      ["was gone when the runners were listed", () => (state = undefined)],
    ];
    for (const [what, arrange] of fine) {
      it(`tells nothing of one that ${what}`, async () => {
        arrange();
        await run();
        assert.equal(observer.counts.BusyAtTermination, undefined);
        assert.equal(observer.counts.SweepErrors, undefined);
        assert.equal(told(), 0);
      });
    }
  });

  describe("over retained instances", () => {
    beforeEach(() => {
      members = [{ instanceId: id(1), lifecycleState: "Terminating:Retained" }];
      activities = [[activity(id(1), 60, "MidLifecycleAction")]];
    });

    it("ends one whose runner is gone", async () => {
      await run();
      assert.deepEqual(acts, [`terminate ${id(1)}`]);
      assert.equal(observer.counts.RetainedInstances, 1);
    });

    it("ends one whose runner is offline and idle", async () => {
      runners = [[offline(1)]];
      await run();
      assert.deepEqual(acts, [`terminate ${id(1)}`]);
    });

    const keep: [string, () => void][] = [
      ["runs a job as far as GitHub knows", () => (runners = [[{ ...offline(1), busy: true }]])],
      ["is online and may take a job", () => (runners = [[{ ...offline(1), online: true }]])],
      ["fell silent so recently that GitHub may not have noticed", () => (activities = [[activity(id(1), 14)]])],
      ["is not in the history", () => (activities = [])],
    ];
    for (const [what, arrange] of keep) {
      it(`keeps and reports one that ${what}`, async () => {
        arrange();
        await run();
        assert.deepEqual(acts, []);
        assert.equal(observer.counts.RetainedInstances, 1);
        assert.match(observer.messages("warn")[0] ?? "", /kept/);
      });
    }

    it("keeps it while GitHub cannot be asked", async () => {
      ports.gitHub = () => {
        throw new Error("GitHub is down");
      };
      await run();
      assert.deepEqual(acts, []);
    });
  });

  describe("over launches", () => {
    const provided = (n: number) => `put ${NAMES.secretPrefix}${id(n)} for AROAEXAMPLE:${id(n)}`;
    beforeEach(() => {
      members = [{ instanceId: id(1), lifecycleState: "Pending:Wait" }];
      activities = [[activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance")]];
    });

    it("provides the token that a lost event would have brought, or the launch would be abandoned", async () => {
      await run();
      assert.deepEqual(acts, [provided(1)]);
      assert.match(observer.messages("warn")[0] ?? "", /launch event was lost/);
    });

    it("does so for one that leaves the warm pool, by the time at which it left and not at which it entered", async () => {
      const left = activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance from warm pool");
      const entered = activity(id(1), 600, "Successful", "Launching a new EC2 instance into warm pool");
      activities = [[{ ...left, startedAt: new Date(NOW - 30_000) }, entered]];
      await run();
      assert.deepEqual(acts, []);
      activities = [[left, entered]];
      await run();
      assert.deepEqual(acts, [provided(1)]);
    });

    it("provides one although the history cannot be read", async () => {
      // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
      ports.activities = async function* () {
        throw new Error("throttled");
      };
      await run();
      assert.deepEqual(acts, [provided(1)]);
    });

    it("replaces a token that has expired while the instance waited", async () => {
      const stored = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(80) }];
      secrets = stored;
      const { deleteSecret } = ports;
      ports.deleteSecret = (name) => {
        secrets = [];
        return deleteSecret(name);
      };
      alive = [id(1)];
      await run();
      assert.deepEqual(acts, [`delete ${stored[0]!.name}`, provided(1)]);
    });

    const leave: [string, () => void][] = [
      ["waits for less than a minute: the register function is at it", () => (activities[0]![0]!.startedAt = new Date(NOW - 59_000))],
      ["has a token already", () => (secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }])],
      ["has used its token and is registered", () => (runners = [[offline(1)]])],
      ["enters the warm pool and must not be registered", () => (members[0]!.lifecycleState = "Warmed:Pending:Wait")],
      ["is in service", () => (members[0]!.lifecycleState = "InService")],
    ];
    for (const [what, arrange] of leave) {
      it(`leaves one alone that ${what}`, async () => {
        arrange();
        await run();
        assert.deepEqual(acts, []);
      });
    }

    it("goes on after one whose token cannot be stored, and counts it", async () => {
      members.push({ instanceId: id(2), lifecycleState: "Pending:Wait" });
      const { put } = ports.tokens;
      ports.tokens.put = async (secret) => (secret.name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : put(secret));
      await run();
      assert.deepEqual(acts, [provided(2)]);
      assert.deepEqual([observer.counts.SweepErrors, observer.counts.RegistrationFailures], [1, 1]);
    });

    it("asks GitHub nothing while nobody waits", async () => {
      members = [{ instanceId: id(1), lifecycleState: "InService" }];
      ports.mintToken = async () => assert.fail("minted");
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({ ...gitHub, find: async () => assert.fail("asked") });
      await run();
      assert.equal(observer.counts.SweepErrors, undefined);
    });
  });

  describe("over instances without a runner", () => {
    const LAUNCH = "Launching a new EC2 instance";
    const FOUND = /in service without a runner/;
    const reported = () => observer.lines.filter(({ message }) => FOUND.test(message)).map(({ fields }) => fields.instanceId);
    const online = (n: number): Runner => ({ ...offline(n), online: true });
    let asked: string[];

    beforeEach(() => {
      members = [{ instanceId: id(1), lifecycleState: "InService" }];
      activities = [[{ ...activity(id(1), 30, "Successful", LAUNCH), endedAt: ago(25) }]];
      alive = [id(1)];
      asked = [];
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({
        ...gitHub,
        find: async (name, signal) => {
          asked.push(name);
          return gitHub.find(name, signal);
        },
      });
    });

    const dead: [string, () => void, object][] = [
      ["was removed at GitHub", () => undefined, { runner: "not registered", busy: false, inServiceSince: ago(25).toISOString() }],
      ["is offline", () => (runners = [[offline(1)]]), { runner: "offline", busy: false, inServiceSince: ago(25).toISOString() }],
      [
        "is offline with a job, which must not be ended",
        () => (runners = [[{ ...offline(1), busy: true }]]),
        { runner: "offline", busy: true, inServiceSince: ago(25).toISOString() },
      ],
      [
        "was removed so late that its launch has left the history",
        () => (activities = []),
        { runner: "not registered", busy: false, inServiceSince: undefined },
      ],
    ];
    for (const [what, arrange, fields] of dead) {
      it(`reports one whose runner ${what}, and ends nothing for it`, async () => {
        arrange();
        await run();
        assert.equal(observer.counts.UnregisteredInstances, 1);
        assert.deepEqual(observer.lines.find(({ message }) => FOUND.test(message))?.fields, { instanceId: id(1), ...fields });
        assert.deepEqual(acts, []);
      });
    }

    const fine: [string, () => void][] = [
      ["has its runner online", () => (runners = [[online(1)]])],
      ["has its runner online on a later page", () => (runners = [[offline(2)], [online(1)]])],
      ["came into service only just now, however long its launch took", () => (activities[0]![0]!.endedAt = ago(9))],
      [
        "left the warm pool only just now",
        () => activities[0]!.unshift({ ...activity(id(1), 3, "Successful", `${LAUNCH} from warm pool`), endedAt: ago(2) }),
      ],
      ["began to drain while the runners were listed", () => (alive = [])],
      ...["Pending:Wait", "Warmed:Stopped", "Terminating:Wait", "Terminating:Retained", "Standby"].map((state): [string, () => void] => [
        `is in ${state}`,
        () => {
          members[0]!.lifecycleState = state;
          secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }];
        },
      ]),
    ];
    for (const [what, arrange] of fine) {
      it(`reports none that ${what}`, async () => {
        arrange();
        await run();
        assert.equal(observer.counts.UnregisteredInstances, 0);
        assert.deepEqual(reported(), []);
      });
    }

    it("does not take another instance's runner for its own", async () => {
      runners = [[online(2), { ...online(3), name: `${id(1)}0` }]];
      await run();
      assert.deepEqual(reported(), [id(1)]);
    });

    it("raises no alarm for a runner that the listing missed because its pages shifted", async () => {
      runners = [[online(1)]];
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({
        ...gitHub,
        async *pages() {
          yield [];
        },
      });
      await run();
      assert.equal(observer.counts.UnregisteredInstances, 0);
      assert.deepEqual(asked, [id(1)]);
    });

    it("spends one listing on everything, and ten further calls at most however many are dead", async () => {
      alive = Array.from({ length: 40 }, (_, n) => id(100 + n));
      members = alive.map((instanceId) => ({ instanceId, lifecycleState: "InService" }));
      let listings = 0;
      const gitHub = ports.gitHub();
      ports.gitHub = () => ({
        ...gitHub,
        pages: (signal) => {
          listings += 1;
          return gitHub.pages(signal);
        },
      });
      await run();
      assert.equal(observer.counts.UnregisteredInstances, 40);
      assert.deepEqual([listings, asked.length], [1, 10]);
    });

    it("asks for no history and no single runner while all are well", async () => {
      runners = [[online(1)]];
      await run();
      assert.deepEqual([historyPages, asked], [0, []]);
    });

    it("stays silent rather than say zero or alarm when GitHub cannot be asked", async () => {
      ports.gitHub = () => {
        throw new Error("GitHub is down");
      };
      await run();
      assert.equal(observer.counts.UnregisteredInstances, undefined);
      assert.deepEqual(reported(), []);
    });

    it("counts none whose history could be read only in part", async () => {
      ports.activities = async function* () {
        yield [];
        throw new Error("throttled");
      };
      await run();
      assert.equal(observer.counts.UnregisteredInstances, 0);
      assert.equal(observer.counts.SweepErrors, 1);
    });
  });

  it("does what needs AWS alone although GitHub is down", async () => {
    members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
    secrets = [{ name: `${NAMES.secretPrefix}${id(2)}`, changedAt: ago(30) }];
    ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await run();
    assert.deepEqual(acts, [`continue ${id(1)} without token`, `delete ${NAMES.secretPrefix}${id(2)}`]);
    assert.equal(observer.counts.SweepErrors, 1);
  });

  it("sweeps runners although the group cannot be listed", async () => {
    ports.members = async () => Promise.reject(new Error("throttled"));
    runners = [[offline(1)]];
    activities = [[activity(id(1), 5)]];
    await run();
    assert.deepEqual(acts, ["remove 1"]);
  });
});
