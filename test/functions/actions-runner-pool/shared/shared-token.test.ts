import assert from "node:assert/strict";
import { SHARED_TOKEN_OWNER, sharedTokenName } from "../../../../contract/actions-runner-pool/names";
import { secretOwner } from "../../../../contract/shared/owned-secret";
import { TIMING } from "../../../../contract/actions-runner-pool/timing";
import { SharedToken, type SharedTokenPorts, type TokenMemory } from "../../../../functions/actions-runner-pool/shared/shared-token";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { RecordingObserver } from "../../support/observer";

const HOUR = 3_600_000;
const SETTINGS = { pool: "pool", secretPrefix: "ci-runners/pool/" };
const SIGNAL = new AbortController().signal;

describe("the registration token that the functions of a pool share", () => {
  let now: number;
  let created: number;
  let stored: Map<string, { value: string; owner: string }>;
  let observer: RecordingObserver;
  let ports: SharedTokenPorts;

  beforeEach(() => {
    now = Date.parse("2026-11-22T12:00:00Z");
    created = 0;
    stored = new Map();
    observer = new RecordingObserver();
    ports = {
      create: async () => ({ token: `T${++created}`, expiresAt: new Date(now + HOUR).toISOString() }),
      read: async (name) => stored.get(name)?.value,
      tokens: {
        put: async ({ name, value, owner }) => {
          stored.set(name, { value, owner });
          return "created";
        },
      },
      clock: { ...systemClock, now: () => now },
    };
  });

  /** A process of a function; by default a new one, as after a cold start. */
  const process = (memory: TokenMemory = {}) => new SharedToken(ports, memory, SETTINGS);
  const forLaunch = (memory?: TokenMemory) => process(memory).forLaunch(observer.log, SIGNAL);
  const keep = (memory?: TokenMemory) => process(memory).keep(observer.log, SIGNAL);

  it("serves a launch of 500 instances, each in an environment of its own, with not one call to GitHub", async () => {
    await keep();
    created = 0;
    const tokens = await Promise.all(Array.from({ length: 500 }, () => forLaunch()));
    assert.deepEqual([created, new Set(tokens.map(({ token }) => token)).size], [0, 1]);
  });

  it("is renewed by the sweep before an environment would have to, also if one sweep is lost, and never too often", async () => {
    const memory = {};
    const before: number[] = [];
    for (let sweeps = 0; sweeps < 288; sweeps++, now += TIMING.sweepInterval * 1000) {
      if (sweeps % 2 === 0) await keep(memory);
      const calls = created;
      await forLaunch();
      before.push(created - calls);
    }
    assert.deepEqual(new Set(before), new Set([0]));
    assert.ok(created <= 24 * 4, `${created} tokens in a day`);
  });

  it("is valid for at least another 30 minutes when an instance gets it, because a host may need minutes until it uses it", async () => {
    const memory = {};
    for (let launch = 0; launch < 1_000; launch++, now += 3_600) {
      const { expiresAt } = await forLaunch(memory);
      assert.ok(Date.parse(expiresAt) - now >= 30 * 60_000);
    }
    assert.equal(created, 2);
  });

  it("is created by the register function where the sweep has not run: a launch must not wait for a schedule", async () => {
    assert.equal((await forLaunch()).token, "T1");
    assert.equal((await forLaunch()).token, "T1", "the next environment finds it");
  });

  for (const [what, value] of [
    ["cut off", "{"],
    ["of another form", '{"token":7}'],
    ["without a valid time", '{"token":"x","expiresAt":"soon"}'],
  ] as const) {
    it(`is created anew if the stored one is ${what}`, async () => {
      stored.set(sharedTokenName(SETTINGS.secretPrefix), { value, owner: SHARED_TOKEN_OWNER });
      assert.equal((await forLaunch()).token, "T1");
    });
  }

  it("does not fail a launch because the secret cannot be read or stored", async () => {
    ports.read = async () => Promise.reject(new Error("AccessDenied"));
    ports.tokens.put = async () => Promise.reject(new Error("Throttled"));
    assert.equal((await forLaunch()).token, "T1");
    assert.deepEqual(
      observer.lines.map(({ fields }) => fields?.reason),
      ["AccessDenied", "Throttled"],
    );
    assert.doesNotMatch(JSON.stringify(observer.lines), /T1/, "a log is no place for a token");
  });

  it("fails only with GitHub's reason, and stores nothing then", async () => {
    ports.create = async () => Promise.reject(new Error("GitHub is down"));
    await assert.rejects(forLaunch(), /GitHub is down/);
    assert.equal(stored.size, 0);
  });

  it("has an owner that no instance's credentials have: a host could read it otherwise, and with it register runners", async () => {
    await forLaunch();
    assert.deepEqual(
      [...stored.values()].map(({ owner }) => owner),
      [SHARED_TOKEN_OWNER],
    );
    assert.doesNotMatch(SHARED_TOKEN_OWNER, /:/);
    assert.match(secretOwner("AROAEXAMPLE", "i-1"), /:/);
  });
});
