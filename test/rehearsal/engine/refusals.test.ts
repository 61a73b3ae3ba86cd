import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { EngineError } from "../../../rehearsal/engine/result";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

/** Runs `up` of a program that must fail; returns the engine's error. */
async function failure(rig: Rig, program: () => Promise<void>): Promise<EngineError> {
  const stack = await rig.open({ program });
  try {
    await stack.up();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the engine accepted the program" });
}

describe("the rehearsal's provider", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
    rig.writeProject();
  });
  afterEach(() => rig.close());

  it("refuses a type that the stand-in does not support, instead of silently storing it", async () => {
    const error = await failure(rig, async () => void new aws.kinesis.Stream("stream", { shardCount: 1 }));
    assert.match(error.message, /aws:kinesis\/stream:Stream: type not supported by the rehearsal's provider/);
  });

  it("refuses a property that the stand-in does not support, by name", async () => {
    const error = await failure(rig, async () => void new aws.sqs.Queue("queue", { fifoQueue: true }));
    assert.match(error.message, /fifoQueue of aws:sqs\/queue:Queue is not supported/);
    assert.deepEqual(rig.store.all(), []);
  });

  it("fails for a group whose instances never enter service, and keeps it in the state so that destroy can remove it", async () => {
    rig.autoscaling.holdLaunches = true;
    const group: aws.autoscaling.GroupArgs = {
      name: "pool",
      minSize: 1,
      maxSize: 1,
      waitForCapacityTimeout: "1s",
      vpcZoneIdentifiers: ["subnet-01234567"],
      launchTemplate: { id: "lt-1", version: "1" },
    };
    const program = async () => void new aws.autoscaling.Group("pool", group);
    const error = await failure(rig, program);
    assert.match(error.message, /want at least 1 healthy instance\(s\) in Auto Scaling Group, have 0/);
    const stack = await rig.open({ program });
    assert.equal((await stack.resources()).length, 1);
    await stack.destroy();
    assert.equal(rig.autoscaling.groups.size, 0);
  });
});

describe("the configuration that the engine passes to the program", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const rig = new Rig();
  after(() => rig.close());

  it("has the defaults of the project's schema, and never a value of the wrong type", async () => {
    rig.writeProject({ "Pulumi.yaml": "name: tiny\nruntime: nodejs\nconfig:\n  size:\n    type: integer\n    default: 7\n" });
    const sizes: number[] = [];
    const program = async () => void sizes.push(new pulumi.Config().requireNumber("size"));
    await (await rig.open({ program })).preview();
    await (await rig.open({ program, configOverrides: { size: 8 } })).preview();
    await assert.rejects((await rig.open({ program, configOverrides: { size: "many" } })).preview(), /size.*must be of type 'integer'/);
    assert.deepEqual(sizes, [7, 8]);
  });
});
