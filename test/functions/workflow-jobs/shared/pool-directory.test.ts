import assert from "node:assert/strict";
import type { PoolRegistration } from "../../../../contract/workflow-jobs/ledger";
import { PoolDirectory } from "../../../../functions/workflow-jobs/shared/pool-directory";

const PLAIN: PoolRegistration = { pool: "plain", labels: ["linux"], priority: 0 };
const job = (label: string) => ({ labels: [label], repository: "octo-org/app" });

describe("the pools as a process of the webhook knows them", () => {
  let now = 0;
  let reads = 0;
  let pools: PoolRegistration[] | Error = [];
  let directory: PoolDirectory;

  beforeEach(() => {
    [now, reads, pools] = [0, 0, [PLAIN]];
    const read = async () => {
      reads++;
      if (pools instanceof Error) throw pools;
      return pools;
    };
    directory = new PoolDirectory(read, [], { now: () => now, after: () => ({ cancel: () => {} }) });
  });

  it("are read once in thirty seconds for jobs that they serve", async () => {
    for (now = 0; now < 30_000; now += 1_000) assert.deepEqual(await directory.placementOf(job("linux")), { pool: "plain" });
    assert.equal(reads, 1);
    await directory.placementOf(job("linux"));
    assert.equal(reads, 2);
  });

  it("are read at most each five seconds for jobs that none serves: most run on GitHub's own runners", async () => {
    for (now = 0; now < 20_000; now += 100) assert.equal(await directory.placementOf(job("ubuntu-latest")), "foreign");
    assert.equal(reads, 4);
  });

  it("are never taken for none because they cannot be read: the job would be another's, and lost", async () => {
    await directory.placementOf(job("linux"));
    [now, pools] = [6_000, new Error("down")];
    await assert.rejects(directory.placementOf(job("gpu")), /down/);
    assert.deepEqual(await directory.placementOf(job("linux")), { pool: "plain" });
  });
});
