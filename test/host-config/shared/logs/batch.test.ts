import assert from "node:assert/strict";
import { batches, sizeOf } from "../../../../host-config/shared/logs/batch";
import { LONGEST_EVENT, stampOf, textOf } from "../../../../host-config/shared/logs/event";
import { put, type Stream } from "../../../../rehearsal/aws/logs/streams";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const event = (time: number, text = "x") => ({ time, text });

/** The stand-in refuses what CloudWatch Logs refuses, and drops what it drops. */
function accepted(all: readonly { time: number; text: string }[]): number {
  const stream: Stream = { name: "s", createdAt: NOW, events: [] };
  for (const batch of batches(all, NOW)) {
    const rejected = put(
      stream,
      batch.map(({ time, text }) => ({ timestamp: time, message: text })),
      NOW,
      0,
    );
    assert.equal(rejected, undefined);
  }
  return stream.events.length;
}

describe("batches of log events", () => {
  it("hold no more events than a call takes, and lose none", () => {
    const many = Array.from({ length: 25_001 }, (_, n) => event(NOW + n));
    assert.deepEqual(
      batches(many, NOW).map(({ length }) => length),
      [10_000, 10_000, 5_001],
    );
    assert.equal(accepted(many), 25_001);
  });

  it("hold no more bytes than a call takes, which counts 26 for each event and bytes instead of characters", () => {
    const text = "é".repeat(LONGEST_EVENT / 2 - 13);
    assert.equal(sizeOf(event(0, text)), LONGEST_EVENT);
    const exact = Array.from({ length: 17 }, () => event(NOW, text));
    assert.deepEqual(
      batches(exact, NOW).map(({ length }) => length),
      [16, 1],
    );
    assert.equal(accepted(exact), 17);
  });

  it("are in order of time, as a call must be, and keep the order of events of one time", () => {
    const [batch] = batches([event(NOW + 1, "c"), event(NOW, "a"), event(NOW, "b")], NOW);
    assert.deepEqual(
      batch!.map(({ text }) => text),
      ["a", "b", "c"],
    );
  });

  it("span less than a day, as those after a long outage may not", () => {
    const days = [0, DAY - 1, DAY, 3 * DAY].map((ago) => event(NOW - ago));
    assert.equal(accepted(days), 4);
    assert.equal(batches(days, NOW).length, 3);
  });

  it("have no time that CloudWatch Logs would drop, as a clock that was set gives it", () => {
    const wrong = [0, NOW - 14 * DAY - 1, NOW - 13 * DAY, NOW + 3 * HOUR].map((time) => event(time));
    assert.equal(accepted(wrong), 4);
  });
});

describe("the text of a log event", () => {
  it("embeds a structured line of root's programs only: a job's never looks like one of the agent's", () => {
    const message = '{"message":"job started"}';
    assert.deepEqual(JSON.parse(textOf({ source: "runner-agent.service", uid: 0, message })), {
      source: "runner-agent.service",
      log: { message: "job started" },
    });
    for (const line of [{ uid: 1001 }, { file: "Worker_1.log" }, {}])
      assert.deepEqual(JSON.parse(textOf({ source: "s", ...line, message })), { source: "s", ...line, message });
    for (const odd of ["{", "[1]", '"{}"', "null", "{} {}"])
      assert.equal(JSON.parse(textOf({ source: "s", uid: 0, message: odd })).message, odd);
  });

  it("is cut at 64 KiB, whatever its characters take, and stays one JSON object", () => {
    for (const character of ["a", "é", "\u0001", "😀", '"']) {
      const text = textOf({ source: "s", uid: 0, message: character.repeat(100_000) });
      assert.ok(Buffer.byteLength(text) <= LONGEST_EVENT && Buffer.byteLength(text) > LONGEST_EVENT / 2, `${text.length}`);
      assert.match(JSON.parse(text).message, / … \(cut\)$/);
    }
    const structured = textOf({ source: "s", uid: 0, message: JSON.stringify({ message: "a".repeat(100_000) }) });
    assert.ok(Buffer.byteLength(structured) <= LONGEST_EVENT && JSON.parse(structured).message.startsWith('{"message"'));
  });

  it("has the runner's own time, unless a job has made it up", () => {
    const at = (time: string) => Date.parse(time);
    assert.equal(stampOf("2026-11-29 11:59:00Z: Listening for Jobs", NOW), at("2026-11-29T11:59:00Z"));
    assert.equal(stampOf("[2026-11-29 11:59:00Z INFO Worker] x", NOW), at("2026-11-29T11:59:00Z"));
    for (const line of ["2026-11-29 10:00:00Z: x", "2026-11-29 12:02:00Z: x", "2026-13-29 11:00:00Z: x", "x 2026-11-29 11:59:00Z: x"])
      assert.equal(stampOf(line, NOW), undefined, line);
  });
});
