/**
 * How a delivery fails. `lost`: it does not arrive; GitHub lists it as failed, or, if it was never `generated`, does not list it at
 * all. `duplicated`: it arrives twice, under one GUID. `delayed`: it arrives later. `swapped`: it arrives after the next one.
 * `forged`: its signature is by another secret.
 */
export type WebhookFaultKind =
  | { kind: "lost"; generated?: boolean }
  | { kind: "duplicated" }
  | { kind: "delayed"; ms: number }
  | { kind: "swapped" }
  | { kind: "forged" };

export type WebhookFault = WebhookFaultKind & {
  /** Matched against `EVENT.ACTION NAME`, e.g. `/^workflow_job\.queued build$/`; a ping is `ping `. */
  event: RegExp;
  /** Number of deliveries that it affects; absent: all until it is removed. */
  times?: number;
};

/** Faults of deliveries that a scenario injects; the newest that matches applies. A redelivery is a delivery like any other. */
export class WebhookFaults {
  private faults: WebhookFault[] = [];

  /** Returns a handle that removes the fault. */
  add(fault: WebhookFault): { remove(): void } {
    const own = { ...fault };
    this.faults.unshift(own);
    return { remove: () => void (this.faults = this.faults.filter((other) => other !== own)) };
  }

  /** The fault that affects this delivery, if any; counts the delivery. */
  take(subject: string): WebhookFaultKind | undefined {
    const fault = this.faults.find((candidate) => candidate.event.test(subject) && candidate.times !== 0);
    if (fault?.times !== undefined) fault.times--;
    return fault;
  }
}
