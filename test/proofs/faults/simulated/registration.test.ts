import assert from "node:assert/strict";
import { LOG } from "../../../../contract/actions-runner-pool/host";
import { registrationSecretName } from "../../../../contract/actions-runner-pool/names";
import { DETAIL_TYPE } from "../../../../contract/aws/lifecycle";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, MINUTE, harness, type Harness } from "./harness";

/** The pool's first instance, as soon as it has an id. */
async function first(harness: Harness): Promise<string> {
  await harness.within(10, () => harness.pool.instances().length === 1, "an instance");
  return harness.pool.instances()[0]!;
}

/** Creates a secret with this token for the instance, as the register function would. */
async function createSecret(harness: Harness, instance: string, token: string): Promise<void> {
  const SecretString = JSON.stringify({ token, expiresAt: new Date(harness.environment.clock.now() + HOUR * 1000).toISOString() });
  const Name = registrationSecretName(harness.pool.names.secretPrefix, instance);
  await harness.environment.gateway.call({ kind: "operator" }, "secretsmanager:CreateSecret", { Name, SecretString });
}

/** Waits until an instance is in service, runs a job on it, and returns the seconds until it was in service. */
async function works(harness: Harness, bound: number): Promise<number> {
  const begun = harness.environment.clock.now();
  await harness.ready(1, bound);
  const seconds = Math.ceil((harness.environment.clock.now() - begun) / 1000);
  const job = harness.pool.queueJob({ seconds: 10 });
  await harness.ended(job, 60);
  assert.equal(harness.state(job), "succeeded");
  await harness.cleared(90 * MINUTE);
  return seconds;
}

const loseLaunchEvents = (harness: Harness, until = Infinity) => {
  harness.environment.bus.settings.decide = ({ "detail-type": kind }) =>
    kind === DETAIL_TYPE.launching && harness.environment.clock.now() < until ? "lose" : "deliver";
};

describe("faults of the registration, simulated", () => {
  it("never cost the launch when the agent is killed at any second of config.sh, which goes on without it", async () => {
    const launched = await each(every(2, 20), { launching: true }, async (harness, after) => {
      const { environment } = harness;
      environment.timing.register = 30_000;
      const instance = await first(harness);
      const minted = () => environment.secrets.names().some((name) => name.endsWith(instance));
      await harness.within(60, () => minted() && environment.hosts.running(instance) !== undefined, "a token");
      await environment.run(after);
      environment.hosts.running(instance)?.killAgent();
      await works(harness, 3 * MINUTE);
      assert.deepEqual(harness.pool.instances(), [instance], "not replaced");
      return harness.hostLogged(instance, /^registered at GitHub by an earlier attempt$/);
    });
    assert.ok(launched.filter((count) => count === 1).length >= 10, `killed during config.sh: ${launched.join()}`);
  });

  fault(
    {
      fault: "registration secret missing",
      expected: "the host waits for one from the sweep; if none comes, the launch is abandoned with its reason and replaced",
      where: "simulated",
    },
    async (see) => {
      const swept = await each(every(60, 5), { launching: true, pool: { instances: 0, maxSize: 2 } }, async (harness, after) => {
        loseLaunchEvents(harness);
        await harness.environment.run(after);
        await harness.pool.scaleTo(1);
        return works(harness, 8 * MINUTE);
      });
      see(`launch event lost: in service within ${Math.ceil(highestOf(swept) / 60)} min by a token from the sweep`);
      const replaced = await harness({ launching: true }, async (harness) => {
        const heal = harness.environment.github.faults.add({ kind: "status", status: 500, route: /registration-token$/ });
        const instance = await first(harness);
        await harness.gone(instance, 15 * MINUTE);
        assert.equal(harness.hostLogged(instance, new RegExp(`${LOG.bootstrapFailed}: no registration token appeared`)), 1);
        heal.remove();
        return works(harness, 5 * MINUTE);
      });
      see(
        `no token can be created: launch abandoned with its reason on the console, and replaced ${replaced} s after GitHub creates tokens again`,
      );
    },
  );

  // Only GitHub can tell an invalid token from a valid one.
  const refused: [name: "registration secret stale" | "registration secret already used", token: (harness: Harness) => string][] = [
    ["registration secret stale", (harness) => harness.environment.github.mintRegistrationToken("acme")],
    ["registration secret already used", () => "a token that GitHub no longer accepts"],
  ];
  for (const [name, token] of refused) {
    fault(
      {
        fault: name,
        expected: "a new token replaces it; if none comes, the launch is abandoned with GitHub's reason and replaced",
        where: "simulated",
      },
      async (see) => {
        // Minted two hours before the launch: GitHub's tokens expire after one hour.
        const setting = { launching: true, pool: { instances: 0, maxSize: 2 } };
        const fresh = await each([0, 3, 8, 20], setting, async (harness, late) => {
          const old = token(harness);
          await harness.environment.run(2 * HOUR);
          Object.assign(harness.environment.bus.settings.delay, { min: late * 1000, max: late * 1000 });
          await harness.pool.scaleTo(1);
          await createSecret(harness, await first(harness), old);
          return works(harness, 2 * MINUTE);
        });
        see(`launch event up to 20 s late: in service within ${highestOf(fresh)} s`);
        const abandoned = await each([0], setting, async (harness) => {
          const old = token(harness);
          await harness.environment.run(2 * HOUR);
          loseLaunchEvents(harness, harness.environment.clock.now() + 5000);
          await harness.pool.scaleTo(1);
          const instance = await first(harness);
          await createSecret(harness, instance, old);
          await harness.gone(instance, 15 * MINUTE);
          assert.equal(harness.hostLogged(instance, new RegExp(`^ci-runners: ${LOG.bootstrapFailed}: Not Found`)), 1);
          return works(harness, 2 * MINUTE);
        });
        see(
          `launch event lost: launch abandoned with GitHub's reason on the console, replacement in service within ${highestOf(abandoned)} s`,
        );
      },
    );
  }

  fault(
    {
      fault: "runner name already registered",
      expected: "the runner of that name is replaced, and only one remains",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(["never online", "online elsewhere"] as const, { launching: true }, async (harness, which) => {
        const { github } = harness.environment;
        const name = await first(harness);
        const { runnerId } = github.register({
          url: "https://github.com/acme",
          token: github.mintRegistrationToken("acme"),
          name,
          labels: ["old"],
          systemLabels: [],
          replace: true,
        } as Parameters<typeof github.register>[0]);
        if (which === "online elsewhere") github.protocol.createSession({ runnerId });
        await harness.within(10 * MINUTE, () => harness.pool.ready().length === 1, "in service");
        const seconds = await works(harness, 10 * MINUTE);
        assert.deepEqual(
          github.runners().map((runner) => runner.name),
          [name],
        );
        assert.deepEqual(
          github
            .runners()[0]!
            .labels.filter(({ type }) => type === "custom")
            .map((label) => label.name),
          harness.pool.labels,
        );
        return seconds;
      });
      see(
        `${count(seen.length, "runner")} of that name, one of them with a session: replaced with the pool's labels, a job succeeded, one runner is left`,
      );
    },
  );
});
