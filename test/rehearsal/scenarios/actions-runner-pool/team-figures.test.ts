import assert from "node:assert/strict";
import { LOG } from "../../../../contract/actions-runner-pool/host";
import { hostLogFigures, proxyFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/team-figures";
import { poolSummary } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-summary";
import type { TimelineEvent } from "../../../../rehearsal/timeline";
import { drained, measured } from "./measured";

const drainEnded = (instance: string): TimelineEvent => ({ at: 1, kind: "host-log", instance, message: LOG.drainEnded, fields: {} });
const line = (message: string) => JSON.stringify({ source: "runner-agent.service", log: { message } });

describe("the figures of a team's machines", () => {
  it("count a drained instance whose log was cut off before the end of its drain, which would be the part that is needed", () => {
    const streams = new Map([
      ["i-1", [line(LOG.drainBegun), line(LOG.drainEnded)]],
      ["i-2", [line(LOG.drainBegun)]],
      ["i-3", [line("registered")]],
    ]);
    const hostLogs = hostLogFigures([drainEnded("i-1"), drainEnded("i-2"), drainEnded("i-4")], streams);
    assert.deepEqual(hostLogs, { instances: 3, drained: 3, complete: 1 });
    assert.deepEqual(measured(drained(), { team: { hostLogs } }).failures, ["the logs of 2 of 3 drained instances end before their drain"]);
  });

  it("fail a run in which nothing was delivered, went by the proxy or could be seen: silence is not success", () => {
    const team = { hostLogs: hostLogFigures([], new Map()), proxied: proxyFigures([], false), containers: { checked: 0, left: [] } };
    assert.deepEqual(measured(drained(), { team }).failures, [
      "no instance delivered its logs",
      "nothing went by the proxy",
      "no machine could be asked for containers after a job",
    ]);
  });

  it("name what the proxy must never be asked for: the metadata, and AWS by the pool's own programs", () => {
    const targets = [
      "github.com:443",
      "github.com:443",
      "169.254.169.254:80",
      "[fd00:ec2::254]:80",
      "autoscaling.us-east-1.amazonaws.com:443",
    ];
    const proxied = proxyFigures(targets, false);
    assert.deepEqual(proxied.astray, ["169.254.169.254", "[fd00:ec2::254]", "autoscaling.us-east-1.amazonaws.com"]);
    assert.match(measured(drained(), { team: { proxied } }).failures.join(), /^the proxy was asked for 169\.254\.169\.254, /);
    assert.deepEqual(proxyFigures(targets, true).astray, ["169.254.169.254", "[fd00:ec2::254]"], "with awsByProxy AWS is asked for, too");
  });

  it("fail a run that left a container after its job, and say of which", () => {
    const figures = measured(drained(), { team: { containers: { checked: 3, left: ["job-01 on i-1"] } } });
    assert.deepEqual(figures.failures, ["containers outlived their jobs: job-01 on i-1"]);
    assert.match(poolSummary(figures), /^containers +1 outlived their jobs, asked after 3$/m);
  });

  it("are absent for a stack without the options, whose table stays as it was", () => {
    const figures = measured(drained());
    assert.doesNotMatch(JSON.stringify(figures), /hostLogs|proxied|"containers"/);
    assert.doesNotMatch(poolSummary(figures), /proxy|host logs|containers/);
  });
});
