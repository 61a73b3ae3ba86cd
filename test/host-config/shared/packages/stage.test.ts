import assert from "node:assert/strict";
import type { PackageFacts } from "../../../../host-config/shared/packages/facts";
import { machineFacts } from "../../../../host-config/shared/packages/facts";
import { installPackages } from "../../../../host-config/shared/packages/stage";
import { FakeCommands, contextOf } from "./fake-exec";

const factsWith = (manager: PackageFacts["manager"]) => () => ({ ...machineFacts(new Set()), manager });
const run = (commands: FakeCommands, packages: string[], manager: PackageFacts["manager"] | "none" = "apt") =>
  installPackages(contextOf(commands, { packages }).context, factsWith(manager === "none" ? undefined : manager));
const network = (commands: FakeCommands) => commands.ran.filter((command) => /^(apt-get|dnf) /.test(command));

describe("the stage of packages", () => {
  it("needs no network on an image that has all of them", async () => {
    const commands = new FakeCommands().on("dpkg-query", { stdout: "installed\tjq\t1.6-2.1\n" });
    await run(commands, ["jq"]);
    assert.deepEqual(network(commands), []);
  });

  it("updates the lists before it installs: those of an image are as old as the image", async () => {
    const commands = new FakeCommands();
    await run(commands, ["jq"]);
    assert.deepEqual(
      network(commands).map((command) => command.split(" ")[1]),
      ["update", "install"],
    );
  });

  it("has no effect on the services of the user's packages, which start as usual", async () => {
    const commands = new FakeCommands();
    await run(commands, ["postgresql"]);
    assert.ok(network(commands)[1]!.endsWith(" -- postgresql"));
  });

  it("refuses an image without a package manager that it knows", async () => {
    await assert.rejects(
      run(new FakeCommands(), ["jq", "git"], "none"),
      /^Error: packages: this image has neither apt-get nor dnf: put jq, git onto the image, and remove packages$/,
    );
  });

  it("sees commands where root has them, whatever the path of the bootstrap is", () => {
    const path = process.env.PATH;
    try {
      process.env.PATH = "";
      assert.deepEqual(["sh", "no-such-program"].map(machineFacts(new Set()).hasCommand), [true, false]);
    } finally {
      process.env.PATH = path;
    }
  });
});
