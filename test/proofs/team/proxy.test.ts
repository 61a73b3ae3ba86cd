import assert from "node:assert/strict";
import { LOG, PATHS } from "../../../contract/actions-runner-pool/host";
import { TEAM_IMAGE } from "../../../rehearsal/hosts/image-recipe";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { VALID_AUTHORITY } from "../../support/valid-authority";
import { asJob, assertRefused, assertWorks, scaleIn, type Attempt, type Outcome } from "../hostile/attempts";
import { ProxyPool, PROXY_URL } from "./proxy-pool";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const METADATA = "http://169.254.169.254/latest/meta-data/";
const AWS = /amazonaws\.com/;

/** As a JavaScript action connects: by the variables of its environment, trusting what Node.js trusts. */
const NODE_REQUEST = `${PATHS.runner}/externals/node20/bin/node -e '
const proxy = new URL(process.env.https_proxy), target = "api.github.com:443";
const ask = require("http").request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: target, headers: { host: target } });
ask.on("connect", (_, socket) => require("tls").connect({ socket, servername: "api.github.com" }, function () {
  console.log("trusted", this.authorized);
  process.exit(this.authorized ? 0 : 1);
})).end();'`;

const TRUSTED: Attempt[] = [
  { title: "curl", script: "curl -sS -o /dev/null https://api.github.com/" },
  { title: "Node.js, as actions run it", script: NODE_REQUEST },
  // The stand-in serves no repositories: what counts is that the answer is GitHub's, over TLS.
  {
    title: "git",
    script: "git ls-remote https://github.com/example-org/none 2>&1 | tee /dev/stderr | grep -E 'not found|error: 4[0-9][0-9]'",
  },
];

