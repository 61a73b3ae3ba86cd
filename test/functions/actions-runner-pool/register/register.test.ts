import assert from "node:assert/strict";
import { register } from "../../../../functions/actions-runner-pool/register/register";
import type { RegistrationPorts } from "../../../../functions/actions-runner-pool/shared/registration";
import { SharedToken } from "../../../../functions/actions-runner-pool/shared/shared-token";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { INSTANCE, NAMES, POOL, launchEvent, terminateEvent } from "../../support/events";
import { RecordingObserver } from "../../support/observer";

const SETTINGS = { pool: POOL, names: NAMES, hostRoleId: "AROAEXAMPLE" };
const EXPIRY = new Date(Date.now() + 3_600_000).toISOString();
const SECRET = `ci-runners/${POOL}/${INSTANCE}`;

describe("register function", () => {
  let observer: RecordingObserver;
  let minted: number;
  let down: boolean;
  let stored: Map<string, { value: string; owner: string; pool: string }>;
  let ports: RegistrationPorts;

  beforeEach(() => {
    observer = new RecordingObserver();
    minted = 0;
    down = false;
    stored = new Map();
    ports = {
      // Without memory and without a shared token: each invocation is the first one of its environment.
      sharedToken: (settings) => {
        const create = async () => (down ? Promise.reject(new Error("GitHub is down")) : { token: `token-${++minted}`, expiresAt: EXPIRY });
        const tokens = { put: async () => "created" as const };
        return new SharedToken({ create, read: async () => undefined, tokens, clock: systemClock }, {}, settings);
      },
      tokens: {
        put: async ({ name, ...rest }) => {
          const outcome = stored.has(name) ? "replaced" : "created";
          stored.set(name, rest);
          return outcome;
        },
      },
      clock: systemClock,
    };
  });

  const run = (event: unknown) => register(event, ports, SETTINGS, observer);

  it("provides an instance that enters service with a token that only its own host can read", async () => {
    await run(launchEvent());
    assert.deepEqual(
      [...stored],
      [
        [
          SECRET,
          {
            value: `{"token":"token-1","expiresAt":"${EXPIRY}"}`,
            owner: `AROAEXAMPLE:${INSTANCE}`,
            pool: POOL,
          },
        ],
      ],
    );
  });

  it("provides a token to an instance that leaves the warm pool, but not to one that enters it", async () => {
    await run(launchEvent({ Origin: "EC2", Destination: "WarmPool" }));
    assert.equal(minted, 0);
    await run(launchEvent({ Origin: "WarmPool" }));
    assert.equal(minted, 1);
  });

  it("provides a token when the event omits the destination, so that the launch is not abandoned", async () => {
    await run(launchEvent({ Origin: undefined, Destination: undefined }));
    assert.ok(stored.has(SECRET));
  });

  it("keeps the newest token when the event arrives twice", async () => {
    await run(launchEvent());
    await run(launchEvent());
    assert.match(stored.get(SECRET)?.value ?? "", /token-2/);
    assert.equal(stored.size, 1);
  });

  it("throws when GitHub is unreachable, so that Lambda retries instead of abandoning the launch", async () => {
    down = true;
    await assert.rejects(run(launchEvent()), /GitHub is down/);
    assert.deepEqual(observer.counts, { RegistrationFailures: 1 });
    assert.equal(stored.size, 0);
  });

  it("throws when the token cannot be stored", async () => {
    ports.tokens.put = async () => Promise.reject(new Error("denied"));
    await assert.rejects(run(launchEvent()), /denied/);
    assert.deepEqual(observer.counts, { RegistrationFailures: 1 });
  });

  it("counts a malformed event and does not throw, because a retry would not help", async () => {
    await run(launchEvent({ EC2InstanceId: 7 }));
    assert.deepEqual(observer.counts, { MalformedEvents: 1 });
    assert.equal(observer.messages("error").length, 1);
    assert.equal(minted, 0);
  });

  it("does nothing for events of other groups and hooks", async () => {
    await run(launchEvent({ AutoScalingGroupName: "other" }));
    await run(launchEvent({ LifecycleHookName: "other" }));
    await run(terminateEvent());
    assert.equal(minted, 0);
    assert.deepEqual(observer.counts, {});
  });

  it("never logs the token", async () => {
    await run(launchEvent());
    assert.doesNotMatch(JSON.stringify(observer.lines), /token-1/);
  });
});
