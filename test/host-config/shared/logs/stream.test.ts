import assert from "node:assert/strict";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { logStream } from "../../../../host-config/shared/logs/stream";
import { Logs } from "../../../../rehearsal/aws/logs/logs";
import { MemoryStore } from "../../../../rehearsal/aws/store";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const GROUP = "/ci-runners/pool";
const STREAM = "i-0123456789abcdef0";

describe("a host's log stream", () => {
  let store: MemoryStore;
  let logs: Logs;
  let calls: string[];
  let lines: string[];
  const deploy = (retentionInDays = 0) =>
    store.put({ type: "aws:cloudwatch/logGroup:LogGroup", id: GROUP, state: { name: GROUP, retentionInDays } });
  beforeEach(() => {
    store = new MemoryStore();
    logs = new Logs({ clock: { now: () => NOW }, store, account: { region: "eu-central-1", accountId: "123456789012" } });
    [calls, lines] = [[], []];
    deploy();
  });

  const client = {
    send: async ({ constructor: { name }, input }: { constructor: { name: string }; input: Record<string, unknown> }) => {
      calls.push(name);
      return logs.execute(name.replace(/Command$/, ""), input);
    },
  } as unknown as CloudWatchLogsClient;
  const stream = (by = client) =>
    logStream({
      client: by,
      group: GROUP,
      stream: STREAM,
      now: () => NOW,
      log: { info: () => undefined, warn: (message) => lines.push(message), error: (message) => lines.push(message) },
    });
  const event = (text: string, time = NOW) => ({ time, text });

  it("is made at the first event, and not asked for again", async () => {
    const one = stream();
    await one.put([event("a")]);
    await one.put([event("b")]);
    assert.deepEqual(logs.texts(GROUP, STREAM), ["a", "b"]);
    assert.deepEqual(calls, ["PutLogEventsCommand", "CreateLogStreamCommand", "PutLogEventsCommand", "PutLogEventsCommand"]);
  });

  it("costs no call without events", async () => {
    await stream().put([]);
    assert.deepEqual(calls, []);
  });

  it("may have been made meanwhile, by a call whose answer was lost", async () => {
    const { send } = client;
    let first = true;
    const late = {
      send: async (command: never) => {
        const answer = first ? Promise.reject(Object.assign(new Error("no stream"), { name: "ResourceNotFoundException" })) : send(command);
        if (first) await logs.execute("CreateLogStream", { logGroupName: GROUP, logStreamName: STREAM });
        first = false;
        return answer;
      },
    } as unknown as CloudWatchLogsClient;
    await stream(late).put([event("a")]);
    assert.deepEqual(logs.texts(GROUP, STREAM), ["a"]);
  });

  it("rejects while its group is gone, and goes on in a new one", async () => {
    store.remove("aws:cloudwatch/logGroup:LogGroup", GROUP);
    await assert.rejects(stream().put([event("a")]), { name: "ResourceNotFoundException" });
    deploy();
    await stream().put([event("a")]);
    assert.deepEqual(logs.texts(GROUP, STREAM), ["a"]);
  });

  it("says so when CloudWatch Logs drops lines that are older than the group keeps them", async () => {
    deploy(1);
    await stream().put([event("old", NOW - 25 * 3_600_000), event("new")]);
    assert.deepEqual(logs.texts(GROUP, STREAM), ["new"]);
    assert.deepEqual(lines, ["CloudWatch Logs has dropped lines of this host"]);
  });

  it("gives up a batch that is refused for what it contains, which would hold up all others for ever", async () => {
    await stream().put([event("")]);
    await stream().put([event("a")]);
    assert.deepEqual(logs.texts(GROUP, STREAM), ["a"]);
    assert.deepEqual(lines, ["CloudWatch Logs has refused lines of this host: they are lost"]);
  });
});
