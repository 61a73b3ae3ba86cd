import assert from "node:assert/strict";
import { GitHubError } from "../../../../functions/shared/github/error";
import { RunnerGroupMissing } from "../../../../functions/shared/github/jit";
import { APP, DIGEST, Harness, INSTANCE, LIB, labelOf, SECRET, SETTINGS } from "../support/harness";
import { awsFailure } from "../support/machine";

describe("a run that asks for the machine", () => {
  let harness: Harness;
  beforeEach(() => (harness = new Harness()));
  const errors = () => harness.observer.messages("error");

  it("gets it after one start, with the label of this start alone", async () => {
    const first = await harness.start();
    assert.deepEqual([first.state, "retryAfter" in first && first.retryAfter], ["starting", 5]);
    assert.deepEqual(harness.calls, ["runner 4", "order 4", "start"]);
    assert.equal(harness.order?.order.purpose, "run");
    assert.deepEqual(await harness.startUntil("ready"), { state: "ready", instanceId: INSTANCE, label: labelOf(4), generation: 4 });
    assert.equal(harness.machine.starts, 1);
    assert.equal(harness.calls.filter((call) => call === "start").length, 1);
    assert.equal(harness.observer.counts.Starts, 1);
  });

  it("is told again that it is ready, if the first reply was lost", async () => {
    const ready = await harness.startUntil("ready");
    assert.deepEqual(await harness.start(), ready);
  });

  it("waits while another run has the machine, and gets it after a stop, by a start of its own", async () => {
    await harness.startUntil("ready");
    const waiting = await harness.start(LIB);
    assert.equal(waiting.state, "waiting");
    assert.match("detail" in waiting ? waiting.detail : "", /in use by a run of another repository/);
    assert.equal((await harness.stop()).state, "released");
    assert.notEqual((await harness.start(LIB)).state, "ready");
    assert.deepEqual(await harness.startUntil("ready", LIB), { state: "ready", instanceId: INSTANCE, label: labelOf(5), generation: 5 });
    assert.equal(harness.machine.starts, 2);
  });

  it("never gets a machine that is stopping, because the stop would hit its own start", async () => {
    await harness.startUntil("ready");
    await harness.stop();
    const states = new Set<string>();
    for (let seconds = 0; seconds < 30; seconds += 5) {
      states.add((await harness.start(LIB)).state);
      harness.wait(5);
    }
    assert.deepEqual([...states], ["waiting"]);
    assert.equal(harness.machine.starts, 1);
  });

  it("waits for the end of calls that may still come, also when EC2 shows at once that the machine is off", async () => {
    await harness.start();
    harness.machine.terminate();
    harness.machine.power = { ...harness.machine.power, state: "stopped" };
    await harness.stop();
    assert.deepEqual(harness.expectLease(), { phase: "stopping", generation: 4 });
    assert.equal((await harness.start(LIB)).state, "waiting");
    harness.wait(30);
    assert.equal((await harness.start(LIB)).state, "starting");
  });

  it("is believed by two requests at once, of which one makes the attempt", async () => {
    const [one, two] = await Promise.all([harness.start(), harness.start()]);
    assert.deepEqual([one.state, two.state], ["starting", "starting"]);
    assert.deepEqual(harness.calls, ["runner 4", "order 4", "start"]);
  });

  it("starts nothing if it was released while its runner was created, and leaves no runner", async () => {
    harness.before.put = [async () => void (await harness.stop())];
    const reply = await harness.start();
    assert.equal(reply.state, "waiting");
    assert.ok(!harness.calls.includes("start"), harness.calls.join());
    assert.deepEqual([...harness.runners], []);
  });

  it("does not trust a machine that became ready by an earlier start", async () => {
    harness.machine.boots = ["hangs", "ready"];
    await harness.start();
    harness.wait(10);
    // The start is given up; then the machine of the first one would become ready.
    harness.wait(200);
    assert.equal((await harness.start()).state, "starting");
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 5, holder: APP });
    assert.deepEqual(await harness.startUntil("ready"), { state: "ready", instanceId: INSTANCE, label: labelOf(5), generation: 5 });
  });

  it("can use the machine twice, each time with another start", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    assert.deepEqual(await harness.start().then(({ state }) => state), "waiting", "its first job is at work");
    harness.endJob();
    assert.deepEqual(await harness.startUntil("ready"), { state: "ready", instanceId: INSTANCE, label: labelOf(5), generation: 5 });
  });

  it("does not get a machine that has run its job: the label's runner is gone, and the second job would wait without end", async () => {
    await harness.startUntil("ready");
    harness.runners.clear();
    assert.equal((await harness.start()).state, "waiting");
  });

  it("takes a machine whose holder's time is over, without the reaper", async () => {
    harness.item = { ...harness.item!, holder: LIB, expires: harness.clock.now() / 1000 };
    assert.equal((await harness.startUntil("ready")).state, "ready");
  });

  it("keeps the machine as long as it asks, although a silent run would lose it after 5 minutes", async () => {
    harness.settings = { ...SETTINGS, timeouts: { ...SETTINGS.timeouts, bootTimeout: 1_000 } };
    harness.machine.boots = ["hangs"];
    const expires: number[] = [];
    for (let seconds = 0; seconds < 900; seconds += 5) {
      assert.equal((await harness.start()).state, "starting");
      expires.push(harness.lease.expires! - harness.clock.now() / 1000);
      await harness.reap();
      harness.wait(5);
    }
    assert.ok(Math.min(...expires) > 100, `${Math.min(...expires)}`);
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 4, holder: APP });
  });

  it("has the machine for its session once it is ready", async () => {
    await harness.startUntil("ready");
    const left = harness.lease.expires! - harness.clock.now() / 1000;
    assert.ok(left > 7200 && left <= 7500, `${left} s`);
  });

  it("first switches off a machine that someone started by hand, and then starts it with an order", async () => {
    harness.machine.firstBoot();
    harness.wait(60);
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(harness.machine.starts, 2);
    assert.deepEqual(harness.calls, ["stop", "runner 4", "order 4", "start"]);
  });

  it("gives a machine that was never prepared its order on its first boot, without another start", async () => {
    delete harness.item!.prepared;
    harness.machine.firstBoot();
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.deepEqual(harness.calls, ["runner 4", "order 4"]);
    assert.equal(harness.machine.starts, 1);
  });

  it("is told to deploy when the machine was terminated by hand, and never makes another one", async () => {
    await harness.start();
    harness.machine.terminate();
    const reply = await harness.start();
    assert.equal(reply.state, "failed");
    assert.match("detail" in reply ? reply.detail : "", /terminated: run `pulumi up`/);
    assert.equal(harness.lease.holder, undefined);
  });

  it("starts over with a machine that `pulumi up` has replaced, which was never prepared", async () => {
    await harness.startUntil("ready");
    harness.settings = { ...SETTINGS, instanceId: "i-0fedcba9876543210" };
    harness.machine.terminate();
    harness.machine.power = { state: "running", launchedAt: harness.clock.now(), instanceType: "m7i.large" };
    harness.machine.order = undefined;
    await harness.start();
    const { phase, instanceId, prepared, generation } = harness.lease;
    assert.deepEqual(
      { phase, instanceId, prepared, generation },
      {
        phase: "starting",
        instanceId: "i-0fedcba9876543210",
        prepared: undefined,
        generation: 5,
      },
    );
    assert.ok(!harness.calls.includes("stop"));
  });

  it("registers anew at each boot with registration `service`, under the label of this start", async () => {
    harness.settings = { ...SETTINGS, registration: "service" };
    await harness.start();
    assert.equal(harness.runOrder.registrationToken, SECRET);
    assert.equal(harness.runOrder.jitConfiguration, undefined);
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.label, labelOf(4));
  });

  it("continues when a call of a request failed, and names the reason in the job's log", async () => {
    harness.errors.read = [new Error("DynamoDB is down")];
    const reply = await harness.start();
    assert.deepEqual(reply, { state: "starting", retryAfter: 5, detail: "DynamoDB is down" });
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(errors().length, 1);
  });

  it("keeps its hold while GitHub does not answer whether the machine is idle", async () => {
    await harness.start();
    harness.wait(60);
    harness.errors.state = Array.from({ length: 80 }, () => new GitHubError("502", 502));
    for (let count = 0; count < 80; count += 1) {
      assert.equal((await harness.start()).state, "starting");
      harness.wait(5);
      await harness.reap();
    }
    harness.errors.state = [];
    assert.equal((await harness.start()).state, "ready");
  });

  it("gives the machine a label that no one can foresee, and the name of the run whose jobs alone it may take", async () => {
    let random = 0;
    harness.ports.random = (digits) =>
      String((random += 1))
        .repeat(digits)
        .slice(0, digits);
    await harness.start();
    const { label, holder } = harness.runOrder;
    assert.deepEqual([label, holder], ["build-111111111111", APP]);
    assert.equal(harness.runners.size, 1);
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.label, label);
  });

  it("is not told to use a machine whose runner GitHub does not show: its job would wait in the queue for a day", async () => {
    harness.connects = false;
    await harness.start();
    harness.wait(40);
    for (let seconds = 0; seconds < 60; seconds += 10) {
      assert.equal((await harness.start()).state, "starting");
      harness.wait(10);
    }
    harness.connects = true;
    assert.equal((await harness.start()).state, "ready");
    harness.connects = false;
    harness.wait(100);
    assert.equal((await harness.start()).state, "ready", "a connection that was lost since is GitHub's and the runner's to restore");
    assert.equal(harness.machine.starts, 1);
  });

  it("gets another start if the runner does not connect within 60 s, and is told so if that one's does not either", async () => {
    harness.connects = false;
    const reply = await harness.startUntil("failed");
    assert.match("detail" in reply ? reply.detail : "", /did not show its runner as connected within 60 s, after another stop and start/);
    assert.equal(harness.machine.starts, 2);
    assert.equal(harness.lease.holder, undefined);
    assert.equal(harness.observer.counts.FailedStarts, 1);
  });

  it("loses the machine within minutes if it dies after that, and not only when the session that had begun would be over", async () => {
    harness.connects = false;
    await harness.startUntil("ready", APP, 60);
    assert.ok(harness.lease.expires! * 1000 - harness.clock.now() > 7_000_000, "a session has begun");
    for (let seconds = 0; harness.lease.generation === 4 && seconds < 120; seconds += 5) {
      harness.wait(5);
      await harness.start();
    }
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 5, holder: APP });
    harness.wait(305);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopping", generation: 5 });
  });

  it("does not start without end a machine that switches itself off before its runner is connected", async () => {
    harness.connects = false;
    let reply = await harness.start();
    for (let seconds = 0; seconds < 1_000 && reply.state === "starting"; seconds += 5) {
      harness.wait(5);
      if (harness.lease.phase === "ready") harness.machine.switchOff();
      reply = await harness.start();
    }
    assert.match("detail" in reply ? reply.detail : "", /switched itself off before its runner was connected/);
    assert.equal(harness.machine.starts, 2);
  });

  it("takes the machine from a run that died while it waited for its start, without the reaper", async () => {
    await harness.start();
    harness.wait(305);
    assert.equal((await harness.startUntil("ready", LIB, 300)).state, "ready");
    assert.equal(harness.observer.counts.ExpiredLeases, 1);
  });

  it("takes a machine that is off from a run that died, within the time that it waits for it", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.endJob();
    harness.wait(60);
    assert.equal((await harness.startUntil("ready", LIB, 600)).state, "ready");
  });

  it("waits for the end of a first boot that goes off already, which would take its order with it", async () => {
    delete harness.item!.prepared;
    harness.machine.firstBoot();
    harness.wait(15);
    harness.machine.switchOff();
    assert.equal((await harness.start()).state, "starting");
    assert.deepEqual(harness.calls, []);
    assert.equal((await harness.startUntil("ready")).state, "ready");
  });

  it("is told nothing of another's repository, nor of the account, because its log may be public", async () => {
    harness.machine.startErrors = [
      awsFailure(
        "UnauthorizedOperation",
        "arn:aws:sts::123456789012:assumed-role/build-control may not. Encoded authorization failure message: AbC",
      ),
    ];
    const reply = await harness.start();
    assert.equal(reply.state, "failed");
    assert.doesNotMatch(JSON.stringify(reply), /123456789012|assumed-role|AbC/);
    await harness.startUntil("ready", LIB);
    assert.doesNotMatch(JSON.stringify(await harness.start()), /octo-org/);
  });

  it("has no secret in the log", async () => {
    await harness.startUntil("ready");
    await harness.stop();
    assert.doesNotMatch(JSON.stringify(harness.observer.lines), new RegExp(SECRET));
  });

  it("prepares a machine whose release has changed, for which it has the first boot's time", async () => {
    harness.item = { ...harness.item!, prepared: "an earlier release" };
    harness.machine.boots = ["hangs"];
    await harness.start();
    harness.wait(1_190);
    assert.equal((await harness.start()).state, "starting");
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 4, holder: APP });
    harness.wait(30);
    await harness.start();
    assert.equal(harness.lease.generation, 5);
    assert.notEqual(harness.lease.prepared, DIGEST);
  });
});

