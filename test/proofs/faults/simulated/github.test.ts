import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import type { GitHubFaultKind } from "../../../../rehearsal/github/github-faults";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs, type Harness, harness } from "./harness";

const API = / api\.github\.com\//;
const RUNNER_SERVICE = / broker\.actions\.githubusercontent\.com\//;
/** Minutes. */
const OUTAGES = [2, 20, 60];

/** Makes GitHub fail for some minutes. Returns when that ends. */
function outage(harness: Harness, kind: GitHubFaultKind, minutes: number, route = API): number {
  const { clock, github } = harness.environment;
  const { remove } = github.faults.add({ ...kind, route });
  clock.after(minutes * MINUTE * 1000, remove);
  return clock.now() + minutes * MINUTE * 1000;
}

/** An outage from the start of a launch. Returns the seconds from its end until the pool works. */
async function launching(kind: GitHubFaultKind, outages = OUTAGES): Promise<number> {
  const late = await each(outages, { launching: true }, async (harness, minutes) => {
    const end = outage(harness, kind, minutes);
    await harness.within(minutes * MINUTE + HOUR, () => harness.pool.ready().length === 1, "a runner in service");
    const late = Math.ceil((harness.environment.clock.now() - end) / 1000);
    const job = harness.pool.queueJob({ seconds: 10 });
    await harness.ended(job, 60);
    assert.equal(harness.state(job), "succeeded");
    await harness.cleared(90 * MINUTE);
    return late;
  });
  return Math.max(0, highestOf(late));
}

/** An outage that begins before, during or after the drain of a 10 min job. Returns the minutes from its end until nothing is left. */
async function terminating(kind: GitHubFaultKind, outages = OUTAGES, loss = 0) {
  const seen = await each(pairs([-30, 60, 590, 602], outages), {}, async (harness, [after, minutes]) => {
    const busy = await harness.busy({ seconds: 600 });
    await harness.environment.run(60);
    if (after > 0) {
      await harness.pool.terminate(busy.instance);
      await harness.environment.run(after - 60);
    }
    const end = outage(harness, kind, minutes);
    if (after < 0) {
      await harness.environment.run(-after);
      await harness.pool.terminate(busy.instance);
    }
    await harness.ended(busy.job, 700);
    assert.equal(harness.state(busy.job), "succeeded");
    await harness.gone(busy.instance, 30);
    const grace = harness.secondsAfterJob(busy.instance, busy.job);
    await harness.cleared(minutes * MINUTE + 30 * MINUTE);
    const since = Math.max(end, harness.entered(busy.instance, "Terminated"));
    const left = Math.max(0, Math.ceil((harness.environment.clock.now() - since) / 60_000));
    assert.equal(harness.metric(METRIC.busyAtTermination), loss);
    return { grace, left };
  });
  return { jobs: seen.length, grace: highestOf(seen.map(({ grace }) => grace)), left: highestOf(seen.map(({ left }) => left)) };
}

