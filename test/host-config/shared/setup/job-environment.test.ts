import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import type { PrepareContext } from "../../../../host-config/shared/prepare/stage";
import { jobEnvironmentStage, mergedEnvironment } from "../../../../host-config/shared/setup/job-environment";

describe("the environment of jobs", () => {
  it("replaces the image's variables of the same names and keeps its others", () => {
    assert.equal(mergedEnvironment("LANG=C.UTF-8\nA=old\n", { A: "new", B: "x=y z" }), "LANG=C.UTF-8\nA=new\nB=x=y z\n");
  });

  it("ends each line, because config.sh appends lines of its own", () => {
    assert.equal(mergedEnvironment("LANG=C.UTF-8", { A: "1" }), "LANG=C.UTF-8\nA=1\n");
    assert.equal(mergedEnvironment("", { A: "" }), "A=\n");
  });

  it("does not take a name that begins alike for the same", () => {
    assert.equal(mergedEnvironment("AB=1\r\nA_B=2\n", { A: "3" }), "AB=1\nA_B=2\nA=3\n");
  });

  it("is written once, however often the bootstrap runs, and leaves no draft", async () => {
    const folder = mkdtempSync(join(tmpdir(), "env-"));
    try {
      writeFileSync(join(folder, ".env"), "IMAGE=1\n");
      const context = { setup: { jobEnvironment: { A: "1" } } } as unknown as PrepareContext;
      for (let run = 0; run < 2; run++) await jobEnvironmentStage(folder).run(context);
      assert.equal(readFileSync(join(folder, ".env"), "utf8"), "IMAGE=1\nA=1\n");
      assert.deepEqual(readdirSync(folder), [".env"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("on an image whose own file leads jobs to a proxy", () => {
    const proxy = { https: "http://proxy.corp:3128", noProxy: [] };
    let folder: string;
    let said: string[];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "env-"));
      said = [];
    });
    afterEach(() => rmSync(folder, { recursive: true }));
    const stage = async (present: string, setup: HostSetup) => {
      writeFileSync(join(folder, ".env"), present);
      const prepared = jobEnvironmentStage(folder);
      if (prepared.due(setup)) await prepared.run({ setup, say: (line: string) => void said.push(line) } as unknown as PrepareContext);
      return readFileSync(join(folder, ".env"), "utf8");
    };

    it("has that of the stack, as its unit says: the runner would follow the file, past the exceptions for the metadata", async () => {
      const image = "LANG=C\nhttps_proxy=http://old:3128\nHTTP_PROXY=http://old:3128\nNo_Proxy=x\nMY_https_proxy=1";
      assert.equal(await stage(image, { proxy }), "LANG=C\nMY_https_proxy=1\n");
      assert.deepEqual(said, [
        "jobEnvironment: the image's .env sets https_proxy, HTTP_PROXY, No_Proxy: removed, the stack's proxy counts",
      ]);
      assert.equal(await stage(image, { proxy, jobEnvironment: { A: "1" } }), "LANG=C\nMY_https_proxy=1\nA=1\n");
    });

    it("keeps that of the image without one of the stack's, by which such a pool may reach GitHub", async () => {
      for (const setup of [{}, { jobEnvironment: { LANG: "C" } }])
        assert.match(await stage("https_proxy=http://image:3128\n", setup), /^https_proxy=http:\/\/image:3128$/m);
      assert.deepEqual(said, []);
    });

    it("is left as it is where it says nothing of a proxy: each stage that is due asks for the instance's id", async () => {
      assert.equal(await stage("LANG=C", { proxy }), "LANG=C");
      rmSync(join(folder, ".env"));
      assert.equal(jobEnvironmentStage(folder).due({ proxy }), false);
    });
  });
});
