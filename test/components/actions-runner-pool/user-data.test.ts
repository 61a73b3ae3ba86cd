import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { oversize, partsOf, userDataViolations } from "../../../components/actions-runner-pool/validation/user-data";
import { bundleKey } from "../../../contract/shared/host-bundle";
import { renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { PROGRAM, poolArgs } from "./pool-args";

/** Of the pool below, as it was before there were arguments for what a team needs on a machine. */
const BEFORE = readFileSync(join(__dirname, "user-data-before-host-args.txt"), "utf8");

/** What changed for each pool. The configuration lost a key that another one replaces. */
const CHANGES: readonly [from: string, to: string][] = [
  ['"jobsMayUseDocker":false,', ""],
  [
    `fetch() {
  signed s3 "$bundle_url" '' -f -o "$home.tar"
}
`,
    `# URL SHA256 FILE
fetch() {
  retry signed s3 "$1" '' -f -o "$3" || fail "$1 could not be downloaded to $3"
  echo "$2  $3" | sha256sum --check --status || fail "$1 has the wrong SHA-256, expected $2"
}
`,
  ],
  [
    `retry fetch || fail "$bundle_url could not be downloaded to $home.tar"
echo "$bundle_sha256  $home.tar" | sha256sum --check --status || fail "$bundle_url has the wrong SHA-256, expected $bundle_sha256"
`,
    `fetch "$bundle_url" "$bundle_sha256" "$home.tar"
`,
  ],
  ['>&2 2>"$home/install.log"', ">&2 2>/run/ci-runners-install.log"],
  ['cat "$home/install.log"', "cat /run/ci-runners-install.log"],
  ['tail -n 3 "$home/install.log"', "tail -n 3 /run/ci-runners-install.log"],
];

const settingsOf = (changes: Parameters<typeof poolArgs>[0] = {}) =>
  resolveSettings("runners", poolArgs({ poolName: "pool", ...changes }), PROGRAM);

describe("the user data of a pool", () => {
  it("is byte for byte what it was, but for these lines, if the pool asks nothing of its machines", () => {
    const expected = CHANGES.reduce((text, [from, to]) => {
      assert.equal(text.split(from).length, 2, `once: ${from}`);
      return text.replace(from, () => to);
    }, BEFORE);
    const digest = "0".repeat(64);
    const config = hostConfig(settingsOf(), "us-east-1", "x64");
    assert.equal(renderUserData(config, { bucket: "bundles", key: bundleKey(digest), sha256: digest }), expected);
  });

  it("names the argument that makes it too long for EC2, whichever it is", () => {
    const long = "x".repeat(9_000);
    const pem = `-----BEGIN CERTIFICATE-----\n${"A".repeat(9_000)}\n-----END CERTIFICATE-----\n`;
    const { github } = poolArgs();
    const longest = {
      labels: { labels: [long] },
      "github.caCertificates": { github: { ...github, caCertificates: pem } },
      caBundle: { caBundle: pem },
      jobEnvironment: { jobEnvironment: { LONG: long } },
      packages: { packages: [long] },
      noProxy: { noProxy: [long] },
      volumes: { volumes: [{ mountPoint: `/${long}` }] },
    };
    for (const [field, changes] of Object.entries(longest)) {
      const parts = partsOf(settingsOf({ labels: ["small"], ...changes }));
      const [found, ...others] = oversize("x".repeat(USER_DATA_LIMIT_BYTES + 100), parts);
      assert.deepEqual([found?.field, others], [field, []]);
      assert.match(found!.reason, /the user data has 16484 bytes with them; EC2 allows 16384/);
      assert.ok(!found!.reason.includes("xxxx"), "an error of 9,000 characters");
    }
    assert.deepEqual(oversize("x".repeat(USER_DATA_LIMIT_BYTES), partsOf(settingsOf(longest.labels))), []);
  });

  it("names exceptions from the proxy by what they take in it, where they stand three times, and asks for a third of the excess", () => {
    const entries = (count: number) => Array.from({ length: count }, (_, index) => `${"x".repeat(30)}${index + 100}.corp`);
    const pem = `-----BEGIN CERTIFICATE-----\n${"A".repeat(4_000)}\n-----END CERTIFICATE-----\n`;
    const proxied = (noProxy: string[], caBundle?: string) => settingsOf({ httpsProxy: "http://proxy:3128", noProxy, caBundle });
    const [found] = userDataViolations(proxied(entries(80), pem));
    assert.equal(found?.field, "noProxy");
    const [, excess] = /has (\d+) bytes/.exec(found!.reason)!.map((bytes) => Number(bytes) - USER_DATA_LIMIT_BYTES);
    const [, asked] = /Shorten the list by (\d+) characters/.exec(found!.reason)!;
    assert.equal(Number(asked), Math.ceil(excess! / 3));
    const entry = entries(1)[0]!.length;
    assert.deepEqual(userDataViolations(proxied(entries(80 - Math.ceil(Number(asked) / entry)), pem)), []);
  });
});
