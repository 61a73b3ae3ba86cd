import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { machineImage } from "../../../rehearsal/hosts/image";
import { finished } from "../../../rehearsal/hosts/systemd/command";
import { run, STACKS } from "../../support/run-stack";
import { needSystemd } from "../../rehearsal/hosts/rig";

const SCRIPT = join(__dirname, "cloud-init.sh");

/** How cloud-init processed the user data. */
interface Taken {
  /** Warnings and errors in the log. */
  complaints: string[];
  status: any;
  /** A script that the final stage would run, by its number. */
  script: (part: number) => { text: string; mode: number } | undefined;
  /** The user data as sorted by cloud-init: a MIME message with a type for each part. */
  sorted: string;
}

describe("the machine image's real cloud-init", () => {
  let image: string;
  let disk: string;

  before(async function () {
    needSystemd(this);
    this.timeout(600_000); // The image may have to be built.
    image = await machineImage({ progress: (line) => console.log(`    ${line}`) });
  });
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), "cloud-init-"));
    for (const part of ["upper", "work", "root"]) mkdirSync(join(disk, part));
    chmodSync(join(disk, "upper"), 0o755);
  });
  afterEach(() => rmSync(disk, { recursive: true, force: true }));

  async function take(userData: string): Promise<Taken> {
    const seed = join(disk, "upper/var/lib/cloud/seed/nocloud");
    mkdirSync(seed, { recursive: true });
    writeFileSync(join(seed, "meta-data"), "instance-id: i-0123456789abcdef0\nlocal-hostname: ip-10-0-0-1\n");
    writeFileSync(join(seed, "user-data"), userData);
    const before = hostname();
    const { exitCode, stdout, stderr } = await finished("sh", [SCRIPT], { env: { IMAGE: image, DISK: disk } });
    assert.equal(exitCode, 0, stdout + stderr);
    assert.equal(hostname(), before, "it must not rename this machine");
    const upper = (path: string) => join(disk, "upper/var", path);
    const log = readFileSync(upper("log/cloud-init.log"), "utf8");
    const instance = "lib/cloud/instances/i-0123456789abcdef0";
    return {
      complaints: log.split("\n").filter((line) => /\[(WARNING|ERROR|CRITICAL)\]/.test(line)),
      status: JSON.parse(readFileSync(upper("lib/cloud/data/status.json"), "utf8")).v1,
      script: (part) => {
        const path = upper(`${instance}/scripts/part-00${part}`);
        return existsSync(path) ? { text: readFileSync(path, "utf8"), mode: statSync(path).mode & 0o777 } : undefined;
      },
      sorted: readFileSync(upper(`${instance}/user-data.txt.i`), "utf8"),
    };
  }

  for (const stack of STACKS) {
    it(`accepts the user data of stack ${stack} unchanged as a script, within EC2's 16 384 bytes and without a warning`, async () => {
      const encoded = (await run(stack)).only("aws:ec2/launchTemplate:LaunchTemplate").inputs.userData;
      const userData = Buffer.from(encoded, "base64").toString();
      assert.ok(Buffer.byteLength(userData) <= USER_DATA_LIMIT_BYTES, `${Buffer.byteLength(userData)} bytes`);
      const taken = await take(userData);
      assert.deepEqual(taken.complaints, []);
      assert.deepEqual([taken.status["init-local"].errors, taken.status.init.errors], [[], []]);
      assert.match(taken.status.datasource, /^DataSourceNoCloud /);
      assert.deepEqual(taken.script(1), { text: userData, mode: 0o700 });
      assert.equal(taken.script(2), undefined);
      assert.deepEqual(taken.sorted.match(/^Content-Type: text\/[\w-]+/gm), ["Content-Type: text/x-shellscript"]);
    });
  }

  it("warns about invalid user data, so that the absence of warnings above is meaningful", async () => {
    const taken = await take("echo 'a script without its first line'\n");
    assert.match(taken.complaints.join("\n"), /Unhandled non-multipart \(text\/x-not-multipart\) userdata/);
    assert.equal(taken.script(1), undefined);
  });
});
