import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schema } from "../../build/schema";
import { VERSION } from "../../components/shared/package-version";
import { locate } from "../../rehearsal/engine/locate";
import { ENGINE_TEST_TIMEOUT } from "../rehearsal/engine/fixture";
import { installedPackage, ROOT, temporary } from "./installed-package";

describe("the library's schema for Pulumi's other languages", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const committed = () => readFileSync(join(ROOT, "schema.json"), "utf8");

  it("is the committed one, so that a review shows every breaking change", () => {
    assert.equal(committed(), schema(), "schema.json does not match the sources; run `npm run schema`");
  });

  it("is what the installed package returns to the real CLI, with the version of the package", async () => {
    const { folder } = await installedPackage();
    const { command } = await locate({ progress: (message) => console.error(message) });
    const home = temporary("ci-runners-home-");
    // Part of the Automation API, but not of its types.
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
    const { version, ...given } = JSON.parse(stdout);
    assert.equal(version, VERSION);
    assert.deepEqual(given.resources, JSON.parse(committed()).resources);
    assert.deepEqual(given.types, JSON.parse(committed()).types);
  });
});
