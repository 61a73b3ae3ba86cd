import assert from "node:assert/strict";
import { UsageError } from "../../cli/options";
import { HELP, parseOptions } from "../../rehearsal/rehearsal-options";
import { Random } from "../../rehearsal/random";
import { planJobs } from "../../rehearsal/scenarios/actions-runner-pool/job-plan";

describe("the options of a rehearsal", () => {
  it("have the documented defaults", () => {
    const options = parseOptions([]);
    assert.ok(options);
    assert.deepEqual(
      [options.stack, options.hosts, options.instances, options.jobs, options.scaleIns, options.seed, options.drain],
      ["dev", "auto", 3, 12, 3, 1, true],
    );
    assert.deepEqual(options.jobSeconds, { min: 5, max: 25 });
  });

  it("are each documented in --help", () => {
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
    it(`refuse ${argv.join(" ")} with the flag, the value and what would do`, () => {
      assert.throws(
        () => parseOptions(argv),
        (error) => error instanceof UsageError && text.test(error.message),
      );
    });
  }
});

describe("the plan of a rehearsal", () => {
  const options = parseOptions([]);
  assert.ok(options);

  it("shares all jobs out among the phases and keeps one for destroy to meet", () => {
    const plan = planJobs(options, new Random(1));
    const all = [...plan.underScaleIn, ...plan.underChange, ...plan.last];
    assert.equal(new Set(all.map((job) => job.name)).size, options.jobs);
    assert.equal(plan.last[0]?.seconds, options.jobSeconds.max);
    assert.ok(all.every((job) => job.seconds >= options.jobSeconds.min && job.seconds <= options.jobSeconds.max));
  });

  it("is the same for the same seed and another for another", () => {
    const plan = (seed: number) => JSON.stringify(planJobs(options, new Random(seed)));
    assert.equal(plan(7), plan(7));
    assert.notEqual(plan(7), plan(8));
  });

  it("aims at least two of the default scale-ins at an instance that is surely busy", () => {
    const acts = planJobs(options, new Random(1)).scaleIns;
    assert.equal(acts.filter((act) => act === "terminate").length, 2);
  });
});
