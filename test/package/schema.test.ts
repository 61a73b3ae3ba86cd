import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schema } from "../../build/schema";
import { VERSION } from "../../components/shared/package-version";
import { locate } from "../../rehearsal/engine/locate";
import { ENGINE_TEST_TIMEOUT } from "../rehearsal/engine/fixture";
import { installedPackage, ROOT, temporary } from "./installed-package";

describe("the library's surface in Pulumi's other languages", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const committed = () => readFileSync(join(ROOT, "schema.json"), "utf8");

  it("is what the committed schema says, so that a breaking change is seen in review", () => {
    assert.equal(committed(), schema(), "schema.json is not what the sources say; `npm run schema` writes it");
  });

  it("is told by the installed package to the real CLI, with the version of the package", async () => {
    const { folder } = await installedPackage();
    const { command } = await locate({ progress: (message) => console.error(message) });
    const home = temporary("ci-runners-home-");
    // Of the Automation API, but kept from its types.
    const { run } = command as unknown as { run(args: string[], cwd: string, env: Record<string, string>): Promise<{ stdout: string }> };
    const { stdout } = await run.call(
      command,
      ["package", "get-schema", join(folder, "node_modules/.bin/pulumi-resource-ci-runners")],
      folder,
      {
        PULUMI_HOME: home,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    );
    const { version, ...told } = JSON.parse(stdout);
    assert.equal(version, VERSION);
    assert.deepEqual(told.resources, JSON.parse(committed()).resources);
    assert.deepEqual(told.types, JSON.parse(committed()).types);
  });
});
