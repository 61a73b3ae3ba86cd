import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";

const INSTALLER = readFileSync(join(__dirname, "../../../host-config/actions-runner-pool/install.sh"), "utf8");
const FUNCTIONS = readFileSync(join(__dirname, "../../../host-config/shared/install-runner.sh"), "utf8");
/** As the installer names it. */
const UNIT = `/etc/systemd/system/${UNITS.runner}`;
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

  /**
   * @param before prepares what an earlier installation or a job left
   * @param pinned the archive that the stack pins; without it the runner is on the image
   */
  function attempt(ldconfig: string, osRelease: string, before: () => void = () => undefined, pinned: Record<string, string> = {}) {
    put("tools/ldconfig", ldconfig);
    put("os-release", osRelease);
    for (const tool of ["useradd", "chown"]) put(`tools/${tool}`, "#!/bin/bash\n");
    put("tools/dnf", `#!/bin/bash\necho "$*" >${root}/dnf-called\n`);
    put("runner/bin/runsvc.sh", "");
    put("runner/bin/installdependencies.sh", `#!/bin/bash\ntouch ${root}/script-called\n`);
    put("runner/externals/node20/bin/node", "#!/bin/bash\n");
    put("home/install-runner.sh", FUNCTIONS.replace("/etc/os-release", join(root, "os-release")));
    put("home/install.sh", INSTALLER.replace(UNIT, join(root, "units", UNITS.runner)));
    before();
    const own = { RUNNER_HOME: join(root, "runner"), RUNNER_USER: "daemon", RUNNER_INSTANCE: "i-this", ...pinned };
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

  describe("with private authorities", () => {
    const PEM = ["first", "second"].map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
    const FOLDERS = { "update-ca-certificates": "/usr/local/share/ca-certificates", "update-ca-trust": "/etc/pki/ca-trust/source/anchors" };
    const given = () => ({ RUNNER_AUTHORITIES: join(root, "authorities.pem") });
    /** The image's tool, which records what is in its folder; the image of the test itself has neither. */
    const image = (tool?: keyof typeof FOLDERS) => () => {
      put("authorities.pem", PEM.join(""));
      let functions = FUNCTIONS.replace("/etc/os-release", join(root, "os-release"));
      for (const [name, folder] of Object.entries(FOLDERS)) {
        functions = functions.replaceAll(folder, `${root}${folder}`).replaceAll(`command -v ${name} `, `command -v ${root}/tools/${name} `);
      }
      put("home/install-runner.sh", functions);
      if (tool === undefined) return;
      mkdirSync(`${root}${FOLDERS[tool]}`, { recursive: true });
      writeFileSync(`${root}${FOLDERS[tool]}/ci-runners-7.${tool === "update-ca-trust" ? "pem" : "crt"}`, "of an earlier machine");
      put(`tools/${tool}`, `#!/bin/bash\necho "$*" >${root}/${tool}-called\n`);
    };

    for (const [tool, folder] of Object.entries(FOLDERS) as [keyof typeof FOLDERS, string][]) {
      it(`adds each to the system's store with ${tool}, as a file of its own, because Debian's tool skips a file with two`, () => {
        const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", image(tool), given());
        assert.equal(result.status, 0, result.stderr);
        assert.ok(called(tool));
        const files = readdirSync(`${root}${folder}`).sort();
        assert.deepEqual(
          files.map((file) => readFileSync(`${root}${folder}/${file}`, "utf8")),
          PEM,
        );
      });
    }

    it("are no longer those of another machine's pool, which its image brought along: jobs would trust what no stack names", () => {
      const tool = "update-ca-certificates";
      const result = attempt(
        MANY_LIBRARIES,
        "ID=ubuntu\n",
        () => {
          image(tool)();
          put(`home/${basename(PATHS.installedOn)}`, "i-other\n");
        },
        pinnedArchive(),
      );
      assert.equal(result.status, 0, result.stderr);
      assert.ok(called(tool));
      assert.deepEqual(readdirSync(`${root}${FOLDERS[tool]}`), []);
    });

    it("fails with the reason on an image without a store: the runner would trust nothing of its server's", () => {
      const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", image(), given());
      assert.notEqual(result.status, 0);
      assert.match(result.stderr, /neither update-ca-certificates nor update-ca-trust .*\nthe private authorities could not be added/);
    });

    it("are installed before the first download, which may come from a host that only they certify", () => {
      const order = [...INSTALLER.matchAll(/^\[ -z "\$RUNNER_AUTHORITIES" \]|^ {2}unpack_runner "/gm)].map(
        ([line]) => line.trim().split(" ")[0],
      );
      assert.deepEqual(order, ["[", "unpack_runner"]);
    });
  });

  /** A runner's archive and what pins it; downloads are counted. */
  function pinnedArchive(): Record<string, string> {
    put("archive/bin/runsvc.sh", "pinned");
    put("archive/externals/node20/bin/node", `#!/bin/bash\necho "$*" >>${root}/pinned-node-called\n`);
    execFileSync("tar", ["-czf", join(root, "runner.tar.gz"), "-C", join(root, "archive"), "."]);
    put("tools/curl", `#!/bin/bash\nwhile [ "$1" != -o ]; do shift; done\nprintf x >>${root}/downloads\ncp ${root}/runner.tar.gz "$2"\n`);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(root, "runner.tar.gz")))
      .digest("hex");
    return { RUNNER_ARCHIVE_URL: "https://example.com/runner.tar.gz", RUNNER_ARCHIVE_SHA256: sha256 };
  }

  const TRACES = [
    ["record", `home/${basename(PATHS.installedOn)}`],
    ["registration", "runner/.runner"],
    ["unit", `units/${UNITS.runner}`],
  ] as const;

  for (const [left, path] of TRACES) {
    it(`replaces everything that jobs may have changed on an image with another machine's ${left} by the pinned runner`, () => {
      const pinned = pinnedArchive();
      const traces = () => {
        put(path, "i-other\n");
        // What a job may have left, with the marker of a complete unpacking, and a Node.js taken from its runner.
        put(`runner/.archive-${pinned.RUNNER_ARCHIVE_SHA256}`, "");
        for (const file of ["runner/.env", "runner/_work/left", "runner/bin/runsvc.sh", "runner/externals/node20/bin/node", "home/node"])
          put(file, `#!/bin/bash\ntouch ${root}/planted-called\n`);
      };
      const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", traces, pinned);
      assert.equal(result.status, 0, result.stderr);
      assert.equal(readFileSync(join(root, "runner/bin/runsvc.sh"), "utf8"), "pinned");
      assert.deepEqual(
        [".runner", ".env", "_work"].filter((name) => existsSync(join(root, "runner", name))),
        [],
      );
      assert.ok(!called("planted"), "root ran a file of a job");
      assert.match(readFileSync(join(root, "pinned-node-called"), "utf8"), /agent\.cjs install\n$/);
      assert.equal(readFileSync(join(root, "downloads"), "utf8"), "x");
    });
  }

  it("keeps what an image that never was in a pool has in the runner's folder, such as the variables of its jobs", () => {
    const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", () => put("runner/.env", "HTTPS_PROXY=x\n"), pinnedArchive());
    assert.equal(result.status, 0, result.stderr);
    assert.equal(readFileSync(join(root, "runner/.env"), "utf8"), "HTTPS_PROXY=x\n");
    assert.equal(readFileSync(join(root, "runner/bin/runsvc.sh"), "utf8"), "pinned");
  });

  it("says with curl's own words why the runner could not be downloaded: a proxy, a certificate and a name look the same otherwise", () => {
    const pinned = pinnedArchive();
    const advice = "More details here: https://curl.se/docs/sslcerts.html\\n\\nTo learn more, please visit the web page.";
    put("tools/curl", `#!/bin/bash\nprintf 'curl: (60) SSL certificate problem: unknown\\n${advice}\\n' >&2\nexit 60\n`);
    put("tools/sleep", "#!/bin/bash\n");
    const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", () => undefined, pinned);
    assert.equal(result.status, 1);
    const said = result.stderr.trim().split("\n").slice(-3).join("\n");
    assert.match(said, /runner\.tar\.gz could not be downloaded to \S+: curl: \(60\) SSL certificate problem: unknown$/);
  });

  it("unpacks nothing that is not the pinned archive, and leaves no runner where another machine's was", () => {
    const pinned = { ...pinnedArchive(), RUNNER_ARCHIVE_SHA256: "0".repeat(64) };
    const result = attempt(MANY_LIBRARIES, "ID=ubuntu\n", () => put("runner/.runner", "{}"), pinned);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /has the wrong SHA-256, expected 0000/);
    assert.ok(!existsSync(join(root, "runner")));
  });

  for (const [left, path] of TRACES) {
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
