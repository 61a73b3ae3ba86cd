import assert from "node:assert/strict";
import { LOG } from "../../../../contract/actions-runner-pool/host";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { deregister } from "../../../../functions/actions-runner-pool/deregister/deregister";
import type { DeregisterPorts } from "../../../../functions/actions-runner-pool/deregister/ports";
import type { Runner } from "../../../../functions/shared/github/runners";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { INSTANCE, NAMES, TOKEN, launchEvent, terminateEvent, terminatedEvent } from "../../support/events";
import { RecordingObserver } from "../../support/observer";

const RUNNER: Runner = { id: 7, name: INSTANCE, online: true, busy: true, labels: ["pool"] };
const IDLE: Runner = { ...RUNNER, online: false, busy: false };
const never = () => new Promise<never>(() => {});

describe("deregister function", () => {
  let observer: RecordingObserver;
  /** Every call to AWS and GitHub, in order. */
  let acts: string[];
  let gitHub: ReturnType<DeregisterPorts["gitHub"]>;
  let ports: DeregisterPorts;
  /** Whether the host is powered off. */
  let off: boolean;
  const act = <T>(what: string, result: T): T => {
    acts.push(what);
    return result;
  };

  beforeEach(() => {
    observer = new RecordingObserver();
    acts = [];
    off = true;
    gitHub = {
      fetchRemainingQuota: async () => 1,
      remainingQuota: () => 1,
      find: async (name) => act(`find ${name}`, RUNNER),
      removeCustomLabels: async (id) => act(`cordon ${id}`, "removed"),
      setCustomLabels: async (id, labels) => act(`label ${id} ${labels.map((label) => label.replace(/\d+/, "TIME"))}`, "set"),
      remove: async (id) => act(`remove ${id}`, "deleted"),
    };
    ports = {
      sendStop: async (document, instance) => act(`stop ${document} ${instance}`, "sent"),
      lifecycleStates: async ([instance]) => act("describe", new Map([[instance ?? "", "Terminating:Wait"]])),
      isOff: async () => off,
      continueAction: async ({ group, hook, instanceId, token }) => act(`continue ${group} ${hook} ${instanceId} ${token}`, "continued"),
      deleteSecret: async (name) => act(`delete secret ${name}`, undefined),
      gitHub: () => act("GitHub credentials", gitHub),
      hostLogs: undefined,
      clock: systemClock,
    };
  });

  const run = (event: unknown) => deregister(event, ports, { names: NAMES, spreadMs: 1, cordonMs: 20, removalMs: 20 }, observer);
  const STOP = `stop ${NAMES.stopDocument} ${INSTANCE}`;
  const CONTINUE = `continue ${NAMES.group} ${NAMES.terminateHook} ${INSTANCE} ${TOKEN}`;

  describe("when an instance in service is terminating", () => {
    it("sends the stop before any access to GitHub, including its credentials", async () => {
      await run(terminateEvent());
      assert.deepEqual(acts, [STOP, "GitHub credentials", `find ${INSTANCE}`, "cordon 7"]);
    });

    it("skips the cordon when half of GitHub's hourly quota is spent, so that a mass scale-in does not starve launches", async () => {
      ports.gitHub = () => ({ ...gitHub, fetchRemainingQuota: async () => 0.49 });
      await run(terminateEvent());
      assert.deepEqual(acts, [STOP]);
    });

    it("skips the cordon when others have spent half of the quota during its lookup, as hundreds do in a mass scale-in", async () => {
      gitHub.remainingQuota = () => 0.49;
      await run(terminateEvent());
      assert.deepEqual(acts, [STOP, "GitHub credentials", `find ${INSTANCE}`]);
    });

    it("never completes the action and never removes the runner, because only the host knows whether a job runs", async () => {
      for (const outcome of ["sent", "unreachable"] as const) {
        ports.sendStop = async () => outcome;
        await run(terminateEvent());
      }
      assert.ok(!acts.some((act) => act.startsWith("continue") || act.startsWith("remove")), acts.join("\n"));
    });

    const outages: [string, () => void][] = [
      ["hangs", () => (gitHub.find = never)],
      ["fails", () => (gitHub.find = async () => Promise.reject(new Error("GitHub is down")))],
      [
        "is not configured",
        () =>
          (ports.gitHub = () => {
            throw new Error("GITHUB_API_URL is not set");
          }),
      ],
      ["does not know the runner", () => (gitHub.find = async () => undefined)],
    ];
    for (const [what, breakGitHub] of outages) {
      it(`sends the stop and succeeds even if GitHub ${what}`, async () => {
        breakGitHub();
        await run(terminateEvent());
        assert.equal(acts[0], STOP);
        assert.deepEqual(observer.counts, {});
      });
    }

    it("cordons even if the stop failed, then throws so that Lambda retries the stop", async () => {
      ports.sendStop = async () => Promise.reject(new Error("ThrottlingException: Rate exceeded"));
      await assert.rejects(run(terminateEvent()), /Rate exceeded/);
      assert.ok(acts.includes("cordon 7"));
      assert.deepEqual(observer.counts, { StopFailures: 1 });
    });

    it("throws the error of the failed stop even if GitHub hangs too", async () => {
      ports.sendStop = async () => Promise.reject(new Error("SSM is down"));
      gitHub.find = never;
      await assert.rejects(run(terminateEvent()), /SSM is down/);
    });

    it("does not retry the stop of a host that Systems Manager does not know: it drains by itself or is dead", async () => {
      ports.sendStop = async () => "unreachable";
      await run(terminateEvent());
      assert.deepEqual(observer.counts, { StopFailures: 1 });
      assert.ok(acts.includes("cordon 7"));
    });

    it("sends the stop again for a duplicate event, without an error", async () => {
      await run(terminateEvent());
      await run(terminateEvent());
      assert.equal(acts.filter((act) => act === STOP).length, 2);
    });
  });

  describe("when an event claims a trim of the warm pool", () => {
    it("completes nothing for a host in service: only the host knows whether a job runs", async () => {
      await run(terminateEvent({ Origin: "WarmPool" }));
      assert.ok(!acts.includes(CONTINUE));
      assert.ok(acts.includes(STOP), "its drain starts as after any other termination");
    });
  });

  describe("when a pooled instance is trimmed", () => {
    beforeEach(() => (ports.lifecycleStates = async () => new Map([[INSTANCE, "Warmed:Terminating:Wait"]])));

    it("completes the action at once, because a host that is off cannot", async () => {
      await run(terminateEvent({ Origin: "WarmPool" }));
      assert.deepEqual(acts, [CONTINUE]);
    });

    it("recognizes the trim by the instance's state when the event omits the origin", async () => {
      await run(terminateEvent({ Origin: undefined }));
      assert.deepEqual(acts, [CONTINUE]);
    });

    it("recognizes the trim when the event names another origin and Systems Manager cannot reach the host", async () => {
      ports.sendStop = async () => "unreachable";
      await run(terminateEvent({ Origin: "AutoScalingGroup" }));
      assert.deepEqual(acts, [CONTINUE]);
    });

    it("treats an instance whose state is unknown as in service", async () => {
      ports.lifecycleStates = async () => Promise.reject(new Error("throttled"));
      await run(terminateEvent({ Origin: undefined }));
      assert.equal(acts[0], STOP);
      assert.ok(!acts.includes(CONTINUE));
    });

    it("completes nothing while the host is on: it may run a job, if it was returning from service when its pool was deleted", async () => {
      off = false;
      await run(terminateEvent({ Origin: "WarmPool" }));
      assert.ok(!acts.includes(CONTINUE), acts.join("\n"));
      assert.equal(acts[0], STOP, "its drain starts as after any other termination");
    });

    it("treats a host whose power state is unknown as on", async () => {
      ports.isOff = async () => Promise.reject(new Error("RequestLimitExceeded"));
      await run(terminateEvent({ Origin: "WarmPool" }));
      assert.ok(!acts.includes(CONTINUE));
    });

    it("throws when the completion failed, so that Lambda retries it", async () => {
      ports.continueAction = async () => Promise.reject(new Error("ResourceContention"));
      await assert.rejects(run(terminateEvent({ Origin: "WarmPool" })), /ResourceContention/);
    });
  });

  describe("when an instance returns to the warm pool", () => {
    const returning = () => run(terminateEvent({ Destination: "WarmPool" }));
    const inState = (state: LifecycleState) => (ports.lifecycleStates = async () => new Map([[INSTANCE, state]]));

    it("cordons its runner, but neither stops nor completes anything: a stop may arrive when it is in service again", async () => {
      inState("Warmed:Pending:Wait");
      await returning();
      assert.deepEqual(acts, ["GitHub credentials", `find ${INSTANCE}`, "cordon 7"]);
    });

    for (const state of ["Warmed:Stopped", "Pending:Wait", "InService"] as const) {
      it(`leaves the labels to an instance that is ${state} when its event arrives: they may be those of its next service`, async () => {
        inState(state);
        await returning();
        assert.deepEqual(acts, ["GitHub credentials", `find ${INSTANCE}`]);
      });
    }
  });

  describe("when an instance has returned to the warm pool", () => {
    const states = (...all: LifecycleState[]) =>
      (ports.lifecycleStates = async () => new Map([[INSTANCE, all.length > 1 ? all.shift()! : all[0]!]]));

    for (const state of ["Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running"] as const) {
      it(`removes its runner once it is ${state}, and leaves the token of a next launch alone`, async () => {
        states(state);
        gitHub.find = async () => IDLE;
        await run(terminatedEvent());
        assert.deepEqual(
          acts.filter((act) => act !== "GitHub credentials"),
          ["remove 7"],
        );
      });
    }

    it("keeps the runner of an instance that was called into service meanwhile: it may be its new one", async () => {
      states("Warmed:Stopped", "Pending:Wait");
      gitHub.find = async () => IDLE;
      await run(terminatedEvent());
      assert.ok(!acts.includes("remove 7"));
    });

    for (const use of ["online", "busy"] as const) {
      it(`leaves a runner that GitHub shows as ${use} to the sweep, because its removal would cancel a job`, async () => {
        states("Warmed:Stopped");
        gitHub.find = async () => ({ ...IDLE, [use]: true });
        await run(terminatedEvent());
        assert.ok(!acts.includes("remove 7"));
      });
    }

    it("keeps the runner while the instance is still on its way, whatever the event says", async () => {
      states("Warmed:Pending:Wait");
      await run(terminatedEvent());
      assert.deepEqual(acts, []);
    });
  });

  describe("when an instance has terminated", () => {
    beforeEach(() => {
      ports.lifecycleStates = async () => {
        acts.push("describe");
        return new Map([[INSTANCE, "Terminated"]]);
      };
    });

    it("removes its runner and the token that its host never fetched", async () => {
      await run(terminatedEvent());
      assert.deepEqual(
        acts.filter((act) => act !== "GitHub credentials"),
        ["describe", `delete secret ${NAMES.secretPrefix}${INSTANCE}`, `find ${INSTANCE}`, "remove 7"],
      );
    });

    for (const state of ["Terminating:Retained", "Terminating:Wait", "InService", "Pending:Wait"] as const) {
      it(`keeps the runner and the token of an instance that is ${state}, whatever the event says, because it may have a job`, async () => {
        ports.lifecycleStates = async () => new Map([[INSTANCE, state]]);
        await run(terminatedEvent());
        assert.deepEqual(acts, []);
      });
    }

    it("removes the runner of an instance that Auto Scaling no longer lists", async () => {
      ports.lifecycleStates = async () => new Map();
      await run(terminatedEvent());
      assert.ok(acts.includes("remove 7"));
    });

    it("does not remove the runner while the instance's state is unknown, and throws so that Lambda retries", async () => {
      ports.lifecycleStates = async () => Promise.reject(new Error("Rate exceeded"));
      await assert.rejects(run(terminatedEvent()), /Rate exceeded/);
      assert.ok(!acts.includes("remove 7"));
    });

    it("reports an error when GitHub still counts a job on its runner, and takes its labels, so that a thief gets no further job", async () => {
      gitHub.remove = async () => "busy";
      await run(terminatedEvent());
      assert.match(observer.messages("error")[0] ?? "", /job is lost/);
      assert.deepEqual(observer.counts, { BusyAtTermination: 1 });
      assert.equal(acts.at(-1), `label 7 ci-runners-ended-TIME-${NAMES.group}`);
    });

    describe("of a pool that delivers its hosts' logs", () => {
      const started = JSON.stringify({ log: { message: LOG.jobStarted, repository: "o/r", run: 7, job: "build", url: "https://u" } });
      beforeEach(() => {
        ports.hostLogs = {
          async *pagesBackward(id, limit) {
            act(`read log of ${id}`, undefined);
            yield limit === 1 ? [started] : ["{}", started];
          },
          consoles: async (id) => act(`read console of ${id}`, ["ci-runners: bootstrap failed: no space left"]),
          write: async (id, _time, texts) => act(`write ${texts.length} to ${id}`, undefined),
        };
      });

      it("says of a lost job which run it was", async () => {
        gitHub.remove = async () => "busy";
        await run(terminatedEvent());
        const { repository, run: number, job, url } = observer.lines.find(({ level }) => level === "error")!.fields;
        assert.deepEqual([repository, number, job, url], ["o/r", "7", "build", "https://u"]);
      });

      it("copies the console of an instance without a log, last of all, and of no other", async () => {
        await run(terminatedEvent());
        assert.ok(!acts.some((what) => what.startsWith("write")));
        ports.hostLogs!.pagesBackward = async function* () {};
        acts.length = 0;
        await run(terminatedEvent());
        assert.deepEqual(acts.slice(-3), ["remove 7", `read console of ${INSTANCE}`, `write 1 to ${INSTANCE}`]);
      });

      it("neither fails nor retries because of logs: the runner is removed, and the loss is counted", async () => {
        for (const call of ["consoles", "write"] as const) ports.hostLogs![call] = async () => assert.fail("throttled");
        ports.hostLogs!.pagesBackward = () => assert.fail("throttled");
        gitHub.remove = async () => "busy";
        await run(terminatedEvent());
        assert.deepEqual(observer.counts, { BusyAtTermination: 1 });
        assert.equal(observer.messages("warn").length, 2);
      });

      it("reads no console of an instance that is terminating, or that is not gone", async () => {
        await run(terminateEvent());
        ports.lifecycleStates = async () => new Map([[INSTANCE, "Terminating:Retained"]]);
        await run(terminatedEvent());
        assert.ok(!acts.some((what) => /console|log of/.test(what)), acts.join());
      });
    });

    it("counts the lost job once, even if the labels cannot be removed: the sweep retries that", async () => {
      gitHub.remove = async () => "busy";
      gitHub.setCustomLabels = async () => Promise.reject(new Error("502"));
      await run(terminatedEvent());
      assert.deepEqual(observer.counts, { BusyAtTermination: 1 });
      assert.match(observer.messages("warn")[0] ?? "", /labels .* could not be removed/);
    });

    it("reports no error when the runner is already removed or was never registered", async () => {
      gitHub.remove = async () => "gone";
      await run(terminatedEvent());
      gitHub.find = async () => undefined;
      await run(terminatedEvent());
      assert.deepEqual(observer.messages("error"), []);
    });

    it("never reports a deleted token: a forced deletion succeeds without one, and hardly any instance leaves one", async () => {
      await run(terminatedEvent());
      assert.ok(acts.some((act) => act.startsWith("delete secret")));
      assert.deepEqual(
        observer.lines.map(({ message }) => message).filter((message) => /token|secret/.test(message)),
        [],
      );
    });

    it("removes the runner even if the secret cannot be deleted, then throws", async () => {
      ports.deleteSecret = async () => Promise.reject(new Error("Secrets Manager is down"));
      await assert.rejects(run(terminatedEvent()), /Secrets Manager is down/);
      assert.ok(acts.includes("remove 7"));
    });

    it("leaves the removal to the sweep when others have spent 60 % of the quota during its lookup, so that launches do not starve", async () => {
      for (const remaining of [0.4, 0.39]) {
        gitHub.remainingQuota = () => remaining;
        await run(terminatedEvent());
      }
      assert.deepEqual(
        acts.filter((act) => /^(find|remove)/.test(act)),
        [`find ${INSTANCE}`, "remove 7", `find ${INSTANCE}`],
      );
    });

    it("throws within its bound when GitHub hangs, so that Lambda retries the removal", async () => {
      gitHub.find = never;
      await assert.rejects(run(terminatedEvent()), /removing the runner took longer than 20 ms/);
    });

    it("does no harm when the terminating event arrives only after the termination", async () => {
      await run(terminatedEvent());
      ports.sendStop = async () => "unreachable";
      ports.lifecycleStates = async () => new Map();
      gitHub.find = async () => undefined;
      acts.length = 0;
      await run(terminateEvent());
      assert.ok(
        acts.every((act) => act === "GitHub credentials"),
        acts.join("\n"),
      );
    });
  });

  it("counts a malformed event, does nothing and does not throw, because a retry would not help", async () => {
    await run(terminateEvent({ EC2InstanceId: "i-*" }));
    assert.deepEqual(acts, []);
    assert.deepEqual(observer.counts, { MalformedEvents: 1 });
  });

  it("does nothing for events of other groups, hooks and types", async () => {
    await run(terminateEvent({ AutoScalingGroupName: "other" }));
    await run(terminateEvent({ LifecycleHookName: "other" }));
    await run(terminatedEvent({ AutoScalingGroupName: "other" }));
    await run(launchEvent());
    assert.deepEqual(acts, []);
  });
});
