import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AwsOptions } from "../../../rehearsal/aws/aws-options";
import { ACCOUNT, deployRole, startHarness, type AwsHarness } from "../../rehearsal/aws/harness";
import { Boto } from "./boto";
import { pythonClients } from "./python";
import { openTunnel, type Tunnel } from "./tunnel";

export const TEMPLATE = { LaunchTemplateName: "pool", Version: "$Latest" };
export const DOCUMENT = "pool-stop";
export const BUCKET = "pool-artefacts";
/** With characters that S3 signs differently from every other service. */
export const KEY = "host/1+2 =/bundle.tar";
export const OBJECT = Buffer.from([0, 1, 2, 253, 254, 255]);

export interface Cli {
  code: number;
  stdout: string;
  stderr: string;
}

/** The AWS stand-in on loopback, AWS's own Python clients connected to it, and the resources that they refer to. */
export class ClientRig {
  private constructor(
    readonly harness: AwsHarness,
    readonly tunnel: Tunnel,
    readonly boto: Boto,
    private readonly bin: string,
    private readonly env: Record<string, string>,
  ) {}

  static async open(context: Mocha.Context, options: Partial<AwsOptions> = {}): Promise<ClientRig> {
    const bin = await pythonClients(context);
    // Short delays, because these tests run on the real clock: signatures are checked against it.
    const harness = await startHarness({
      autoscaling: { delays: { reaction: 10, launch: 20, healthCheck: 50 } },
      ssm: { registrationMs: 0, delivery: { min: 5, max: 10 } },
      ec2Delays: { pending: 200, stopping: 200, shuttingDown: 100, create: 100, attach: 100 },
      ...options,
    });
    const tunnel = await openTunnel(harness.front.tlsPort);
    deploy(harness);
    const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: harness.workDir,
      HTTPS_PROXY: tunnel.url,
      AWS_CA_BUNDLE: harness.front.caFile,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_DEFAULT_REGION: ACCOUNT.region,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    return new ClientRig(harness, tunnel, new Boto(bin, env), bin, env);
  }

  async close(): Promise<void> {
    await this.boto.close();
    await this.tunnel.close();
    await this.harness.end();
  }

  /** Runs `aws ARGS` and returns its result, whether it succeeds or fails. */
  cli(...args: string[]): Promise<Cli> {
    return this.cliWith({}, ...args);
  }

  /** @param variables undefined: not in the environment */
  cliWith(variables: Record<string, string | undefined>, ...args: string[]): Promise<Cli> {
    return new Promise((resolve) => {
      execFile(join(this.bin, "aws"), args, { env: { ...this.env, ...variables } }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  }

  /** Runs `aws ARGS`, which must succeed, and returns its JSON output. */
  async aws(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.cli(...args);
    if (code !== 0) throw new Error(`aws ${args.join(" ")} exited with ${code}:\n${stderr}`);
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  }

  /** Instances of a group in a state, read directly from the stand-in. */
  inState(group: string, state: string): string[] {
    return (this.harness.autoscaling.group(group)?.instances ?? []).filter((one) => one.state === state).map(({ id }) => id);
  }

  /** Waits until `count` instances of a group are in a state, and returns them. */
  async until(group: string, state: string, count: number): Promise<string[]> {
    const giveUp = Date.now() + 60_000;
    for (;;) {
      const found = this.inState(group, state);
      if (found.length === count) return found;
      if (Date.now() > giveUp) throw new Error(`${group}: ${found.length} instances in ${state} instead of ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The resources that groups and hosts refer to: a launch template with a profile, a document, an object in a bucket. */
function deploy({ store, workDir }: AwsHarness): void {
  const agent = [
    { Effect: "Allow", Action: "ssm:UpdateInstanceInformation", Resource: "*" },
    { Effect: "Allow", Action: "ssmmessages:*", Resource: "*" },
  ];
  deployRole(store, "host", agent, "ec2.amazonaws.com");
  const arn = `arn:aws:iam::${ACCOUNT.accountId}:instance-profile/host`;
  store.put({ type: "aws:iam/instanceProfile:InstanceProfile", id: "host", state: { arn, role: "host" } });
  store.put({
    type: "aws:ec2/launchTemplate:LaunchTemplate",
    id: "lt-0123456789abcdef0",
    state: {
      name: "pool",
      latestVersion: 1,
      defaultVersion: 1,
      _versions: { 1: { instanceType: "t4g.small", userData: "", iamInstanceProfile: { arn } } },
    },
  });
  const steps = [
    { action: "aws:runShellScript", name: "stop", inputs: { runCommand: ["systemctl stop --no-block actions-runner.service"] } },
  ];
  store.put({
    type: "aws:ssm/document:Document",
    id: DOCUMENT,
    state: { name: DOCUMENT, content: JSON.stringify({ schemaVersion: "2.2", mainSteps: steps }) },
  });
  const file = join(workDir, "bundle.tar");
  writeFileSync(file, OBJECT);
  store.put({ type: "aws:s3/bucket:Bucket", id: BUCKET, state: { bucket: BUCKET } });
  store.put({
    type: "aws:s3/bucketObjectv2:BucketObjectv2",
    id: KEY,
    state: {
      bucket: BUCKET,
      key: KEY,
      file,
      contentType: "application/x-tar",
      etag: "d41d8cd98f00b204e9800998ecf8427e",
      _lastModified: 1_700_000_000_000,
    },
  });
}