describe("faults of GitHub, simulated", () => {
  const EXPECTED = "launches wait or are replaced, drains are unaffected, and leftover runners are removed once GitHub recovers";
  const REST: [name: "GitHub answers 401" | "GitHub answers 403 rate limit" | "GitHub answers 502", kind: GitHubFaultKind][] = [
    ["GitHub answers 401", { kind: "status", status: 401, message: "Bad credentials" }],
    [
      "GitHub answers 403 rate limit",
      { kind: "status", status: 403, message: "API rate limit exceeded", headers: { "x-ratelimit-remaining": "0" } },
    ],
    ["GitHub answers 502", { kind: "status", status: 502, message: "Bad Gateway" }],
  ];
  for (const [name, kind] of REST) {
    fault({ fault: name, expected: EXPECTED, where: "simulated" }, async (see) => {
      see(`at launch for 2 to 60 min: a job runs at most ${Math.ceil((await launching(kind)) / 60)} min after the outage`);
      const { jobs, grace, left } = await terminating(kind);
      see(
        `during a drain for 2 to 60 min: ${count(jobs, "job")} succeeded, instances terminated at most ${grace} s after the job, runners removed at most ${left} min after termination or the outage`,
      );
    });
  }

  fault(
    {
      fault: "GitHub answers 404",
      expected:
        "a runner that was already removed counts as gone; if the credentials may not manage runners, launches are replaced and an alarm fires",
      where: "simulated",
    },
    async (see) => {
      const graces = await each([0, 61, 300, 599], {}, async (harness, after) => {
        const busy = await harness.busy({ seconds: 600 });
        await harness.environment.run(after);
        harness.environment.github.faults.add({ kind: "status", status: 404, message: "Not Found", route: /^DELETE api\.github/ });
        await harness.pool.terminate(busy.instance);
        await harness.ended(busy.job, 700);
        await harness.gone(busy.instance, 30);
        assert.equal(harness.state(busy.job), "succeeded");
        assert.equal(harness.deadLetters().length, 0);
        return harness.secondsAfterJob(busy.instance, busy.job);
      });
      see(`DELETE of a runner: ${kept(graces)}, no dead letter`);
      const reported = await each([20], { launching: true }, async (harness, minutes) => {
        outage(harness, { kind: "status", status: 404, message: "Not Found" }, minutes);
        await harness.within(HOUR, () => harness.pool.ready().length === 1, "a runner in service");
        await harness.cleared(90 * MINUTE);
        return harness.metric(METRIC.registrationFailures);
      });
      assert.ok(reported[0]! > 0);
      see(`every route for 20 min at launch: ${count(reported[0]!, "RegistrationFailure")} reported, then in service`);
    },
  );

  fault(
    {
      fault: "GitHub answers 422 busy",
      expected: "the runner of a terminated instance is left to the sweep, which removes it once GitHub allows it",
      where: "simulated",
    },
    async (see) => {
      const seen = await each([1, 4, 12], {}, async (harness, minutes) => {
        outage(
          harness,
          { kind: "status", status: 422, message: 'Bad request - Runner "i" is still running a job' },
          minutes,
          /^DELETE api\.github\.com\/orgs\/acme\/actions\/runners\/\d+$/,
        );
        const busy = await harness.busy({ seconds: 20 });
        const end = harness.environment.clock.now() + minutes * MINUTE * 1000;
        await harness.pool.terminate(busy.instance);
        await harness.ended(busy.job, 60);
        assert.equal(harness.state(busy.job), "succeeded");
        await harness.gone(busy.instance, 30);
        await harness.cleared(30 * MINUTE);
        assert.equal(harness.deadLetters().length, 0);
        assert.ok(harness.metric(METRIC.busyAtTermination) > 0, "reported, because a job may be lost");
        return Math.ceil((harness.environment.clock.now() - end) / 60_000);
      });
      see(`${count(seen.length, "job")} succeeded, reported as BusyAtTermination to be safe`);
      see(`runners removed at most ${highestOf(seen)} min after GitHub allows it`);
    },
  );

  fault(
    {
      fault: "GitHub slow",
      expected: "every wait is bounded: the stop is sent first, drains are unaffected, launches succeed",
      where: "simulated",
    },
    async (see) => {
      for (const seconds of [2, 4.5, 30]) {
        const kind: GitHubFaultKind = { kind: "slow", ms: seconds * 1000 };
        const late = await launching(kind, [20]);
        const { jobs, grace, left } = await terminating(kind, [20]);
        see(`${seconds} s per answer for 20 min: ${late === 0 ? "launches succeed meanwhile" : `in service at most ${late} s afterwards`}`);
        see(
          `${count(jobs, "job")} succeeded, instances terminated at most ${grace} s after the job, runners removed ${left === 0 ? "at once" : `at most ${left} min later`}`,
        );
      }
      const longest = await harness({}, async (harness) => {
        harness.environment.github.faults.add({ kind: "hang", route: API });
        await harness.pool.terminate(harness.pool.ready()[0]!);
        await harness.environment.run(10 * MINUTE);
        return highestOf(harness.environment.timeline.events.flatMap((e) => (e.kind === "function-run" ? [e.ms] : [])));
      });
      assert.ok(longest < 60_000, "no function timed out");
      see(`no answer at all: no function runs longer than ${Math.ceil(longest / 1000)} s`);
    },
  );

  fault(
    {
      fault: "GitHub down for an hour",
      expected: "jobs and drains continue, instances terminate, launches are replaced until one registers, and the sweep removes leftovers",
      where: "simulated",
    },
    async (see) => {
      const late = await launching({ kind: "down" }, [60]);
      const { jobs, grace, left } = await terminating({ kind: "down" }, [60]);
      see(`API: a job runs at most ${Math.ceil(late / 60)} min after the outage`);
      see(
        `${count(jobs, "job")} succeeded, instances terminated at most ${grace} s after the job, runners removed at most ${left} min after termination or the outage`,
      );

      // With the runners' own service down too, GitHub gives up every job that is not renewed for 10 minutes.
      const kept = await each(pairs([10, 100, 400], [1, 5, 8]), {}, async (harness, [after, minutes]) => {
        const busy = await harness.busy({ seconds: 1200 });
        await harness.pool.terminate(busy.instance);
        await harness.environment.run(after);
        for (const route of [API, RUNNER_SERVICE]) outage(harness, { kind: "down" }, minutes, route);
        return harness.keepsPromise(busy, { jobWithin: 1300, grace: 60 });
      });
      see(`all of GitHub for 1 to 8 min: ${count(kept.length, "job")} succeeded`);
      const given = await each([60], {}, async (harness, minutes) => {
        const busy = await harness.busy({ seconds: 1200 });
        await harness.pool.terminate(busy.instance);
        for (const route of [API, RUNNER_SERVICE]) outage(harness, { kind: "down" }, minutes, route);
        const worker = () => harness.environment.hosts.running(busy.instance)?.processes?.workers ?? 0;
        await harness.environment.run(1190);
        assert.equal(worker(), 1, "the pool still lets the worker run to its end");
        await harness.gone(busy.instance, HOUR);
        await harness.cleared(2 * HOUR);
        return harness.state(busy.job);
      });
      see(
        `all of GitHub for an hour: GitHub gives up the job (${given[0]}), its worker still runs to its end, instance and runner are removed`,
      );
    },
  );

  fault(
    {
      fault: "answers to acquisitions lost",
      expected: "the job is the runner's at GitHub, so the drain waits until the runner has asked again, and the job succeeds",
      where: "simulated",
    },
    async (see) => {
      // Each answer costs 100 s until the listener gives it up, and 10 s until it asks again.
      const moments = pairs(["requeued", "failed"] as const, pairs([1, 2, 4], [1, 30, 95, 109]));
      const graces = await each(moments, {}, async (harness, [acknowledgedJobs, [lost, after]]) => {
        const { environment, pool } = harness;
        environment.github.options.acknowledgedJobs = acknowledgedJobs;
        environment.github.faults.add({ kind: "lost", route: /acquirejob$/, times: lost });
        const busy = await harness.busy({ seconds: 30 });
        await environment.run(after);
        await pool.terminate(busy.instance);
        // While it waits for an answer the listener does not poll, so the sweep may report an instance that stopped responding.
        await harness.ended(busy.job, 110 * lost + 60);
        assert.equal(harness.state(busy.job), "succeeded");
        await harness.gone(busy.instance, 60);
        await harness.cleared();
        return harness.secondsAfterJob(busy.instance, busy.job);
      });
      see(`1, 2 or 4 answers lost, scale-in 1 to 109 s after the first: ${kept(graces)}`);
    },
  );

  fault(
    {
      fault: "busy flag false on a busy runner",
      expected: "nothing is stopped, terminated or removed because of it",
      where: "simulated",
    },
    async (see) => {
      const ways: [string, (harness: Harness) => void][] = [
        ["wrong", (harness) => void (harness.environment.github.options.busyOverride = () => false)],
        ["a minute late", (harness) => void (harness.environment.github.options.busyLagMs = 60_000)],
        ["ten minutes late", (harness) => void (harness.environment.github.options.busyLagMs = 600_000)],
      ];
      const graces = await each(pairs(ways, [30, 1800, 3 * HOUR]), {}, async (harness, [[, mislead], seconds]) => {
        mislead(harness);
        const busy = await harness.busy({ seconds });
        // The worst case for a drain: heartbeats fail, the instance is retained, and the sweep decides by GitHub's busy flag.
        harness.environment.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttled() });
        await harness.pool.terminate(busy.instance);
        // The flag's ten minutes, and then the 15 minutes of silence that the sweep asks for, each until its next run.
        return harness.keepsPromise(busy, { jobWithin: seconds + 60, grace: 45 * MINUTE });
      });
      see(`${count(graces.length, "job")} of 30 s to 3 h succeeded, each in a drain that the sweep also evaluated`);
    },
  );

  fault(
    {
      fault: "busy flag true on an idle runner",
      expected: "the instance terminates as usual and its runner is removed: GitHub itself decides on the removal",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(pairs([true, false], every(60, 4)), {}, async (harness, [events, after]) => {
        harness.environment.github.options.busyOverride = () => true;
        if (!events) harness.environment.bus.settings.loss = 1;
        await harness.environment.run(after);
        const [instance] = harness.pool.ready() as [string];
        const begun = harness.environment.clock.now();
        await harness.pool.terminate(instance);
        await harness.gone(instance, 30);
        await harness.cleared();
        return Math.ceil((harness.environment.clock.now() - begun) / 1000);
      });
      const reported = seen.slice(0, 4);
      see(`${count(seen.length, "instance")} gone within 30 s`);
      see(`runners removed within ${highestOf(reported)} s, without events within ${Math.ceil(highestOf(seen) / 60)} min`);
    },
  );
});

function throttled() {
  return new AwsError("Throttling", "Rate exceeded", 400);
}
