import assert from "node:assert/strict";
import { UsageError } from "../../cli/options";
import { HELP, parseOptions } from "../../rehearsal/rehearsal-options";
import { Random } from "../../rehearsal/random";
import { planJobs } from "../../rehearsal/scenarios/actions-runner-pool/job-plan";

describe("rehearsal options", () => {
  it("have the documented defaults", () => {
    const options = parseOptions([]);
    assert.ok(options);
    assert.deepEqual(
      [options.stack, options.hosts, options.instances, options.jobs, options.scaleIns, options.seed, options.drain],
      ["dev", "auto", 3, 12, 3, 1, true],
    );
    assert.deepEqual(options.jobSeconds, { min: 5, max: 25 });
  });

  it("are all documented in --help", () => {
    const flags = [..."stack hosts instances jobs job-seconds scale-ins seed drain runner-dir json report keep".split(" ")];
    for (const flag of flags) assert.match(HELP, new RegExp(`--${flag}\\b`));
    assert.equal(parseOptions(["--help"]), undefined);
  });

  const wrong: [string[], RegExp][] = [
    [["--hosts", "docker"], /--hosts docker.*systemd, simulated or auto/],
    [["--jobs", "two"], /--jobs two.*whole number/],
    [["--jobs", "1"], /--jobs 1.*at least 3/],
    [["--job-seconds", "9-3"], /--job-seconds 9-3.*smaller first/],
    [["--drain", "maybe"], /--drain maybe.*on or off/],
    [["--report", "x.txt"], /--report x.txt.*\.html/],
    [["--speed", "1"], /--speed/],
    [["extra"], /extra/],
  ];
  for (const [argv, text] of wrong) {
    it(`reject ${argv.join(" ")} with an error that names the flag, the value and the remedy`, () => {
      assert.throws(
        () => parseOptions(argv),
        (error) => error instanceof UsageError && text.test(error.message),
      );
    });
  }
});

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