describe("a start of the machine that fails", () => {
  let harness: Harness;
  beforeEach(() => (harness = new Harness()));

  const capacity = () => awsFailure("InsufficientInstanceCapacity", "no m7i.large");
  const none = { fails: "Server.InsufficientInstanceCapacity" };

  it("is repeated after 30, 60 and 120 s for want of capacity, then with the next type, and then given up", async () => {
    harness.machine.startErrors = Array.from({ length: 20 }, capacity);
    const began = harness.clock.now();
    const at: number[] = [];
    let count = 0;
    let reply = await harness.start();
    while (reply.state === "starting") {
      const starts = harness.calls.filter((call) => call === "start").length;
      if (starts > count) at.push(Math.round((harness.clock.now() - began) / 1000));
      count = starts;
      harness.wait(5);
      reply = await harness.start();
    }
    assert.equal(reply.state, "failed");
    assert.match("detail" in reply ? reply.detail : "", /no m7i\.large \(tried m7i\.large, m7a\.large\)/);
    assert.deepEqual(at.slice(0, 4), [0, 30, 90, 210]);
    assert.deepEqual(
      harness.calls.filter((call) => call.startsWith("type")),
      ["type m7a.large"],
    );
    assert.equal(harness.calls.filter((call) => call === "start").length, 8);
    assert.equal(harness.lease.holder, undefined);
    assert.equal(harness.observer.counts.FailedStarts, 1);
    harness.wait(60);
    await harness.reap();
    assert.deepEqual([[...harness.runners.keys()], harness.lease.phase], [[], "stopped"], "nothing is left of it");
  });

  it("is repeated when EC2 shows pending and then stopped for want of capacity, and at last runs on the other type", async () => {
    harness.machine.boots = [none, none, none, none, "ready"];
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.label, labelOf(8));
    assert.equal(harness.machine.power.instanceType, "m7a.large");
    assert.equal(harness.machine.starts, 5);
  });

  it("is not given up before a repetition of its call is too old to start the machine for it once more", async () => {
    harness.machine.boots = [{ fails: "Server.InsufficientInstanceCapacity" }];
    await harness.start();
    harness.wait(25);
    assert.equal((await harness.start()).state, "starting");
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 4, holder: APP });
    harness.wait(5);
    await harness.start();
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 5, holder: APP });
  });

  it("begins with the preferred type again at the next run", async () => {
    harness.machine.power.instanceType = "m7a.large";
    await harness.start();
    assert.deepEqual(harness.calls, ["type m7i.large", "runner 4", "order 4", "start"]);
  });

  it("goes to the next type at once if EC2 does not offer the first one there", async () => {
    harness.machine.startErrors = [awsFailure("Unsupported", "not in your zone")];
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(harness.machine.power.instanceType, "m7a.large");
  });

  it("names fallbackInstanceTypes if there is no other type", async () => {
    harness.settings = { ...SETTINGS, instanceTypes: ["m7i.large"] };
    harness.machine.startErrors = [awsFailure("VcpuLimitExceeded", "your limit of 8")];
    const reply = await harness.start();
    assert.match("detail" in reply ? reply.detail : "", /your limit of 8 \(tried m7i\.large; add fallbackInstanceTypes\)/);
  });

  for (const reason of ["Client.VolumeLimitExceeded", "Client.InternalError"])
    it(`is given up at once after ${reason}, which no repetition changes`, async () => {
      harness.machine.boots = [{ fails: reason }];
      const reply = await harness.startUntil("failed");
      assert.equal(reply.state, "failed");
      assert.match("detail" in reply ? reply.detail : "", new RegExp(reason.replace(".", "\\.")));
      if (reason === "Client.InternalError") assert.match("detail" in reply ? reply.detail : "", /kms:CreateGrant/);
      assert.equal(harness.machine.starts, 1);
      await harness.reap();
      assert.equal(harness.lease.holder, undefined);
    });

  it("is repeated after Server.InternalError", async () => {
    harness.machine.boots = [{ fails: "Server.InternalError" }, "ready"];
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(harness.machine.starts, 2);
  });

  it("is not taken for failed by the reason of the machine's last stop", async () => {
    harness.machine.power = { ...harness.machine.power, reason: { code: "Server.InsufficientInstanceCapacity", message: "long ago" } };
    // EC2 shows the former state for a while.
    const before = harness.machine.power;
    await harness.start();
    const { power } = harness.machine;
    harness.machine.power = before;
    assert.equal((await harness.start()).state, "starting");
    harness.machine.power = power;
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(harness.machine.starts, 1);
  });

  it("is requested once more by another generation if EC2 shows nothing of it for a minute", async () => {
    harness.machine.startErrors = [new Error("socket hang up")];
    const unknown = await harness.start();
    assert.match("detail" in unknown ? unknown.detail : "", /EC2 did not answer/);
    harness.wait(55);
    await harness.start();
    assert.equal(harness.lease.generation, 4, "it may still take effect");
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.equal(harness.lease.generation, 5);
  });

  it("is not repeated if its answer was lost and it has taken effect", async () => {
    const start = harness.ports.power.start;
    harness.ports.power.start = async (signal) => {
      await start(signal);
      throw new Error("socket hang up");
    };
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.generation, 4);
    assert.equal(harness.machine.starts, 1);
  });

  it("hangs: the console goes to the function's log, another stop and start follow, and then it is given up", async () => {
    harness.machine.boots = ["hangs"];
    const reply = await harness.startUntil("failed");
    assert.equal(reply.state, "failed");
    const detail = "detail" in reply ? reply.detail : "";
    assert.match(detail, /not ready within 180 s, after another stop and start/);
    assert.doesNotMatch(detail, /setup script failed/, "a workflow's log may be public");
    assert.equal(harness.machine.starts, 2);
    const consoles = harness.observer.lines.filter(({ fields }) => String(fields["console"]).includes("the setup script failed"));
    assert.equal(consoles.length, 2);
    await harness.reap();
    assert.equal(harness.machine.power.state, "stopping", "a machine that hangs is not left running");
  });

  it("hangs once, and works after another stop and start with a runner of its own", async () => {
    harness.machine.boots = ["hangs", "ready"];
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.label, labelOf(5));
    assert.ok(harness.calls.indexOf("stop") < harness.calls.indexOf("runner 5"));
    assert.deepEqual([...harness.runners.keys()], [5]);
  });

  it("is repeated once if the machine switches itself off before it is ready, as with a full disk", async () => {
    harness.machine.boots = ["switches itself off"];
    const reply = await harness.startUntil("failed");
    assert.match("detail" in reply ? reply.detail : "", /switched itself off before it was ready/);
    assert.equal(harness.machine.starts, 2);
  });

  it("is given up at once when the machine says that its disk is too full, with its reason and without another start", async () => {
    harness.machine.boots = [{ says: "disk: / 86 % used: enlarge rootVolume\nand more" }];
    const reply = await harness.startUntil("failed");
    assert.match("detail" in reply ? reply.detail : "", /^the machine could not take a job: disk: \/ 86 % used: enlarge rootVolume$/);
    assert.equal(harness.machine.starts, 1);
    assert.equal(harness.lease.holder, undefined);
  });

  it("is repeated once when the machine says why it takes no job, and is then given up with that reason", async () => {
    harness.machine.boots = [{ says: "the proxy refused the archive" }];
    const reply = await harness.startUntil("failed");
    assert.match("detail" in reply ? reply.detail : "", /the proxy refused the archive, after another stop and start as well/);
    assert.equal(harness.machine.starts, 2);
  });

  it("is not judged by what an earlier boot said", async () => {
    harness.item = { ...harness.item!, failure: "3: disk: full" };
    assert.equal((await harness.startUntil("ready")).state, "ready");
  });

  it("waits for GitHub's outage, with a runner of the next generation", async () => {
    harness.errors.create = [new GitHubError("502", 502), new GitHubError("503", 503)];
    const ready = await harness.startUntil("ready");
    assert.equal(ready.state === "ready" && ready.label, labelOf(6));
    assert.equal(harness.machine.starts, 1);
  });

  it("waits for GitHub's rate limit, but not for a permission that is missing", async () => {
    harness.errors.create = [new GitHubError("rate limit", 403, new Date())];
    assert.equal((await harness.startUntil("ready")).state, "ready");
    harness = new Harness();
    harness.errors.create = [new GitHubError("POST /orgs/o/actions/runners/generate-jitconfig: 403 Resource not accessible", 403)];
    const reply = await harness.start();
    assert.equal(reply.state, "failed");
    assert.match("detail" in reply ? reply.detail : "", /403 Resource not accessible/);
    assert.equal(harness.lease.holder, undefined);
  });

  it("ends at once for a runner group that does not exist: in the default group, others could ask for the machine", async () => {
    harness.errors.create = [new RunnerGroupMissing('octo-org has no runner group "e2e": create it, or correct runnerGroup')];
    const reply = await harness.start();
    assert.match("detail" in reply ? reply.detail : "", /correct runnerGroup/);
    assert.deepEqual([reply.state, harness.machine.starts], ["failed", 0]);
  });

  it("ends after a dozen faults instead of never", async () => {
    harness.errors.create = Array.from({ length: 50 }, () => new GitHubError("502", 502));
    const reply = await harness.startUntil("failed");
    assert.match("detail" in reply ? reply.detail : "", /502, at 13 attempts/);
  });

  it("removes the runner whose order could not be stored", async () => {
    harness.errors.put = [awsFailure("ThrottlingException")];
    assert.equal((await harness.startUntil("ready")).state, "ready");
    assert.deepEqual([...harness.runners.keys()], [5]);
  });
});
