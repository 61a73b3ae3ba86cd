import assert from "node:assert/strict";
import { UsageError } from "../../cli/options";
import { HELP, parseOptions } from "../../rehearsal/rehearsal-options";

describe("rehearsal options", () => {
  it("have the documented defaults", () => {
    const options = parseOptions([]);
    assert.ok(options);
    assert.deepEqual(
      [options.stack, options.hosts, options.instances, options.jobs, options.scaleIns, options.outage, options.seed, options.drain],
      ["dev", "auto", 3, 12, 3, 120, 1, true],
    );
    assert.deepEqual([options.scenario, options.lease], ["pool", true]);
    assert.deepEqual(options.jobSeconds, { min: 5, max: 25 });
  });

  it("are all documented in --help", () => {
    const flags = [
      ..."scenario stack hosts instances jobs job-seconds scale-ins outage seed drain lease runner-dir json report keep".split(" "),
    ];
    for (const flag of flags) assert.match(HELP, new RegExp(`--${flag}\\b`));
    assert.equal(parseOptions(["--help"]), undefined);
  });

  const wrong: [string[], RegExp][] = [
    [["--hosts", "docker"], /--hosts docker.*systemd, simulated or auto/],
    [["--jobs", "two"], /--jobs two.*whole number/],
    [["--jobs", "1"], /--jobs 1.*at least 3/],
    [["--job-seconds", "9-3"], /--job-seconds 9-3.*smaller first/],
    [["--outage", "2m"], /--outage 2m.*whole number/],
    [["--scenario", "cluster"], /--scenario cluster.*pool or persistent/],
    [["--lease", "maybe"], /--lease maybe.*on or off/],
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