const CALLS: Attempt[] = [
  { title: "AWS, for which a job may have no endpoint", script: "curl -sS -o /dev/null https://sts.us-east-1.amazonaws.com/" },
  { title: "a host that the stack excepts", script: "curl -sS -m 5 https://artefacts.corp.invalid/", refusal: /Could not resolve host/ },
  { title: "metadata by the proxy", script: `curl -sS -f -m 5 --noproxy '' -x ${PROXY_URL} ${METADATA}`, refusal: /error: 403/ },
  { title: "metadata by the proxy's tunnel", script: `curl -sS -m 5 --noproxy '' -p -x ${PROXY_URL} ${METADATA}`, refusal: /403/ },
  { title: "metadata as any program would", script: `curl -sS -m 3 ${METADATA}`, refusal: /Failed to connect|timed out|Couldn't connect/i },
];

describe("a pool behind a proxy that inspects TLS, on machines with a real systemd", function () {
  this.timeout(BOUND_MS);
  let pool: ProxyPool;
  let instance: string;
  let trusted: Outcome[];
  let calls: Outcome[];

  before(async function () {
    needSystemd(this);
    pool = await ProxyPool.open({ inspect: true }, (authority) => ({ caBundle: authority, noProxy: [".corp.invalid"] }), TEAM_IMAGE);
  });
  after(() => pool?.close());

  it("registers as soon as the proxy is back, if it is down at the registration, and says until then what config.sh said", async () => {
    await pool.proxy.set("up", ["api.github.com"]);
    instance = await pool.launch();
    const failures = () => pool.live.hostLogs(instance, "registration attempt failed");
    await pool.live.until("a failed registration", () => failures().length > 0);
    assert.match(
      JSON.stringify(failures()[0]),
      /config\.sh: exit code 1: .*proxy tunnel request to proxy .* failed with status code '503'/,
    );
    await pool.proxy.set("down");
    await pool.live.until("another one", () => failures().length > 1);
    await pool.proxy.set("up");
    await pool.online(instance);
  });

  it("sends everything by the proxy but the metadata and the pool's own endpoints", () => {
    const asked = pool.asked();
    for (const host of ["github.com:443", "api.github.com:443", "broker.actions.githubusercontent.com:443"]) {
      assert.ok(asked.includes(host), `${host} is not among ${asked.join()}`);
    }
    assert.deepEqual(
      asked.filter((target) => AWS.test(target) || target.startsWith("169.254.") || target.startsWith("[")),
      [],
    );
  });

  describe("a job of it", () => {
    let begun: number;
    before(async () => {
      trusted = await asJob(pool.live, instance, TRUSTED, "trusted");
      begun = pool.proxy.requests.length;
      calls = await asJob(pool.live, instance, CALLS, "calls");
    });

    TRUSTED.forEach((attempt, index) =>
      it(`trusts the proxy's authority by caBundle: ${attempt.title}`, () => assertWorks(attempt, trusted[index])),
    );

    it("calls AWS by the proxy, because only the pool's own endpoints are known to be in the VPC", () => {
      assertWorks(CALLS[0]!, calls[0]);
      assert.ok(pool.asked(begun).includes("sts.us-east-1.amazonaws.com:443"));
    });

    it("calls a host that the stack excepts without the proxy", () => {
      assertRefused(CALLS[1]!, calls[1]);
      assert.ok(!pool.asked(begun).some((target) => target.includes("corp.invalid")));
    });

    for (const index of [2, 3, 4]) {
      it(`cannot obtain the instance's credentials: ${CALLS[index]!.title}`, () => assertRefused(CALLS[index]!, calls[index]));
    }
  });

  describe("while the proxy is down", () => {
    it("an idle instance stays in service, and its runner takes a job once it is back", async () => {
      await pool.proxy.set("down");
      const { github } = pool.live.environment;
      await pool.live.until("GitHub to miss the runner", () => !pool.live.environment.context.jobs.online().includes(instance));
      assert.equal(await pool.runnerState(instance), "active");
      assert.deepEqual(pool.live.inService(), [instance]);
      await pool.proxy.set("up");
      const id = pool.live.queueOn(instance, { name: "after-outage", seconds: 1 });
      await pool.jobEnded(instance, id);
      assert.equal(github.job(id).state, "succeeded");
    });

    it("no job is ended, and no drain, whose heartbeats do not need it", async () => {
      const { github } = pool.live.environment;
      const id = pool.live.queueOn(instance, { name: "long", seconds: 20 });
      await pool.live.until("its steps to run", () => pool.live.environment.context.jobs.runningOn(instance) === id);
      const gone = scaleIn(pool.live, instance);
      await pool.live.until("the drain to begin", () => pool.live.hostLogs(instance, LOG.drainBegun).length > 0);
      await pool.proxy.set("down");
      assert.ok(await pool.heartbeat(instance), "a heartbeat without the proxy");
      await pool.live.untilSeen(
        "the job's step to end",
        async () => (await pool.live.run(instance, "pgrep -x sleep -u runner")).exitCode !== 0,
      );
      assert.ok(!pool.live.gone(instance));
      await pool.proxy.set("up");
      await gone;
      assert.equal(github.job(id).state, "succeeded");
    });

    it("an idle instance leaves the group, whose listener cannot end its session and whose completion does not need the proxy", async () => {
      const idle = await pool.launch();
      await pool.online(idle);
      await pool.proxy.set("down");
      const begun = pool.proxy.requests.length;
      await scaleIn(pool.live, idle);
      assert.ok(!pool.asked(begun).some((target) => AWS.test(target)));
      assert.ok(pool.live.hostLogs(idle, LOG.drainBegun).length > 0, "it was killed instead of drained");
      await pool.proxy.set("up");
    });
  });
});

describe("a launch behind a proxy that fails it, on machines with a real systemd", function () {
  this.timeout(BOUND_MS);
  let pool: ProxyPool;
  const nothing = async () => undefined;

  before(async function () {
    needSystemd(this);
    pool = await ProxyPool.open({ inspect: true }, () => ({ caBundle: VALID_AUTHORITY }));
  });
  after(() => pool?.close());

  it("is abandoned if caBundle has the wrong authority, and the console says so in curl's words", async () => {
    const reason = await pool.failedLaunch(nothing, nothing);
    assert.match(reason, /could not be downloaded to \S+: curl: \(60\) SSL certificate problem/);
  });

  it("is abandoned if the proxy is down while the runner is downloaded", async () => {
    await pool.reconfigure({ caBundle: pool.proxy.authority, packages: ["jq"] });
    await pool.proxy.set("down");
    const reason = await pool.failedLaunch(nothing, nothing);
    assert.match(reason, /could not be downloaded to \S+: curl: \(\d+\) Failed to connect to proxy\.team\.internal port 3128/);
    await pool.proxy.set("up");
  });

  it("is abandoned if the proxy goes down while packages are installed", async () => {
    const before = pool.proxy.requests.length;
    const reason = await pool.failedLaunch(async () => {
      // By http, as Debian's archive is asked; everything else is by https.
      const asks = () => pool.proxy.requests.slice(before).some(({ method }) => method === "GET" || method === "HEAD");
      await pool.live.untilSeen("apt to ask the proxy", async () => asks());
      await pool.proxy.set("down");
    }, nothing);
    assert.match(reason, /packages: apt-get update failed: /);
    await pool.proxy.set("up");
  });
});
