import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { metadataFence } from "../../../../host-config/shared/docker/metadata-fence";
import { PROBE } from "../../../../host-config/shared/metadata-probe";

const run = promisify(execFile);
const RANGES = [{ first: 100_000, count: 65_536 }];

describe("the metadata fence of the job's user and its containers", () => {
  it("names the user and each of its subordinate ranges, for both addresses", () => {
    const text = metadataFence(1001, [...RANGES, { first: 300_000, count: 1 }]);
    assert.deepEqual(text.match(/meta skuid .* drop/g), [
      "meta skuid { 1001, 100000-165535, 300000 } ip daddr 169.254.169.254 counter drop",
      "meta skuid { 1001, 100000-165535, 300000 } ip6 daddr fd00:ec2::254 counter drop",
    ]);
  });

  it("joins ranges that overlap or touch, because nft refuses such a set and no instance would start", () => {
    const text = metadataFence(1001, [
      { first: 150_000, count: 65_536 },
      ...RANGES,
      { first: 1002, count: 5 },
      { first: 120_000, count: 1 },
    ]);
    assert.match(text, /skuid \{ 1001-1006, 100000-215535 \}/);
  });

  describe("in a real kernel", () => {
    before(async function () {
      if (process.getuid!() !== 0) return this.skip();
      const found = await run("nft", ["--version"]).catch(() => undefined);
      if (found !== undefined) return;
      console.log("    skipped: nft is missing; the proofs on real machines show the same");
      this.skip();
    });

    /** In a network namespace of its own, with a route to the metadata's address. Prints the exit code of each command. */
    const inNamespace = async (commands: readonly string[]) => {
      const script = ["ip link set lo up; ip address add 169.254.169.254/32 dev lo", ...commands].join("\n");
      const { stdout } = await run("unshare", ["--net", "bash", "-c", script]);
      return stdout.trim().split("\n");
    };
    const load = `nft --file - <<'RULES'\n${metadataFence(61_001, RANGES)}RULES`;
    const probeAs = (uid: number) =>
      `setpriv --reuid ${uid} --regid ${uid} --clear-groups ${process.execPath} -e '${PROBE.replace("left = 40", "left = 1")}'; echo $?`;

    it("refuses the user and the first and last of its containers' users, and no one else", async () => {
      const probes = [61_001, 100_000, 165_535, 61_000, 99_999, 165_536].map(probeAs);
      assert.deepEqual(await inNamespace([load, ...probes]), ["0", "0", "0", "1", "1", "1"]);
      assert.deepEqual(await inNamespace(probes.slice(0, 1)), ["1"], "without the fence the probe must fail");
    });

    it("is the same when it is loaded again, and leaves other rules alone", async () => {
      const foreign = "nft add table inet theirs";
      const [before, after] = await inNamespace([foreign, load, "nft list ruleset | md5sum", load, "nft list ruleset | md5sum"]);
      assert.equal(before, after);
    });
  });
});
