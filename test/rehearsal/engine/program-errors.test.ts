import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as aws from "@pulumi/aws";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { openStack, type StackOptions } from "../../../rehearsal/engine/engine";
import { locate } from "../../../rehearsal/engine/locate";
import { ProgramErrors } from "../../../rehearsal/engine/program-errors";
import { EngineError } from "../../../rehearsal/engine/result";
import { ProviderBackend, type ProviderOptions } from "../../../rehearsal/provider/backend";
import { serveProvider } from "../../../rehearsal/provider/server";
import { FakeAutoScaling } from "../provider/fake-auto-scaling";
import { ENGINE_TEST_TIMEOUT } from "./fixture";

const PROJECT = resolve(__dirname, "../../..");
const IMAGE = "ami-0abcdef0123456789";
const PARAMETER = "/example-org/images/runner";

/** Runs `up` of the real program with settings that only AWS can validate; it must fail. */
async function refused(
  settings: Partial<StackOptions>,
  facts: ProviderOptions["facts"] = {},
): Promise<{ error: EngineError; left: number }> {
  const dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  const store = new MemoryStore();
  const autoscaling = new FakeAutoScaling();
  const backend = new ProviderBackend({ store, autoscaling, filesDir: join(dir, "files"), facts, invoke: async () => ({ result: null }) });
  const server = await serveProvider(backend, join(dir, "provider.sock"));
  try {
    const { command } = await locate({ progress: (message) => console.error(message) });
    const stack = await openStack({
      stack: "sandbox",
      projectDir: PROJECT,
      workDir: join(dir, "work"),
      socketPath: server.socketPath,
      pulumi: command,
      ...settings,
    });
    const error = await stack.up().then(
      () => assert.fail("the engine accepted the program"),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof EngineError)) throw error;
    return { error, left: store.all().length + autoscaling.groups.size };
  } finally {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("errors that appear only in a run of the real engine", function () {
  // The SDK would wait forever for the resources that depend on the failed one: the timeout detects that.
  this.timeout(ENGINE_TEST_TIMEOUT);
  const listenerCount = () => process.listeners("unhandledRejection").length;
  const prepare = Error.prepareStackTrace;
  let before = 0;
  beforeEach(() => (before = listenerCount()));
  afterEach(() => {
    assert.equal(listenerCount(), before, "a leftover listener would swallow every later error of this process");
    assert.equal(Error.prepareStackTrace, prepare);
  });

  it("an unknown instance type fails the run with one error that names field, value and remedy, and creates nothing", async () => {
    const { error, left } = await refused({ configOverrides: { instanceType: "m99.huge" } });
    assert.match(
      error.message,
      /^pulumi up failed:\ninstanceType = "m99\.huge": not an instance type that EC2 offers .*InvalidInstanceType.* Choose a type that the Region offers\.$/,
    );
    assert.equal(occurrences(error.message, 'instanceType = "m99.huge"'), 1);
    assert.equal(error.diagnostics.length, 1);
    assert.equal(left, 0);
  });

  it("an image of a different architecture than the instance type fails the run likewise, and creates nothing", async () => {
    const { error, left } = await refused(
      { configOverrides: { imageParameter: PARAMETER } },
      { parameters: { [PARAMETER]: IMAGE }, images: { [IMAGE]: { architecture: "arm64", rootDeviceName: "/dev/sda1" } } },
    );
    assert.match(
      error.message,
      /^pulumi up failed:\nimageParameter = ".*": image ami-0abcdef0123456789 is arm64 and m7i\.large is x86_64\. Choose an image of /,
    );
    assert.equal(occurrences(error.message, "imageParameter ="), 1);
    assert.equal(left, 0);
  });

  it("a bug in the program itself is reported with its source location", async () => {
    const program = async () => {
      const queue = new aws.sqs.Queue("letters");
      const broken = queue.url.apply((url) => (url as unknown as { missing: () => string }).missing());
      const parameter = new aws.ssm.Parameter("broken", { type: "String", value: broken });
      new aws.ssm.Parameter("behind", { type: "String", value: "x" }, { dependsOn: parameter });
    };
    const { error } = await refused({ program });
    assert.match(error.message, /missing is not a function[\s\S]*program-errors\.test\.ts:\d+/);
    assert.equal(error.diagnostics.length, 1);
  });

  it("an engine that is gone is no error of the program, or it would hide why the engine has ended", () => {
    const errors = new ProgramErrors();
    const [report] = process.listeners("unhandledRejection").slice(-1) as ((error: unknown) => void)[];
    const gone = [
      Object.assign(new Error("14 UNAVAILABLE: Connection dropped"), { code: 14 }),
      new Error("failed to register new resource group [aws:autoscaling:Group]: Resource monitor is terminating"),
      new Error(
        'error serializing property "vpcId": failed to register new resource runners [awsx:ec2:Vpc]: 2 UNKNOWN: resource monitor shut down',
      ),
    ];
    try {
      for (const error of gone) report!(error);
      assert.equal(errors.any, false);
      report!(new Error("2 UNKNOWN: a property of the program"));
      assert.equal(errors.any, true);
    } finally {
      errors.release();
    }
  });
});
