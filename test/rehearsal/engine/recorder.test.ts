import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { Recorder, type Step } from "../../../rehearsal/engine/result";

const URN = "urn:pulumi:dev::p::aws:sqs/queue:Queue::letters";

function metadata(op: string, was: number, is: number) {
  const state = (seconds: number) => ({
    type: "",
    urn: URN,
    custom: true,
    id: "",
    parent: "",
    inputs: {},
    provider: "",
    outputs: { seconds },
  });
  return {
    op,
    urn: URN,
    type: "aws:sqs/queue:Queue",
    old: state(was),
    new: state(is),
    diffs: ["seconds"],
    provider: "",
    keys: [],
    logical: true,
  };
}

/** The engine's events about one queue that has drifted, in order. */
function events(): EngineEvent[] {
  const all: Partial<EngineEvent>[] = [
    { resourcePreEvent: { metadata: metadata("update", 60, 90) } as EngineEvent["resourcePreEvent"] },
    { diagnosticEvent: { urn: URN, message: "check this", severity: "warning", color: "never" } },
    { resOutputsEvent: { metadata: metadata("refresh", 60, 90) } as EngineEvent["resOutputsEvent"] },
    { summaryEvent: { maybeCorrupt: false, durationSeconds: 3, resourceChanges: { update: 1, same: 4 }, policyPacks: {} } },
  ];
  return all.map((event, sequence) => ({ sequence, timestamp: 0, ...event }) as EngineEvent);
}

function record(list: EngineEvent[]) {
  const reported: Step[] = [];
  const recorder = new Recorder((step) => reported.push(step));
  list.forEach(recorder.add);
  const { changes, diagnostics, drift, steps } = recorder;
  return { changes, diagnostics, drift, steps: [...steps.values()], reported };
}

describe("the record of an operation", () => {
  it("separates the changes, the drift and the diagnostics of one resource", () => {
    const { reported, steps, drift, diagnostics } = record(events());
    assert.deepEqual(reported, steps);
    assert.deepEqual(
      steps.map(({ op, name, properties }) => [op, name, properties]),
      [["update", "letters", ["seconds"]]],
    );
    assert.deepEqual(
      drift.map(({ name, gone, properties }) => [name, gone, properties]),
      [["letters", false, { seconds: { was: 60, is: 90 } }]],
    );
    assert.deepEqual(diagnostics, [{ severity: "warning", message: "check this", resource: "letters" }]);
  });

  it("takes the counts from the engine, not from the events received", () => {
    assert.deepEqual(record(events()).changes, { update: 1, same: 4 });
    assert.deepEqual(record(events().slice(3)).changes, { update: 1, same: 4 });
  });

  it("does not treat a missing summary as no changes", () => {
    assert.equal(record(events().slice(0, 3)).changes, undefined);
  });
});
