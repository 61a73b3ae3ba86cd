import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, RealClock } from "../../../rehearsal/clock";
import type { AwsOptions } from "../../../rehearsal/aws/aws-options";
import { type AwsStandIn, startAws } from "../../../rehearsal/aws";
import type { AwsAccount } from "../../../rehearsal/aws/account";
import type { CommandResult, HostDriver } from "../../../rehearsal/aws/host-driver";
import { Random } from "../../../rehearsal/random";
import { Timeline } from "../../../rehearsal/timeline";

export const ACCOUNT: AwsAccount = { region: "eu-central-1", accountId: "123456789012" };

/** A driver whose machines boot at once and whose commands return `reply`. */
class FakeDriver implements HostDriver {
  readonly commands: { instanceId: string; commands: string[] }[] = [];
  reply: (instanceId: string) => Promise<CommandResult> = async () => ({ exitCode: 0, stdout: "done", stderr: "" });

  async launch(): Promise<void> {}
  async stop(): Promise<void> {}
  async start(): Promise<void> {}
  async hibernate(): Promise<void> {}
  async resume(): Promise<void> {}
  async terminate(): Promise<void> {}
  /** What machines have written to their consoles. */
  console: (instanceId: string) => string = () => "";
  async close(): Promise<void> {}

  runCommand(instanceId: string, commands: string[]): Promise<CommandResult> {
    this.commands.push({ instanceId, commands });
    return this.reply(instanceId);
  }
}

export interface AwsHarness extends AwsStandIn {
  driver: FakeDriver;
  timeline: Timeline;
  workDir: string;
  end(): Promise<void>;
}

/** The whole stand-in on loopback, in its own folder. */
export async function startHarness(options: Partial<AwsOptions> & { clock?: Clock } = {}): Promise<AwsHarness> {
  const workDir = mkdtempSync(join(tmpdir(), "cloud-"));
  const clock = options.clock ?? new RealClock();
  const timeline = new Timeline(() => clock.now());
  const driver = new FakeDriver();
  const running = await startAws({
    clock,
    timeline,
    random: new Random(7),
    driver,
    ...ACCOUNT,
    workDir,
    githubHandler: (req, res) => res.writeHead(200, { "content-type": "text/plain" }).end(`github ${req.headers.host}${req.url}`),
    ...options,
  });
  const end = async () => {
    await running.close();
    rmSync(workDir, { recursive: true, force: true });
  };
  return { ...running, driver, timeline, workDir, end };
}

/** Deploys a role with one inline policy, as the Pulumi program would. */
export function deployRole(store: AwsStandIn["store"], name: string, statements: object[], service = "lambda.amazonaws.com"): void {
  store.put({
    type: "aws:iam/role:Role",
    id: name,
    state: {
      name,
      arn: `arn:aws:iam::${ACCOUNT.accountId}:role/${name}`,
      uniqueId: `AROA${name.toUpperCase().replace(/\W/g, "")}`,
      assumeRolePolicy: document([{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }]),
    },
  });
  store.put({
    type: "aws:iam/rolePolicy:RolePolicy",
    id: `${name}:main`,
    state: { name: "main", role: name, policy: document(statements) },
  });
}

export function document(statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
