import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineConfigText, settleAfterScript } from "../../../../host-config/shared/docker/after-script";
import { VirtualHostClock } from "./support";

describe("the engine after the setup script", () => {
  let folder: string;
  let commands: string[];
  let answers: boolean;
  let left: string;
  const config = () => join(folder, "docker.json");
  const settle = (docker: "root" | "rootless", before: string) =>
    settleAfterScript(
      {
        setup: { docker },
        user: { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" },
        say: (line) => void commands.push(`say ${line}`),
        exec: async (file, args) => {
          commands.push([file, ...args].join(" "));
          return { code: 0, stdout: file === "bash" ? left : "", stderr: "" };
        },
      },
      before,
      {
        times: { clock: new VirtualHostClock(), dataRoot: async () => undefined, answers: async () => answers },
        engineConfig: config(),
        socket: "/run/none.sock",
      },
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "after-script-"));
    [commands, answers, left] = [[], true, ""];
    writeFileSync(config(), "{}\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is started with the configuration that the script has written, or a mistake in it would wait for the first job", async () => {
    await settle("rootless", engineConfigText(config()));
    assert.deepEqual(commands.slice(1), []);
    await settle("rootless", "");
    assert.deepEqual(commands.slice(-2), ["systemctl stop runner-docker.service", "systemctl start --no-block runner-docker.service"]);
    assert.equal(engineConfigText(join(folder, "none")), "");
  });

  it("has no containers of the script when it is started anew: it would delete all images for them", async () => {
    left = "Removing the containers that the setup script has left.\n";
    await settle("rootless", "");
    assert.match(commands[0]!, /^bash -c clean_up\(\) \{[\s\S]*--unix-socket \/run\/none\.sock[\s\S]*\}\nclean_up$/);
    assert.equal(commands[1], "say docker: Removing the containers that the setup script has left.");
  });

  it("must answer, or the machine would be in service without ever taking a job", async () => {
    answers = false;
    for (const docker of ["root", "rootless"] as const)
      await assert.rejects(settle(docker, engineConfigText(config())), /^Error: docker: the engine did not answer within 60 s: /);
  });

  it("keeps its containers where it is root's, as those of an image", async () => {
    await settle("root", "");
    assert.deepEqual(commands, []);
  });
});
