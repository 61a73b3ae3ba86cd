import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";

const INSTALLER = readFileSync(join(__dirname, "../../../host-config/actions-runner-pool/install.sh"), "utf8");
/** More than a pipe can buffer, with the library in the first line: a reader that stops there breaks the pipe. */
const MANY_LIBRARIES = `#!/bin/bash
echo "libicuuc.so.74 (libc6,x86-64) => /lib/libicuuc.so.74"
for n in {1..3000}; do echo "libnumber$n.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libnumber$n.so.1"; done
`;

describe("the installer, run with stand-ins for the system's tools", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "install-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o755 });
  };
  const called = (tool: string) => existsSync(join(root, `${tool}-called`));

  /** @param before prepares what an earlier installation or a job left */
  function attempt(ldconfig: string, osRelease: string, before: () => void = () => undefined) {
    put("tools/ldconfig", ldconfig);
    put("os-release", osRelease);
    for (const tool of ["useradd", "chown"]) put(`tools/${tool}`, "#!/bin/bash\n");
    put("tools/dnf", `#!/bin/bash\necho "$*" >${root}/dnf-called\n`);
    put("runner/bin/runsvc.sh", "");
    put("runner/bin/installdependencies.sh", `#!/bin/bash\ntouch ${root}/script-called\n`);
    put("runner/externals/node20/bin/node", "#!/bin/bash\n");
    put("home/install.sh", INSTALLER.replace("/etc/os-release", join(root, "os-release")));
    before();
    const own = { RUNNER_HOME: join(root, "runner"), RUNNER_USER: "daemon", RUNNER_INSTANCE: "i-this" };
    const env = { PATH: `${root}/tools:${process.env.PATH}`, ...own };
    return spawnSync("bash", [join(root, "home/install.sh")], { env, encoding: "utf8" });
  }

  function run(ldconfig: string, osRelease: string, before?: () => void): void {
    const result = attempt(ldconfig, osRelease, before);
    assert.equal(result.status, 0, result.stderr);
  }

  it("installs no libraries at boot when they are present, however many others are listed", () => {
    run(MANY_LIBRARIES, "ID=ubuntu\n");
    assert.ok(!called("script"));
    assert.ok(!called("dnf"));
  });

  it("runs the runner's own script when libraries are missing", () => {
    run("#!/bin/bash\n", "ID=ubuntu\n");
    assert.ok(called("script"));
  });

  it("runs nothing of the job's user as root when it runs again on its own instance", () => {
    run("#!/bin/bash\n", "ID=ubuntu\n", () => {
      put(`home/${basename(PATHS.installedOn)}`, "i-this\n");
      put("home/node", `#!/bin/bash\necho "$*" >${root}/agent-called\n`);
      put("tools/chown", `#!/bin/bash\ntouch ${root}/chown-called\n`);
      put("runner/externals/node20/bin/node", `#!/bin/bash\ntouch ${root}/planted-called\n`);
    });
    assert.match(readFileSync(join(root, "agent-called"), "utf8"), /agent\.cjs install\n$/);
    assert.deepEqual(["script", "planted", "chown"].filter(called), []);
  });

  for (const [left, path] of [
    ["record", `home/${basename(PATHS.installedOn)}`],
    ["registration", "runner/.runner"],
  ] as const) {
    it(`refuses an image with another machine's ${left}, or all instances would be one runner`, () => {
      const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", () => put(path, "i-other\n"));
      assert.equal(result.status, 1);
      assert.match(
        result.stderr,
        /was used by the runner of another machine: use an image that never was in a pool, or set runner.version/,
      );
    });
  }

  it("installs missing libraries itself on Amazon Linux, which that script does not support", () => {
    run("#!/bin/bash\n", 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\n');
    assert.ok(!called("script"));
    assert.equal(readFileSync(join(root, "dnf-called"), "utf8"), "install -y libicu\n");
  });
});
