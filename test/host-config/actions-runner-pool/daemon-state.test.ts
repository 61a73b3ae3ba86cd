import assert from "node:assert/strict";
import {
  initialState,
  signsObserved,
  targetObserved,
  unitObserved,
  repeatsUntil,
  type DaemonState,
} from "../../../host-config/actions-runner-pool/agent/daemon-state";
import { beginDrain, nextStep, wouldRepeat as drainWouldRepeat } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { INSTALLED, SERVED, START } from "./fake-host";

const STARTED = { active: "active", everStarted: true, mainAlive: true } as const;
const IDLE: Signs = { listener: 7, workers: 0, announced: "idle", announcedAt: START - 60_000 };
const BUSY: Signs = { listener: 7, workers: 1, announced: "busy", announcedAt: START };

/** In service, after two readings of the signs far enough apart for the instance to count as idle. */
function inService(signs: Signs, known: boolean): DaemonState {
  let state = unitObserved(targetObserved(initialState(), "InService"), STARTED);
  state = { ...state, protection: { ...state.protection, known } };
  for (const at of [START, START + 10_000]) state = signsObserved(state, signs, at);
  return state;
}

describe("a tick of the daemon that only repeats the last one", () => {
  it("occurs on an idle instance without protection and on a busy one with it", () => {
    assert.equal(repeatsUntil(inService(IDLE, false), STARTED, SERVED), Infinity);
    assert.equal(repeatsUntil(inService(BUSY, true), STARTED, SERVED), Infinity);
  });

  it("does not occur while the protection differs from the desired one, or a call for it is in progress", () => {
    assert.equal(repeatsUntil(inService(IDLE, true), STARTED, SERVED), undefined);
    assert.equal(repeatsUntil(inService(BUSY, false), STARTED, SERVED), undefined);
    const state = inService(BUSY, true);
    assert.equal(repeatsUntil({ ...state, protection: { ...state.protection, calling: true } }, STARTED, SERVED), undefined);
  });

  it("occurs until a protected instance has been idle for three seconds and its protection must be cleared", () => {
    let state = inService(BUSY, true);
    state = signsObserved(state, IDLE, START + 20_000);
    assert.equal(repeatsUntil(state, STARTED, SERVED), START + 23_000);
    assert.equal(signsObserved(state, IDLE, START + 22_999), state);
    assert.notEqual(signsObserved(state, IDLE, START + 23_000), state);
  });

  it("does not occur while a sign counts that expires with time", () => {
    const announced: Signs = { ...BUSY, workers: 0 };
    assert.equal(repeatsUntil(inService(announced, true), STARTED, SERVED), undefined);
    assert.equal(repeatsUntil(inService({ ...IDLE, messageAt: START }, true), STARTED, SERVED), undefined);
  });

  it("does not occur before the signs were read, or while the metadata does not answer", () => {
    const state = inService(IDLE, false);
    assert.equal(repeatsUntil({ ...state, inFlight: "not read yet" }, STARTED, SERVED), undefined);
    assert.equal(repeatsUntil({ ...state, metadataFailed: true }, STARTED, SERVED), undefined);
  });

  it("occurs on a terminating instance while the drain runs, but not while a completion is due later", () => {
    const state = targetObserved(inService(IDLE, false), "Terminated");
    assert.equal(repeatsUntil(state, { ...STARTED, active: "deactivating" }, SERVED), Infinity);
    const paused = { ...state, completeNotBefore: START + 1e9 };
    assert.equal(repeatsUntil(paused, { ...STARTED, active: "inactive" }, SERVED), undefined);
    assert.equal(repeatsUntil(state, STARTED, SERVED), undefined);
  });

  it("does not occur while a registration is paused or the lifecycle state is looked up", () => {
    const unit = { active: "inactive", everStarted: false, mainAlive: false } as const;
    const state = unitObserved(targetObserved(initialState(), "InService"), unit);
    assert.equal(repeatsUntil(state, unit, INSTALLED), undefined);
    assert.equal(repeatsUntil({ ...state, lifecycle: "Pending:Wait", registerNotBefore: START + 1e9 }, unit, INSTALLED), undefined);
    assert.equal(repeatsUntil(targetObserved(state, "Standby"), unit, INSTALLED), Infinity);
  });
});

describe("a reading of the drain that only repeats the last one", () => {
  function afterReading(signs: Signs) {
    let step = beginDrain(START, 3_600_000);
    // The first reading, the reading that starts the wait, the lowered fence, the pause, and the next reading.
    for (const answer of [signs, signs, true, undefined, signs]) step = nextStep(step.state, answer, START);
    assert.deepEqual(step.next, { ask: "sleep", ms: 250 });
    return step.state;
  }

  it("occurs while a worker runs with an open network", () => {
    assert.equal(drainWouldRepeat(afterReading(BUSY), START), true);
    assert.equal(drainWouldRepeat({ ...afterReading(BUSY), open: false }, START), false);
  });

  it("does not occur when only an announcement, or a worker seen earlier, keeps the drain waiting", () => {
    assert.equal(drainWouldRepeat(afterReading({ ...BUSY, workers: 0 }), START), false);
    assert.equal(drainWouldRepeat(afterReading(BUSY), START + 250), false);
  });
});
