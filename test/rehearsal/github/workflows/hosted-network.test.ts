import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { environmentNetwork, namespaceNetwork } from "../../../../rehearsal/github/workflows/hosted-network";
import { Hosted } from "./hosted-fixture";

describe("the network of hosted jobs", () => {
  let hosted: Hosted | undefined;
  let holder: ChildProcess | undefined;

  afterEach(async () => {
    await hosted?.close();
    holder?.kill("SIGKILL");
    hosted = holder = undefined;
  });

  it("has only what answers in the rehearsal's namespace, under the names of the rehearsal", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const serve = `ip link set lo up; exec ${process.execPath} -e "require('node:http').createServer((_, r) => r.end('from inside')).listen(8099, '127.0.0.1', () => console.log('up'))"`;
    holder = spawn("unshare", ["--net", "sh", "-ec", serve], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout!, "data");
    const network = namespaceNetwork(holder.pid!, { "api.github.com": "127.0.0.1" });
    hosted = await Hosted.open({ network });
    const { port } = new URL(hosted.served.url);
    const { log, conclusion } = await hosted.steps(
      `- run: curl -sf --max-time 60 http://api.github.com:8099/
- run: |
    if curl -s --max-time 5 http://127.0.0.1:${port}/; then exit 9; fi
    if curl -s --max-time 5 http://example.com/; then exit 8; fi`,
    );
    network.close();
    assert.equal(conclusion, "success");
    assert.ok(log.includes("from inside"));
    assert.match(network.isolation, /namespace/);
    // The machine's own list of hosts is untouched.
    const { readFileSync } = await import("node:fs");
    assert.ok(!readFileSync("/etc/hosts", "utf8").includes("api.github.com"));
  });

  it("says without root that only the environment keeps a job from it", () => {
    const network = environmentNetwork(["api.github.com"]);
    assert.match(network.isolation, /environment only/);
    assert.equal(network.environment.https_proxy, "http://127.0.0.1:9");
    assert.equal(network.environment.no_proxy, "127.0.0.1,localhost,api.github.com");
  });
});
