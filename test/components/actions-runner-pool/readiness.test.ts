import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { waiting } from "../../../components/shared/pause";
import { Deployment, failure } from "../mocks";
import { poolArgs } from "./pool-args";

const INVOCATION = "aws:lambda/getInvocation:getInvocation";
const WAITS = { ageSeconds: 0, inService: 0, wanted: 1, underway: { "Pending:Wait": 1 }, failedLaunches: 0 };
const OVERDUE = { ...WAITS, ageSeconds: 1200 };
const READY = { ...WAITS, inService: 1, underway: {} };

const POOL_ARGS = { poolName: "pool", imageId: "ami-0a0000000000000a1" };
const asked = ({ calls }: Deployment) => calls.filter(({ token }) => token === INVOCATION);

describe("the readiness of a pool", () => {
  const { pause } = waiting;
  const { info, warn } = pulumi.log;
  let pauses: number;
  let lines: { message: string; ephemeral: boolean | undefined; of: pulumi.Resource | undefined }[];
  beforeEach(() => {
    [pauses, lines] = [0, []];
    // Long enough for a program that nothing holds to end.
    waiting.pause = () => new Promise((resolve) => setTimeout(resolve, 300)).then(() => void (pauses += 1));
    const record: typeof info = async (message, of, _stream, ephemeral) => void lines.push({ message, ephemeral, of });
    Object.assign(pulumi.log, { info: record, warn: record });
  });
  afterEach(() => {
    waiting.pause = pause;
    Object.assign(pulumi.log, { info, warn });
  });

  async function deploy(readiness: unknown[], changes: Partial<ActionsRunnerPoolArgs> = {}, preview = false): Promise<Deployment> {
    const deployment = await Deployment.start({ preview });
    deployment.readiness = readiness;
    const pool = new ActionsRunnerPool("runners", poolArgs({ ...POOL_ARGS, ...changes }));
    await deployment.settled();
    for (const line of lines) assert.equal(line.of, pool, "shown elsewhere than at the pool");
    return deployment;
  }

  it("is awaited by the deployment itself: Pulumi waits for registered outputs only, not for a promise of the program", async () => {
    const deployment = await deploy([WAITS, WAITS, READY]);
    assert.deepEqual([asked(deployment).length, pauses], [3, 2]);
    assert.deepEqual(
      lines.map(({ ephemeral }) => ephemeral === true),
      [true, true, false],
    );
  });

  it("is asked of the pool's own sweep function, by an input that is no event of the schedule", async () => {
    const [call] = asked(await deploy([READY]));
    assert.deepEqual([call!.inputs.functionName, JSON.parse(call!.inputs.input)], ["pool-sweep", { pool: "pool", check: "readiness" }]);
  });

  it("is not asked in a preview, in which an invocation would be a real one", async () => {
    assert.equal(asked(await deploy([WAITS], {}, true)).length, 0);
  });

  it("is not asked with waitForReadiness off", async () => {
    assert.equal(asked(await deploy([WAITS], { waitForReadiness: false })).length, 0);
  });

  it("fails the deployment with one error and no stack trace once the time is over, after everything was registered", async () => {
    const deployment = await Deployment.start();
    deployment.readiness = [WAITS, OVERDUE];
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs(POOL_ARGS)));
    assert.match(error.message, /^The pool pool was created, but is not in service after 1200 s/);
    assert.ok("__pulumiRunError" in error);
    assert.equal(deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm").length, 17);
  });

  for (const answer of [null, "sorry", { done: true }]) {
    it(`only warns of the answer ${JSON.stringify(answer)}, perhaps that of another release's function`, async () => {
      const deployment = await deploy([answer]);
      assert.equal(asked(deployment).length, 1);
      assert.match(
        lines.map(({ message }) => message).join("\n"),
        /^The pool pool was created, but .* could not be read \(the sweep function/,
      );
    });
  }
});
