import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ORDER_SECRET_TAGS_FILE, PERSISTENT_ENV } from "../../../../contract/persistent-runner/environment";
import {
  callerSubjects,
  machineSettings,
  orderSecretSettings,
  startSettings,
} from "../../../../functions/persistent-runner/shared/settings";
import { SETTINGS } from "../support/harness";

const { name, names, instanceId, registration, timeouts, instanceTypes, bundle, configuration } = SETTINGS;
const ENVIRONMENT = {
  [PERSISTENT_ENV.name]: name,
  [PERSISTENT_ENV.instanceId]: instanceId,
  [PERSISTENT_ENV.registration]: registration,
  [PERSISTENT_ENV.timeouts]: JSON.stringify(timeouts),
  [PERSISTENT_ENV.instanceTypes]: JSON.stringify(instanceTypes),
  [PERSISTENT_ENV.bundle]: JSON.stringify(bundle),
  [PERSISTENT_ENV.configuration]: JSON.stringify(configuration),
  [PERSISTENT_ENV.subjects]: '["repo:octo-org/app:ref:refs/heads/main"]',
  [PERSISTENT_ENV.hostRoleId]: "AROAEXAMPLE",
};

describe("the settings of a PersistentRunner's functions", () => {
  it("are what the component has set", () => {
    assert.deepEqual(machineSettings(ENVIRONMENT), { name, names, instanceId, registration, timeouts });
    assert.deepEqual(startSettings(ENVIRONMENT), SETTINGS);
    assert.deepEqual(startSettings({ ...ENVIRONMENT, [PERSISTENT_ENV.runnerGroup]: "e2e" }), { ...SETTINGS, runnerGroup: "e2e" });
    assert.deepEqual(startSettings({ ...ENVIRONMENT, [PERSISTENT_ENV.setupKey]: "x.setup" }), { ...SETTINGS, setupKey: "x.setup" });
    assert.deepEqual(callerSubjects(ENVIRONMENT), ["repo:octo-org/app:ref:refs/heads/main"]);
  });

  for (const [variable, value, message] of [
    [PERSISTENT_ENV.registration, "ephemeral", /REGISTRATION is "ephemeral": must be jit or service/],
    [PERSISTENT_ENV.timeouts, "180", /TIMEOUTS has bootTimeout "undefined": must be a positive whole number/],
    [PERSISTENT_ENV.timeouts, JSON.stringify({ ...timeouts, maxSession: 0 }), /TIMEOUTS has maxSession "0"/],
    [PERSISTENT_ENV.timeouts, "{", /TIMEOUTS is "\{": not JSON/],
    [PERSISTENT_ENV.instanceTypes, "[]", /INSTANCE_TYPES is empty/],
    [PERSISTENT_ENV.instanceTypes, "m7i.large", /INSTANCE_TYPES is "m7i\.large": not JSON/],
    [PERSISTENT_ENV.bundle, "{}", /HOST_BUNDLE is "\{\}": must name bucket, key and sha256/],
    [PERSISTENT_ENV.instanceId, "", /INSTANCE_ID is not set/],
  ] as const)
    it(`fail with the variable and its value if ${variable} is ${value || "empty"}`, () => {
      assert.throws(() => startSettings({ ...ENVIRONMENT, [variable]: value }), message);
    });

  it("admit no one if the subjects are no list: an empty text would be a list of everyone elsewhere", () => {
    for (const subjects of ['"repo:*"', '[""]', "{}", "[1]"]) {
      assert.throws(() => callerSubjects({ ...ENVIRONMENT, [PERSISTENT_ENV.subjects]: subjects }), /must be a JSON list of texts/);
    }
  });

  it("have the tags of the order's secret beside the code", () => {
    const folder = mkdtempSync(join(tmpdir(), "ci-runners-tags-"));
    try {
      const environment = { ...ENVIRONMENT, LAMBDA_TASK_ROOT: folder };
      assert.deepEqual(orderSecretSettings(environment), { tags: {}, hostRoleId: "AROAEXAMPLE" });
      writeFileSync(join(folder, ORDER_SECRET_TAGS_FILE), '{"team":"build"}');
      const key = { [PERSISTENT_ENV.secretKmsKeyArn]: "arn:key" };
      assert.deepEqual(orderSecretSettings({ ...environment, ...key }), {
        tags: { team: "build" },
        hostRoleId: "AROAEXAMPLE",
        kmsKeyArn: "arn:key",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
