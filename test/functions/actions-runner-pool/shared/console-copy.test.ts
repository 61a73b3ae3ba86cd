import assert from "node:assert/strict";
import { LOG } from "../../../../contract/actions-runner-pool/host";
import { type ConsoleCopyOptions, copyConsole, reasonOn } from "../../../../functions/actions-runner-pool/shared/console-copy";
import type { HostLogPorts } from "../../../../functions/actions-runner-pool/shared/host-logs";
import { SAY } from "../../../../host-config/shared/user-data";
import { RecordingObserver } from "../../support/observer";

const ID = "i-0123456789abcdef0";
const NOW = Date.parse("2026-11-29T12:00:00Z");
const FAILED = "[   12.3] cloud-init[412]: ci-runners: bootstrap failed: install.sh: no space left";

describe("the console of an instance that delivered no log", () => {
  let streams: Map<string, string[]>;
  let consoles: string[];
  let calls: string[];
  let observer: RecordingObserver;
  beforeEach(() => {
    [streams, consoles, calls, observer] = [new Map(), [], [], new RecordingObserver()];
  });
  const ports: HostLogPorts = {
    async *pagesBackward(id) {
      const texts = streams.get(id) ?? [];
      if (texts.length > 0) yield texts;
    },
    consoles: async (id) => (calls.push(id), consoles),
    write: async (id, _time, texts) => void streams.set(id, [...(streams.get(id) ?? []), ...texts]),
  };
  const copy = (changes: Partial<ConsoleCopyOptions> = {}) =>
    copyConsole(ID, { ports, clock: { now: () => NOW }, log: observer.log, complete: false, ...changes });
  const messages = () => streams.get(ID)?.map((text) => JSON.parse(text));

  it("is copied line by line, and its reason is reported", async () => {
    consoles = [`\u001b[0;1mLinux\u001b[0m 6.1\r\n\r\n${FAILED}\r\n`];
    assert.equal(await copy(), "copied");
    assert.deepEqual(messages(), [
      { source: "console", message: "Linux 6.1" },
      { source: "console", message: FAILED },
    ]);
    assert.deepEqual(
      observer.lines.map(({ level, message, fields }) => [level, message, fields.reason]),
      [["warn", "launch failed on its host", "install.sh: no space left"]],
    );
  });

  it("is copied once, and never among the lines of a host", async () => {
    consoles = [FAILED];
    await copy();
    assert.equal(await copy(), "has a log");
    streams.set(ID, ["a host's line"]);
    calls = [];
    assert.equal(await copy(), "has a log");
    assert.deepEqual([streams.get(ID), calls], [["a host's line"], []]);
  });

  it("is copied into the empty stream of a copy that was cut short", async () => {
    streams.set(ID, []);
    consoles = [FAILED];
    assert.equal(await copy(), "copied");
  });

  it("is left for later while it has no reason: EC2 has posted an earlier moment, or nothing yet", async () => {
    for (const early of [[], ["booting"]]) {
      consoles = early;
      assert.equal(await copy(), "no console yet");
    }
    assert.equal(streams.size, 0);
  });

  it("is copied without a reason in the end, the longest that EC2 has, as of a kernel that does not boot", async () => {
    consoles = ["Linux", "Linux\nKernel panic"];
    assert.equal(await copy({ complete: true }), "copied");
    assert.deepEqual(
      messages()!.map(({ message }) => message),
      ["Linux", "Kernel panic"],
    );
    assert.deepEqual(
      observer.lines.map(({ level }) => level),
      ["info"],
    );
  });

  it("has the reason that the user data writes, and the last one", () => {
    const [, prefix] = /echo "(ci-runners: )\$\*" >\/dev\/console/.exec(SAY)!;
    assert.equal(reasonOn(`${prefix}${LOG.bootstrapFailed}: one\n${prefix}${LOG.bootstrapFailed}: two\nafter`), "two");
    assert.equal(reasonOn("ci-runners: installed"), undefined);
  });
});
