import assert from "node:assert/strict";
import { DEMAND_EVENT } from "../../../../contract/workflow-jobs/demand-event";
import { eventBridgeClient } from "../../../../functions/shared/aws/clients";
import { announceOn, signalDemand } from "../../../../functions/workflow-jobs/shared/demand-signal";
import { awsEndpoint } from "../../support/aws";
import { RecordingObserver } from "../../support/observer";
import { LoopbackServer } from "../../support/server";

describe("the signal to a pool's scaler", () => {
  let server: LoopbackServer;
  let entries: Record<string, string>[] = [];
  let reply: object;

  beforeEach(async () => {
    [entries, reply] = [[], { FailedEntryCount: 0, Entries: [{ EventId: "1" }] }];
    server = await new LoopbackServer(awsEndpoint({ PutEvents: ({ Entries }) => ((entries = Entries), reply) })).start();
  });
  afterEach(() => server.stop());

  const announce = () => {
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    return announceOn(eventBridgeClient({ endpoint: server.url, region: "eu-central-1", credentials }), "jobs");
  };
  const signal = () => AbortSignal.timeout(5_000);

  it("is the event that the pool's rule matches", async () => {
    await announce()("ci-dev", signal());
    const [entry, ...others] = entries;
    assert.deepEqual(others, []);
    assert.deepEqual([entry?.Source, entry?.DetailType], [DEMAND_EVENT.source, DEMAND_EVENT.detailType]);
    assert.deepEqual(JSON.parse(entry?.Detail ?? ""), { workflowJobs: "jobs", pool: "ci-dev" });
    assert.equal(entry?.EventBusName, undefined, "the account's default bus");
  });

  it("has failed if EventBridge refuses the entry, although it answers 200", async () => {
    reply = { FailedEntryCount: 1, Entries: [{ ErrorCode: "ThrottlingException", ErrorMessage: "slow down" }] };
    const observer = new RecordingObserver();
    await signalDemand("ci-dev", { ledger: { maySignal: async () => true }, announce: announce() }, observer, signal());
    assert.deepEqual(observer.counts, { SignalErrors: 1 });
    assert.match(JSON.stringify(observer.lines), /ThrottlingException slow down/);
  });

  it("is not sent while another process's one is recent", async () => {
    await signalDemand("ci-dev", { ledger: { maySignal: async () => false }, announce: announce() }, new RecordingObserver(), signal());
    assert.deepEqual(entries, []);
  });
});
