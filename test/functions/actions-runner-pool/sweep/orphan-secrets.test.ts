import assert from "node:assert/strict";
import type { StoredSecret } from "../../../../functions/actions-runner-pool/sweep/ports";
import { NAMES } from "../../support/events";
import { SweepHarness, ago, id } from "../../support/sweep-harness";

describe("sweep of registration tokens", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  const secret = (n: number, minutes: number, prefix = NAMES.secretPrefix): StoredSecret => ({
    name: `${prefix}${id(n)}`,
    changedAt: ago(minutes),
  });

  it("deletes only tokens whose instance is gone and tokens that have expired", async () => {
    harness.secrets = [secret(1, 20), secret(2, 20), secret(3, 80), secret(4, 1)];
    harness.listed = [id(2), id(3)];
    await harness.run();
    assert.deepEqual(
      harness.acts,
      [1, 3].map((n) => `delete ${NAMES.secretPrefix}${id(n)}`),
    );
    assert.equal(harness.observer.counts.OrphanSecrets, 2);
  });

  it("never deletes a secret whose name only resembles that of this pool's tokens", async () => {
    harness.secrets = [
      secret(1, 500, "CI-Runners/ci-dev/"),
      { name: `${NAMES.secretPrefix}app-private-key`, changedAt: ago(500) },
      { name: `${NAMES.secretPrefix}${id(1)}/more`, changedAt: ago(500) },
    ];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("deletes no unexpired token when it cannot determine which instances exist", async () => {
    harness.secrets = [secret(1, 20)];
    harness.ports.lifecycleStates = async () => Promise.reject(new Error("throttled"));
    await harness.run();
    assert.deepEqual(harness.acts, []);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });

  it("deletes and counts a token once that AWS lists twice: the second deletion would succeed, too", async () => {
    harness.secrets = [secret(1, 20), secret(1, 20)];
    await harness.run();
    assert.deepEqual(harness.acts, [`delete ${NAMES.secretPrefix}${id(1)}`]);
    assert.equal(harness.observer.counts.OrphanSecrets, 1);
  });

  it("continues after a token that cannot be deleted", async () => {
    harness.secrets = [secret(1, 20), secret(2, 20)];
    const { deleteSecret } = harness.ports;
    harness.ports.deleteSecret = async (name) => (name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : deleteSecret(name));
    await harness.run();
    assert.deepEqual(harness.acts, [`delete ${NAMES.secretPrefix}${id(2)}`]);
  });
});
