import assert from "node:assert/strict";
import { stagesOf } from "../../../host-config/actions-runner-pool/agent/prepare";
import { diskStage } from "../../../host-config/actions-runner-pool/agent/prepare-disk";
import type { PrepareContext } from "../../../host-config/shared/prepare/stage";
import { CONFIG, FakeHost } from "./fake-host";

const SCRIPT = { key: "host-bundles/0.setup", sha256: "0" };

describe("the stages of a machine's preparation", () => {
  it("are in the order in which one needs the other, and none is due without an argument of its own", () => {
    const stages = stagesOf(CONFIG);
    // Nothing is written between script and disk, or that would fail first, and without a reason, on a disk that the script has filled.
    assert.deepEqual(
      stages.map(({ name }) => name),
      ["another pool's files", "packages", "storage", "docker", "setupScript", "disk", "docker after setupScript", "jobEnvironment"],
    );
    const due = (setup: object) => stages.filter((stage) => stage.due({ ...CONFIG, ...setup })).map(({ name }) => name);
    assert.deepEqual(due({}), []);
    // Also without packages of the user's own: what the parts lack is installed.
    assert.deepEqual(due({ docker: "rootless" }), ["packages", "docker"]);
    assert.deepEqual(due({ storage: { volumes: [] } }), ["packages", "storage"]);
    assert.deepEqual(due({ packages: ["jq"] }), ["packages", "disk"]);
    assert.deepEqual(due({ script: SCRIPT }), ["setupScript", "disk"]);
    // Also of root's: a script that breaks it leaves a machine without jobs.
    for (const docker of ["root", "rootless"])
      assert.deepEqual(due({ docker, script: SCRIPT }), ["packages", "docker", "setupScript", "disk", "docker after setupScript"]);
    assert.deepEqual(due({ jobEnvironment: { A: "1" } }), ["jobEnvironment"]);
    assert.deepEqual(due({ proxy: { noProxy: [] }, logs: { group: "g", diagnostics: true } }), []);
  });

  it("refuse a machine that the script has filled, with a reason: its first job could end its life", async () => {
    const host = new FakeHost();
    const stage = diskStage(CONFIG, host.disk);
    await stage.run({} as PrepareContext);
    host.fillDisk(1.5 * 1024 ** 3);
    await assert.rejects(
      stage.run({} as PrepareContext),
      /^Error: disk: setupScript and packages leave too little space for jobs: \/opt\/actions-runner: 1\.5 of 30\.0 GiB free, at least 2 needed$/,
    );
  });
});
