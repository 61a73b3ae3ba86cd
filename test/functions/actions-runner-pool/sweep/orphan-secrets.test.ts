import assert from "node:assert/strict";
import type { StoredSecret } from "../../../../functions/actions-runner-pool/sweep/ports";
import { NAMES } from "../../support/events";
import { SweepScene, ago, id } from "../../support/sweep-harness";

describe("sweep function over registration tokens", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  const secret = (n: number, minutes: number, prefix = NAMES.secretPrefix): StoredSecret => ({
    name: `${prefix}${id(n)}`,
    changedAt: ago(minutes),
  });

  it("deletes those whose instance is gone and those that have expired, and no others", async () => {
    scene.secrets = [secret(1, 20), secret(2, 20), secret(3, 80), secret(4, 1)];
    scene.alive = [id(2), id(3)];
    await scene.run();
    assert.deepEqual(
      scene.acts,
      [1, 3].map((n) => `delete ${NAMES.secretPrefix}${id(n)}`),
    );
    assert.equal(scene.observer.counts.OrphanSecrets, 2);
  });

  it("never deletes what only resembles a token of this pool", async () => {
    scene.secrets = [
      secret(1, 500, "CI-Runners/ci-dev/"),
      { name: `${NAMES.secretPrefix}app-private-key`, changedAt: ago(500) },
      { name: `${NAMES.secretPrefix}${id(1)}/more`, changedAt: ago(500) },
    ];
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });

  it("deletes none when it cannot tell which instances are alive", async () => {
    scene.secrets = [secret(1, 20)];
    scene.ports.lifecycleStates = async () => Promise.reject(new Error("throttled"));
    await scene.run();
    assert.deepEqual(scene.acts, []);
    assert.equal(scene.observer.counts.SweepErrors, 1);
  });

  it("goes on after one that cannot be deleted", async () => {
    scene.secrets = [secret(1, 20), secret(2, 20)];
    const { deleteSecret } = scene.ports;
    scene.ports.deleteSecret = async (name) => (name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : deleteSecret(name));
    await scene.run();
    assert.deepEqual(scene.acts, [`delete ${NAMES.secretPrefix}${id(2)}`]);
  });
});
