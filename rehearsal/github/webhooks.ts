import type { Clock } from "../clock";
import type { Timeline } from "../timeline";
import type { Deliver } from "./deliver";
import { Deliveries, type Delivery, type DeliverySubject } from "./deliveries";
import type { Installation } from "./github-credentials";
import { type Hook, Hooks } from "./hooks";
import { pingBody, workflowJobBody } from "./hook-shapes";
import type { Job, JobAction } from "./jobs";
import type { Outage } from "./outage";
import type { Repositories } from "./repositories";
import { type WebhookFaultKind, WebhookFaults } from "./webhook-faults";

/** A swapped delivery that no other follows arrives after this time all the same. */
const LONGEST_SWAP_MS = 30_000;

/** Turns what happens to jobs into deliveries, and delivers them as well or badly as the faults say. */
export class Webhooks {
  readonly hooks: Hooks;
  readonly faults = new WebhookFaults();
  readonly deliveries: Deliveries;
  /** Sends the swapped delivery that waits for the next one. */
  private held?: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    private readonly repositories: Repositories,
    private readonly outage: Outage,
    deliver: Deliver,
    private readonly api: string,
  ) {
    this.hooks = new Hooks(() => clock.now());
    this.deliveries = new Deliveries(clock, deliver, (delivery) => this.record(delivery));
  }

  /** A job has reached a status; the payload describes it as it is now, whenever it is delivered. */
  jobChanged(job: Job, action: JobAction): void {
    if (!this.hooks.any) return;
    for (const { hook, installation } of this.hooks.subscribed("workflow_job", job.run.repository)) {
      this.emit(this.jobSubject(hook, installation, job, action), `workflow_job.${action} ${job.spec.name}`);
    }
  }

  /** GitHub sends it when a webhook is created, and on request. */
  ping(hook: Hook): void {
    if (hook.url === "") return;
    const body = JSON.stringify(pingBody(hook, this.api));
    this.emit({ hook, event: "ping", action: null, installationId: null, repositoryId: null, body }, "ping ");
  }

  /** Sends a delivery again: same GUID and payload, signed with the present secret. */
  redeliver(delivery: Delivery): void {
    const { guid, hook, event, action, installationId, repositoryId, body } = delivery;
    const subject = { hook, event, action, installationId, repositoryId, body };
    this.emit(subject, `${event}${action ? `.${action}` : ""} again`, { guid, redelivery: true });
  }

  /** For the end of a rehearsal: what is held back is sent. */
  close(): void {
    this.held?.();
  }

  private jobSubject(hook: Hook, installation: Installation | undefined, job: Job, action: JobAction): DeliverySubject {
    const repository = this.repositories.add(job.run.repository);
    const body = JSON.stringify(workflowJobBody({ hook, installation, job, action, repository, api: this.api }));
    return {
      hook,
      event: "workflow_job",
      action,
      installationId: installation?.id ?? null,
      repositoryId: repository.id,
      body,
    };
  }

  private emit(subject: DeliverySubject, name: string, of?: { guid: string; redelivery: boolean }): void {
    const fault = this.faults.take(name);
    if (this.outage.losesEvents || (fault?.kind === "lost" && fault.generated === false)) {
      this.timeline.record({ kind: "webhook", event: name.trim(), delivery: "", outcome: "never generated" });
      return;
    }
    this.deliveries.track(this.outage.over().then(() => this.transmit(this.deliveries.begin(subject, of), fault)));
  }

  private async transmit(delivery: Delivery, fault: WebhookFaultKind | undefined): Promise<void> {
    if (fault?.kind === "lost") return this.deliveries.end(delivery, 502, "Invalid HTTP Response: 502");
    if (fault?.kind === "delayed") await this.clock.sleep(fault.ms);
    if (fault?.kind === "swapped") return this.hold(delivery);
    const overtaken = this.held;
    this.held = undefined;
    await this.deliveries.send(delivery, fault?.kind === "forged" ? "another secret" : undefined);
    if (fault?.kind === "duplicated") await this.deliveries.send(delivery);
    overtaken?.();
  }

  /** Until the next delivery has arrived. */
  private async hold(delivery: Delivery): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(LONGEST_SWAP_MS, resolve);
      const earlier = this.held;
      this.held = () => {
        timer.cancel();
        resolve();
        earlier?.();
      };
    });
    await this.deliveries.send(delivery);
  }

  private record({ guid, event, action, redelivery, statusCode, status }: Delivery): void {
    const outcome = `${statusCode} ${status}${redelivery ? " (redelivery)" : ""}`;
    this.timeline.record({ kind: "webhook", event: action ? `${event}.${action}` : event, delivery: guid, outcome });
  }
}
