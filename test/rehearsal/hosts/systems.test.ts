import assert from "node:assert/strict";
import { SUPPORTED_SYSTEMS } from "../../../components/shared/supported-systems";
import { poolNames } from "../../../contract/actions-runner-pool/names";
import { SUITES, type Suite } from "../../../rehearsal/hosts/image-recipe";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { OLDEST_MACHINE } from "./oldest-machine";
import { needSystemd } from "./rig";

interface Versions {
  systemd: number;
  curl: string;
  cloudInit: string;
}

/** What the table of supported systems, or OLDEST_MACHINE, says about a Debian release. */
function expected(suite: Suite): Versions {
  const { systemd, curl, cloudInit } =
    suite === OLDEST_MACHINE.suite ? OLDEST_MACHINE : SUPPORTED_SYSTEMS.find(({ booted }) => booted === suite)!;
  return { systemd, curl, cloudInit };
}

/** The first two parts, such as 7.88 of `curl 7.88.1 (x86_64-pc-linux-gnu)`. */
const VERSION = /\b(\d+\.\d+)/;

/** The user data's way to sign before it had its own: curl's, with the payload's digest that S3 asks for. */
const SIGNED_BY_CURL = `set -eu
imds=http://169.254.169.254/latest
token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token")
metadata() { curl -sSf -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"; }
json=$(metadata "iam/security-credentials/$(metadata iam/security-credentials/)")
field() { printf '%s' "$json" | sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p'; }
script=/var/lib/cloud/instance/scripts/part-001
url=$(sed -n "s/^bundle_url='\\(.*\\)'/\\1/p" "$script")
region=$(sed -n "s/^region='\\(.*\\)'/\\1/p" "$script")
printf 'user = "%s:%s"\\nheader = "x-amz-security-token: %s"\\nheader = "x-amz-content-sha256: %s"\\n' \\
  "$(field AccessKeyId)" "$(field SecretAccessKey)" "$(field Token)" "$(printf '' | sha256sum | cut -d ' ' -f 1)" |
  curl -sS --config - --aws-sigv4 "aws:amz:$region:s3" -o /run/bundle -w '%{http_code}' "$url" 2>&1 || true
`;

describe("a pool of machines of each Debian release that the table of supported systems rests on", function () {
  this.timeout(900_000);
  let pool: LivePool;
  /** Instances by the Debian release of their machine. */
  const machines = new Map<Suite, string>();

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(SUITES.length, [], { suites: SUITES }, undefined, { hostLogs: { retentionDays: 7 } });
    for (const id of pool.inService()) machines.set((await pool.sh(id, ". /etc/os-release; echo $VERSION_CODENAME")) as Suite, id);
  });
  after(async () => pool?.close());

  it("brings a runner online on each, by the real user data and the real cloud-init", async () => {
    assert.deepEqual([...machines.keys()].sort(), [...SUITES].sort());
    for (const [suite, id] of machines) {
      // Exit code 2, from 23.4 on: done, after an error that it recovered from, such as a second try at a datasource.
      assert.match(await pool.sh(id, "cloud-init status --wait || test $? -eq 2"), /status: done/, suite);
      assert.deepEqual(JSON.parse(await pool.sh(id, "cat /run/cloud-init/result.json")).v1.errors, [], suite);
      assert.equal(await pool.sh(id, "systemctl is-active actions-runner runner-agent | sort -u"), "active", suite);
    }
  });

  it("delivers what the user data says on each: cloud-init runs it in units of different names", async () => {
    const [name] = pool.environment.aws.autoscaling.groupNames() as [string];
    const delivered = (id: string) => pool.environment.aws.logs.texts(poolNames(name).hostLogGroup, id) ?? [];
    for (const [suite, id] of machines) {
      const installed = async () => delivered(id).some((text) => /ci-runners: installed/.test(JSON.parse(text).message));
      await pool.untilSeen(`the end of the installation on ${suite}`, installed, 30);
    }
  });

  it("has the versions that the table claims, so that a claim does not outlive an update [A20.4, A20.5]", async () => {
    const commands: [keyof Versions, string][] = [
      ["systemd", "systemctl --version | head -n 1"],
      ["curl", "curl --version | head -n 1"],
      ["cloudInit", "cloud-init --version 2>&1"],
    ];
    for (const [suite, id] of machines) {
      const wanted = expected(suite);
      for (const [part, command] of commands) {
        const printed = await pool.sh(id, command);
        if (part === "systemd") assert.equal(Number(/^systemd (\d+)/.exec(printed)?.[1]), wanted.systemd, suite);
        else assert.equal(VERSION.exec(printed)?.[1], wanted[part], suite);
      }
    }
  });

  it("uses no directive that a release of systemd ignores, which would weaken a unit without a failure", async () => {
    const complaints =
      "journalctl --sync; journalctl --no-pager -o cat _PID=1 | grep -E '^/etc/systemd/.*(Unknown|Failed to parse|ignoring)' || true";
    for (const [suite, id] of machines) {
      assert.equal(await pool.sh(id, complaints), "", suite);
      await pool.sh(
        id,
        "printf '[Service]\\nNonsense=1\\nExecStart=true\\n' >/etc/systemd/system/nonsense.service; systemctl cat nonsense",
      );
      await pool.sh(id, "systemctl daemon-reload; systemctl start nonsense");
      assert.match(await pool.sh(id, complaints), /nonsense\.service:2: Unknown .*Nonsense/, `${suite}: it would not be seen`);
    }
  });

  it("boots where curl cannot sign for S3: by curl's own signature, as before, the oldest would get no bundle [A16.1]", async () => {
    const answer = (suite: Suite) => pool.sh(machines.get(suite)!, SIGNED_BY_CURL);
    assert.match(await answer("bullseye"), /curl: option --aws-sigv4: is unknown/);
    // The same request is accepted from a curl that can: so the refusal is due to curl, not to the request or the role.
    assert.equal(await answer("bookworm"), "200");
    assert.equal(await answer("trixie"), "200");
  });

  it("drains each when it must go: a job that runs there ends before its machine", async () => {
    const { context } = pool.environment;
    const jobs = [...machines].map(([suite, id]) => ({ suite, id, job: pool.queueOn(id, { name: `on ${suite}`, seconds: 10 }) }));
    for (const { suite, id, job } of jobs) await pool.until(`the job runs on ${suite}`, () => context.jobs.runningOn(id) === job);
    await context.engine.destroy();
    for (const { suite, id, job } of jobs) {
      assert.ok(pool.gone(id), suite);
      assert.deepEqual(
        pool.hostLogs(id, "drain ended").map(({ fields }) => fields.result),
        ["stopped"],
        suite,
      );
      const changes = pool.events.flatMap((event) => (event.kind === "job" && event.job === job ? [event.change] : []));
      assert.deepEqual([changes.at(-1), changes.includes("lost")], ["succeeded", false], suite);
    }
    assert.deepEqual(pool.environment.aws.denied(), []);
    assert.deepEqual(pool.environment.leftovers(), []);
  });
});
