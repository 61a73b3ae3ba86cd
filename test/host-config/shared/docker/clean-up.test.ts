import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATHS } from "../../../../contract/actions-runner-pool/host";
import { hookText } from "../../../../host-config/actions-runner-pool/units/hooks";
import { cleanUp } from "../../../../host-config/shared/docker/clean-up";

/** Records its arguments, and lists what the file `containers` has. */
const DOCKER = `#!/bin/sh
echo "$DOCKER_HOST $DOCKER_CONFIG \${DOCKER_TLS_VERIFY:-} $*" >>RECORD
[ "$1" != ps ] || cat CONTAINERS
exit \${FAIL:-0}
`;

/** Before and after the removal of containers. */
const ALWAYS = ["POST /swarm/leave?force=1", "POST /networks/prune"];

describe("the end of a job with a rootless engine", () => {
  let root: string;
  let server: Server;
  /** What the engine answers, and what it was asked. */
  let answer: string | undefined;
  let asked: string[];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "clean-up-"));
    mkdirSync(join(root, "bin"));
    const stub = DOCKER.replace("RECORD", join(root, "record")).replace("CONTAINERS", join(root, "containers"));
    writeFileSync(join(root, "bin/docker"), stub);
    chmodSync(join(root, "bin/docker"), 0o755);
    writeFileSync(join(root, "record"), "");
    writeFileSync(join(root, "containers"), "0a\n0b\n");
    [answer, asked] = ["[]\n", []];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      // An engine that hangs gives none.
      if (answer !== undefined) response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(join(root, "docker.sock"), resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true, force: true });
  });

  /** As the runner runs it, with the stub first in the path. */
  const run = (socket = join(root, "docker.sock"), environment: Record<string, string> = {}, shorter = 5) => {
    const commands = cleanUp({ docker: "rootless" }, socket)
      .replace("PATH=", `PATH=${join(root, "bin")}:`)
      .replace("--max-time 5", `--max-time ${shorter}`);
    const text = hookText({ route: "/job-completed", what: "After a job's last step", cleanUp: commands });
    writeFileSync(join(root, "hook.sh"), text.replaceAll(PATHS.socket, join(root, "none.sock")));
    return new Promise<{ code: number; output: string }>((resolve) =>
      execFile("bash", ["-e", join(root, "hook.sh")], { env: { PATH: process.env.PATH, ...environment } }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      ),
    );
  };
  const record = () => readFileSync(join(root, "record"), "utf8").trim().split("\n").filter(Boolean);

  it("has nothing to do on a host without one", () => {
    assert.deepEqual([cleanUp({}), cleanUp({ docker: "root" })], ["", ""]);
  });

  it("passes shellcheck as part of the hook", () => {
    const text = hookText({ route: "/job-completed", what: "After a job's last step", cleanUp: cleanUp({ docker: "rootless" }) });
    execFileSync("shellcheck", ["--shell=bash", "-"], { input: text });
  });

  it("starts no client and says nothing if the job has left no container, but ends its networks: their names would be taken", async () => {
    assert.deepEqual(await run(), { code: 0, output: "" });
    assert.deepEqual([asked, record()], [["GET /containers/json?all=1&limit=1", ...ALWAYS], []]);
  });

  it("removes what is left, with its unnamed volumes and its networks, and says so", async () => {
    answer = '[{"Id":"0a"}]\n';
    assert.deepEqual(await run(), { code: 0, output: "Removing the containers that a job has left.\n" });
    assert.deepEqual(
      record().map((line) => line.replace(/^\S+ \S+ {2}/, "")),
      ["ps --all --quiet --no-trunc", "rm --force --volumes 0a 0b"],
    );
    assert.deepEqual(asked.slice(1), ALWAYS);
  });

  it("asks its own engine, whatever the job has set in its environment or in its user's configuration", async () => {
    answer = '[{"Id":"0a"}]';
    await run(undefined, {
      DOCKER_HOST: "unix:///tmp/other.sock",
      DOCKER_CONFIG: "/tmp/theirs",
      DOCKER_TLS_VERIFY: "1",
      PATH: "/nowhere:/usr/bin:/bin",
    });
    for (const line of record()) assert.ok(line.startsWith(`unix://${join(root, "docker.sock")} /nonexistent  `), line);
    assert.equal(record().length, 2);
  });

  it("does not fail the job whose engine is gone, hangs, refuses or cannot remove a container", async () => {
    assert.deepEqual(await run(join(root, "absent.sock")), { code: 0, output: "" });
    answer = '{"message":"server error"}';
    assert.deepEqual(await run(), { code: 0, output: "" });
    answer = '[{"Id":"0a"}]';
    writeFileSync(join(root, "bin/docker"), "#!/bin/sh\nexit 1\n");
    assert.equal((await run()).code, 0);
    answer = undefined;
    assert.deepEqual(await run(undefined, {}, 1), { code: 0, output: "" });
    assert.deepEqual(record(), []);
  });
});
