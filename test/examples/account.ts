import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AwsError, type Shape } from "../../rehearsal/aws/api";
import { Iam } from "../../rehearsal/aws/iam/iam";
import { openStack, type StackHandle } from "../../rehearsal/engine/engine";
import { locate } from "../../rehearsal/engine/locate";
import type { ApiCall } from "../../rehearsal/provider/api-calls/api-call";
import type { AutoScalingOperation } from "../../rehearsal/provider/autoscaling-api";
import { ProviderBackend, type ProviderOptions } from "../../rehearsal/provider/backend";
import { type ProviderServer, serveProvider } from "../../rehearsal/provider/server";
import { OwnInstances } from "../package/own-instances";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import type { SeenCall } from "./recorded-writes";

export const REGION = "us-east-1";
export const ACCOUNT_ID = "123456789012";

/** What the setup function answers once the webhook is the stack's. */
const WEBHOOK = { secretArn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:ci-runners-webhook/jobs-AbCdEf`, left: [] };
/** What the control function answers once a machine is prepared. */
const PREPARED = { state: "prepared", detail: "" };

/** Groups in which a refresh is still in progress when the next one starts: the provider cancels it first. */
class RefreshingGroups extends FakeAutoScaling {
  private inProgress = false;

  override async call(operation: AutoScalingOperation, params: Shape): Promise<Shape> {
    if (operation === "StartInstanceRefresh") {
      this.inProgress = !this.inProgress;
      if (this.inProgress) throw new AwsError("InstanceRefreshInProgress", "An Instance Refresh is already in progress");
    }
    if (operation === "CancelInstanceRefresh") throw new AwsError("ActiveInstanceRefreshNotFound", "No in progress Instance Refresh found");
    return super.call(operation, params);
  }

  /** As a running job does. The provider then clears the protection when it deletes the group. */
  protect(name: string): void {
    for (const instance of this.groups.get(name)!.instances) instance.ProtectedFromScaleIn = true;
  }
}

/** One account, in which programs are deployed by an administrator or by a role of the account. */
export class Account {
  readonly store: OwnInstances["store"];
  readonly autoscaling = new RefreshingGroups();
  readonly iam: Iam;
  /** Calls of the deploying roles, including denied ones. */
  readonly seen: SeenCall[] = [];
  private readonly servers: ProviderServer[] = [];

  private constructor(
    private readonly dir: string,
    private readonly instances: OwnInstances,
  ) {
    this.store = instances.store;
    this.iam = new Iam(this.store, { region: REGION, accountId: ACCOUNT_ID });
  }

  static async open(dir: string): Promise<Account> {
    return new Account(dir, await OwnInstances.open(REGION));
  }

  /** @param roleName decides on every call; without one, all are allowed. Calls are recorded in either case. */
  async stack(options: {
    stack: string;
    projectDir: string;
    work: string;
    roleName?: string;
    overrides?: Record<string, unknown>;
    facts?: ProviderOptions["facts"];
  }): Promise<StackHandle> {
    const { roleName, work } = options;
    const dir = join(this.dir, work);
    mkdirSync(dir, { recursive: true });
    const backend = new ProviderBackend({
      store: this.store,
      autoscaling: this.autoscaling,
      filesDir: join(this.dir, "files"),
      account: { region: REGION, accountId: ACCOUNT_ID },
      ...this.instances.options,
      invoke: async (_, payload) => {
        const { task, action } = payload as { task?: string; action?: string };
        return { result: task === "own-webhook" ? WEBHOOK : action === "provision" ? PREPARED : null };
      },
      facts: options.facts,
      authorise: (call, token) => {
        this.seen.push({ ...call, token });
        if (roleName) this.decide(roleName, call);
      },
    });
    const server = await serveProvider(backend, join(this.dir, `${this.servers.length}.sock`));
    this.servers.push(server);
    const { command } = await locate({ progress: (message) => console.error(message) });
    return openStack({
      ...{ stack: options.stack, projectDir: options.projectDir, workDir: dir, socketPath: server.socketPath, pulumi: command },
      configOverrides: options.overrides,
    });
  }

  allows(roleName: string, call: Pick<SeenCall, "action" | "resource"> & { context?: Record<string, string> }): boolean {
    const { action, resource, context = {} } = call;
    return this.iam.authorise({ kind: "session", roleName, sessionName: "GitHubActions" }, action, { resource, context }).allowed;
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.close();
    await this.instances.close();
  }

  private decide(roleName: string, { action, resource, context }: ApiCall): void {
    const decision = this.iam.authorise({ kind: "session", roleName, sessionName: "GitHubActions" }, action, { resource, context });
    if (!decision.allowed) throw new Error(`AccessDenied: ${decision.message}`);
  }
}
