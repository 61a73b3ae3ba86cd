import assert from "node:assert/strict";
import { Random } from "../../../../rehearsal/random";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { planJobs } from "../../../../rehearsal/scenarios/actions-runner-pool/job-plan";

describe("the job plan of a rehearsal", () => {
  const options = parseOptions([]);
  assert.ok(options);

  it("distributes all jobs over the phases and keeps one to run during destroy", () => {
    const plan = planJobs(options, new Random(1));
    const all = [...plan.scaleIns.flatMap(({ jobs }) => jobs), ...plan.underChange, ...plan.last];
    assert.equal(new Set(all.map((job) => job.name)).size, options.jobs);
    assert.equal(plan.last[0]?.seconds, options.jobSeconds.max);
    assert.ok(all.every((job) => job.seconds >= options.jobSeconds.min && job.seconds <= options.jobSeconds.max));
  });

  it("adds the demand's jobs to those of --jobs, or the other phases would have none left", () => {
    const { demand, ...others } = planJobs({ ...options, jobs: 3 }, new Random(1));
    const counted = [...others.scaleIns.flatMap(({ jobs }) => jobs), ...others.underChange, ...others.last];
    assert.equal(counted.length, 3);
    const names = [...counted, ...Object.values(demand)].map(({ name }) => name);
    assert.equal(new Set(names).size, 3 + 4, "deliveries fail by the name of their job");
    assert.ok(Object.values(demand).every(({ seconds }) => seconds >= options.jobSeconds.min && seconds <= options.jobSeconds.max));
  });

  it("is the same for the same seed and differs for another seed", () => {
    const plan = (seed: number) => JSON.stringify(planJobs(options, new Random(seed)));
    assert.equal(plan(7), plan(7));
    assert.notEqual(plan(7), plan(8));
  });

  it("directs two of the default scale-ins at a busy instance", () => {
    const { scaleIns } = planJobs(options, new Random(1));
    assert.equal(scaleIns.filter(({ kind }) => kind === "terminate").length, 2);
  });

  it("has jobs for each of the default scale-ins, or a slow machine would scale in an idle pool", () => {
    const { scaleIns } = planJobs(options, new Random(1));
    assert.deepEqual(
      scaleIns.map(({ jobs }) => jobs.length),
      [3, 3, 3],
    );
  });

  it("runs all jobs also without a scale-in", () => {
    const { scaleIns, underChange, last } = planJobs({ ...options, scaleIns: 0 }, new Random(1));
    assert.deepEqual([scaleIns.length, underChange.length + last.length], [0, options.jobs]);
  });
});
