import assert from "node:assert/strict";
import {
  initialState,
  signsObserved,
  targetObserved,
  unitObserved,
  wouldRepeat,
  type DaemonState,
} from "../../../host-config/actions-runner-pool/agent/daemon-state";
import { beginDrain, nextStep, wouldRepeat as drainWouldRepeat } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { START } from "./fake-host";

const STARTED = { active: "active", everStarted: true, mainAlive: true } as const;
const IDLE: Signs = { listener: 7, workers: 0, announced: "idle", announcedAt: START - 60_000 };
const BUSY: Signs = { listener: 7, workers: 1, announced: "busy", announcedAt: START };

/** In service, after two readings of the signs that lie far enough apart to count as idle. */
function inService(signs: Signs, known: boolean): DaemonState {
  let state = unitObserved(targetObserved(initialState(), "InService"), STARTED);
  state = { ...state, protection: { ...state.protection, known } };
  for (const at of [START, START + 10_000]) state = signsObserved(state, signs, at);
  return state;
}

describe("a tick of the daemon that would only repeat the last one", () => {
  it("is that of an idle instance without protection and of a busy one with it", () => {
    assert.equal(wouldRepeat(inService(IDLE, false), STARTED, true), true);
    assert.equal(wouldRepeat(inService(BUSY, true), STARTED, true), true);
  });

  it("is none where the protection is not as it should be, or a call for it is under way", () => {
    assert.equal(wouldRepeat(inService(IDLE, true), STARTED, true), false);
    assert.equal(wouldRepeat(inService(BUSY, false), STARTED, true), false);
    const state = inService(BUSY, true);
    assert.equal(wouldRepeat({ ...state, protection: { ...state.protection, calling: true } }, STARTED, true), false);
  });

  it("is none while a sign counts that time alone takes away", () => {
    const announced: Signs = { ...BUSY, workers: 0 };
    assert.equal(wouldRepeat(inService(announced, true), STARTED, true), false);
    assert.equal(wouldRepeat(inService({ ...IDLE, messageAt: START }, true), STARTED, true), false);
  });

  it("is none before the signs were read, or while the metadata is silent", () => {
    const state = inService(IDLE, false);
    assert.equal(wouldRepeat({ ...state, inFlight: "not read yet" }, STARTED, true), false);
    assert.equal(wouldRepeat({ ...state, metadataSilent: true }, STARTED, true), false);
  });

  it("is, on the way out, one that awaits the drain, but none that waits to ask for a completion again", () => {
    const state = targetObserved(inService(IDLE, false), "Terminated");
    assert.equal(wouldRepeat(state, { ...STARTED, active: "deactivating" }, true), true);
    const paused = { ...state, completeNotBefore: START + 1e9 };
    assert.equal(wouldRepeat(paused, { ...STARTED, active: "inactive" }, true), false);
    assert.equal(wouldRepeat(state, STARTED, true), false);
  });

  it("is none while a registration rests or a lifecycle state is looked up", () => {
    const unit = { active: "inactive", everStarted: false, mainAlive: false } as const;
    const state = unitObserved(targetObserved(initialState(), "InService"), unit);
    assert.equal(wouldRepeat(state, unit, false), false);
    assert.equal(wouldRepeat({ ...state, lifecycle: "Pending:Wait", registerNotBefore: START + 1e9 }, unit, false), false);
    assert.equal(wouldRepeat(targetObserved(state, "Standby"), unit, false), true);
  });
});

describe("a reading of the drain that would only repeat the last one", () => {
  function afterReading(signs: Signs) {
    let step = beginDrain(START, 3_600_000);
    // The first reading, the one that waits, the fence that is lowered, the pause, and the reading after it.
    for (const answer of [signs, signs, true, undefined, signs]) step = nextStep(step.state, answer, START);
    assert.deepEqual(step.next, { ask: "sleep", ms: 250 });
    return step.state;
  }

  it("is that of a worker whose network is open", () => {
    assert.equal(drainWouldRepeat(afterReading(BUSY), START), true);
    assert.equal(drainWouldRepeat({ ...afterReading(BUSY), open: false }, START), false);
  });

  it("is none where only an announcement keeps the drain waiting, or a worker that was seen earlier", () => {
    assert.equal(drainWouldRepeat(afterReading({ ...BUSY, workers: 0 }), START), false);
    assert.equal(drainWouldRepeat(afterReading(BUSY), START + 250), false);
  });
});
