import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { checkDestroy, planDestroy } from "../../../../functions/actions-runner-pool/sweep/destroy-check";
import { NAMES } from "../../support/events";
import { RecordingObserver } from "../../support/observer";

describe("the check before a pool is deleted", () => {
  const settings = { names: NAMES, maxDrainSeconds: () => 3600 };
  const group = (states: LifecycleState[], suspended: string[] = [], busy: string[] = []) => ({
    members: async () => states.map((lifecycleState, n) => ({ instanceId: `i-${n}`, lifecycleState })),
    suspendedProcesses: async () => suspended,
    protectedInstances: async () => busy,
  });
  const check = (states: LifecycleState[], suspended: string[] = []) =>
    checkDestroy(group(states, suspended), settings, new RecordingObserver());

  it("refuses a deletion that would wait in silence for an instance in standby, and says how to go on", async () => {
    await assert.rejects(check(["InService", "Standby", "EnteringStandby"]), ({ message }: Error) => {
      assert.match(message, /^The group ci-dev was not deleted, .*: i-1 and i-2 in Standby\./);
      assert.ok(message.includes("aws autoscaling exit-standby --auto-scaling-group-name ci-dev --instance-ids i-1 i-2"), message);
      assert.ok(
        message.includes(
          "aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id i-1",
        ),
        message,
      );
      return true;
    });
  });

  it("refuses a deletion that would wait for ever for a retained instance, and says how to end it without losing its job", async () => {
    await assert.rejects(check(["InService", "Terminating:Retained", "Terminating:Retained"]), ({ message }: Error) => {
      assert.match(message, /: i-1 and i-2 retained, perhaps with a running job\. Once GitHub shows no job .*, end it: aws autoscaling /);
      assert.ok(
        message.includes("terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id i-1"),
        message,
      );
      return true;
    });
  });

  it("names the one call that ends a retained member of the warm pool, because Auto Scaling refuses its own", async () => {
    await assert.rejects(check(["Warmed:Terminating:Retained", "Standby", "Warmed:Pending:Retained"]), ({ message }: Error) => {
      assert.match(message, /i-0 and i-2 retained in the warm pool\. Once .* no job .*: aws ec2 terminate-instances --instance-ids i-0\./);
      assert.ok(message.includes("i-1 in Standby"), message);
      return true;
    });
  });

  it("refuses a deletion while the process Terminate is suspended, and names both obstacles if there are two", async () => {
    const resume = "aws autoscaling resume-processes --auto-scaling-group-name ci-dev --scaling-processes Terminate";
    await assert.rejects(check(["InService"], ["AZRebalance", "Terminate"]), ({ message }: Error) => message.includes(resume));
    await assert.rejects(check(["Standby"], ["Terminate"]), ({ message }: Error) => /Standby/.test(message) && message.includes(resume));
  });

  it("never refuses a deletion that ends by itself: busy, terminating and warm instances drain", async () => {
    await check(
      ["InService", "Pending:Wait", "Terminating:Wait", "Terminating:Proceed", "Warmed:Stopped", "Warmed:Terminating:Wait"],
      ["Launch", "ReplaceUnhealthy"],
    );
    await check([]);
  });

  it("never blocks a deletion because AWS does not answer", async () => {
    const observer = new RecordingObserver();
    const members = async () => Promise.reject(new Error("Rate exceeded"));
    await checkDestroy({ ...group([]), members }, settings, observer);
    assert.ok(observer.lines.some(({ level }) => level === "warn"));
  });

  it("neither blocks a deletion because its own settings are damaged, nor then hides what would hold it up", async () => {
    const maxDrainSeconds = () => assert.fail("MAX_DRAIN_SECONDS is not set");
    const damaged = { names: NAMES, maxDrainSeconds };
    await checkDestroy(group(["InService"]), damaged, new RecordingObserver());
    await assert.rejects(checkDestroy(group(["Standby"]), damaged, new RecordingObserver()), /i-0 in Standby/);
  });

  it("logs how many jobs the deletion waits for and for how long at most, because Pulumi shows nothing of it", async () => {
    const observer = new RecordingObserver();
    await checkDestroy(group(["InService", "InService", "Terminating:Wait"], [], ["i-0"]), settings, observer);
    const [line] = observer.lines;
    assert.deepEqual(line?.fields, { instances: 3, busy: 1, draining: 1, longestWaitSeconds: 3900 });
  });

  it("tells an operator the same beforehand, with what would refuse the deletion", async () => {
    const states: LifecycleState[] = ["InService", "InService", "Terminating:Wait", "Standby", "Warmed:Stopped"];
    const { obstacles, ...waits } = await planDestroy(group(states, [], ["i-1", "i-3"]), settings);
    assert.deepEqual(waits, { instances: 5, busy: 1, draining: 1, longestWaitSeconds: 3900 });
    assert.match(obstacles.join(), /^i-3 in Standby\. Put it back: aws autoscaling exit-standby/);
    assert.equal(obstacles.length, 1);
    assert.equal((await planDestroy(group(["InService", "Warmed:Stopped"]), settings)).longestWaitSeconds, 0);
  });
});
