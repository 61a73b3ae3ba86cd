import assert from "node:assert/strict";
import { ClientRig } from "./rig";

const logGroupName = "/ci-runners/pool";
const logStreamName = "i-0123456789abcdef0";
const STREAM = { logGroupName, logStreamName };
const HOUR = 3_600_000;

describe("boto3 and the AWS CLI at CloudWatch Logs and consoles of the AWS stand-in", () => {
  let rig: ClientRig;
  const call = (operation: string, params: object = {}) => rig.boto.call("logs", operation, params);
  const fails = async (operation: string, params: object) => {
    const { class: kind, Code, status } = await rig.boto.fails("logs", operation, params);
    return [kind, Code, status];
  };
  const events = (...times: number[]) => times.map((timestamp, n) => ({ timestamp, message: `m${n}` }));

  before(async function () {
    rig = await ClientRig.open(this);
    rig.harness.store.put({
      type: "aws:cloudwatch/logGroup:LogGroup",
      id: logGroupName,
      state: { name: logGroupName, retentionInDays: 7 },
    });
  });
  after(() => rig?.close());
  afterEach(() => assert.deepEqual(rig.harness.defects, []));

  it("create a stream once, in a group that exists [A23.3]", async () => {
    assert.deepEqual(await fails("put_log_events", { ...STREAM, logEvents: events(Date.now()) }), [
      "ResourceNotFoundException",
      "ResourceNotFoundException",
      400,
    ]);
    await call("create_log_stream", STREAM);
    const again = await rig.boto.fails("logs", "create_log_stream", STREAM);
    assert.deepEqual([again.Code, again.Message], ["ResourceAlreadyExistsException", "The specified log stream already exists"]);
    const missing = { ...STREAM, logGroupName: "/other" };
    assert.equal((await fails("create_log_stream", missing))[1], "ResourceNotFoundException");
    assert.equal((await fails("create_log_stream", { logGroupName, logStreamName: "a:b" }))[1], "InvalidParameterException");
    const { logStreams } = await call("describe_log_streams", { logGroupName, logStreamNamePrefix: "i-" });
    assert.deepEqual([logStreams[0].logStreamName, logStreams[0].lastIngestionTime], [logStreamName, undefined]);
  });

  it("put events in order only, and read them from either end [A23.1, A23.4]", async () => {
    const now = Date.now();
    assert.equal((await fails("put_log_events", { ...STREAM, logEvents: events(now, now - 1) }))[1], "InvalidParameterException");
    assert.equal((await fails("put_log_events", { ...STREAM, logEvents: events(now - 25 * HOUR, now) }))[1], "InvalidParameterException");
    const logEvents = events(now - 3, now - 2, now - 1);
    assert.equal((await call("put_log_events", { ...STREAM, logEvents })).rejectedLogEventsInfo, undefined);
    const texts = ({ events: found }: any) => found.map(({ message }: any) => message);
    const page = (limit: number, nextToken: string) => call("get_log_events", { ...STREAM, limit, nextToken });
    const head = await call("get_log_events", { ...STREAM, limit: 2, startFromHead: true });
    assert.deepEqual(texts(head), [], "no end, although it is empty");
    const first = await page(2, head.nextForwardToken);
    assert.deepEqual(texts(first), ["m0", "m1"]);
    assert.deepEqual(texts(await page(2, first.nextForwardToken)), ["m2"]);
    const tail = await call("get_log_events", { ...STREAM, limit: 1 });
    assert.deepEqual(texts(tail), []);
    const last = await page(1, tail.nextBackwardToken);
    assert.deepEqual(texts(last), ["m2"]);
    const before = await call("get_log_events", { ...STREAM, nextToken: last.nextBackwardToken });
    assert.deepEqual(texts(before), ["m0", "m1"]);
    const begin = await call("get_log_events", { ...STREAM, nextToken: before.nextBackwardToken });
    assert.deepEqual([texts(begin), begin.nextBackwardToken], [[], before.nextBackwardToken], "the same token marks the begin");
  });

  it("are not told by an error that events were dropped, which are too old, expired or of the future [A23.2]", async () => {
    const now = Date.now();
    const old = await call("put_log_events", { ...STREAM, logEvents: events(now - 15 * 24 * HOUR) });
    assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
    const expired = await call("put_log_events", { ...STREAM, logEvents: events(now - 7.5 * 24 * HOUR, now - 7 * 24 * HOUR + HOUR) });
    assert.deepEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
    const future = await call("put_log_events", { ...STREAM, logEvents: events(now, now + 3 * HOUR) });
    assert.deepEqual(future.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
  });

  it("put no more than a call takes [A23.1]", async () => {
    const now = Date.now();
    const many = (count: number, message: string) => ({
      ...STREAM,
      logEvents: Array.from({ length: count }, () => ({ timestamp: now, message })),
    });
    assert.equal((await fails("put_log_events", many(6, "x".repeat(200_000))))[1], "InvalidParameterException");
    await call("put_log_events", many(5, "x".repeat(200_000)));
    assert.equal((await fails("put_log_events", many(1, "x".repeat(256 * 1024))))[1], "InvalidParameterException");
    assert.equal((await fails("put_log_events", many(10_001, "x")))[1], "InvalidParameterException");
  });

  it("filter a stream by time, as `aws logs tail` does", async () => {
    const request = ["--log-group-name", logGroupName, "--log-stream-names", logStreamName, "--start-time", String(Date.now() - HOUR)];
    const { events: found } = await rig.aws("logs", "filter-log-events", ...request, "--output", "json");
    assert.ok(found.some(({ message, logStreamName: of }: any) => message === "m1" && of === logStreamName));
    assert.equal((await fails("filter_log_events", { logGroupName, filterPattern: "m1" }))[1], "InvalidParameterException");
  });

  it("read a console that EC2 has posted, in text [A23.5]", async () => {
    const { harness } = rig;
    harness.driver.console = () => "Linux\nlogin: ";
    const request = { subnetId: "subnet-0a", availabilityZone: "eu-central-1a", tags: {}, instanceType: "t4g.small", userData: "" };
    const instance = harness.fleet.create(request);
    await harness.fleet.powerOn(instance);
    const read = (Latest: boolean) => rig.boto.call("ec2", "get_console_output", { InstanceId: instance.id, Latest });
    assert.equal((await read(false)).Output, undefined, "nothing is posted while it runs");
    assert.equal((await read(true)).Output, "Linux\nlogin: ");
    await harness.fleet.terminate(instance);
    assert.equal((await read(false)).Output, undefined, "not at once");
    const latest = await rig.boto.fails("ec2", "get_console_output", { InstanceId: instance.id, Latest: true });
    assert.equal(latest.Code, "IncorrectInstanceState", "it does not run any more");
    instance.endedAt! -= 60_000;
    assert.equal((await read(false)).Output, "Linux\nlogin: ");
    instance.endedAt! -= HOUR;
    assert.equal((await rig.boto.fails("ec2", "get_console_output", { InstanceId: instance.id })).Code, "InvalidInstanceID.NotFound");
  });
});
