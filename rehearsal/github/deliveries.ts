import { createHmac, randomUUID } from "node:crypto";
import type { Clock, Timer } from "../clock";
import type { Deliver } from "./deliver";
import type { Hook } from "./hooks";

export interface Delivery {
  readonly id: number;
  /** Equal for a delivery and all its redeliveries. */
  readonly guid: string;
  readonly hook: Hook;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly redelivery: boolean;
  readonly body: string;
  readonly at: number;
  headers: Record<string, string>;
  url: string;
  /** Milliseconds; undefined while it is under way. */
  duration?: number;
  statusCode: number;
  status: string;
}

export type DeliverySubject = Pick<Delivery, "hook" | "event" | "action" | "installationId" | "repositoryId" | "body">;

/** GitHub waits for 10 s, and then counts a delivery as failed whatever the receiver does. */
const TIMEOUT_MS = 10_000;
/** GitHub lists deliveries of the last 3 days, and sends none again that is older. */
const KEPT_MS = 3 * 86_400_000;

const FIRST_DELIVERY = 190_000_000_000;

/** What was sent to webhooks: GitHub sends each delivery once, and again only on request. */
export class Deliveries {
  /** Oldest first. */
  private readonly all: Delivery[] = [];
  private count = 0;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly clock: Clock,
    private readonly deliver: Deliver,
    /** Called when the outcome of a delivery is known. */
    private readonly onOutcome: (delivery: Delivery) => void,
  ) {}

  /** Those of a webhook, newest first. */
  of(hook: Hook): Delivery[] {
    const oldest = this.clock.now() - KEPT_MS;
    const expired = this.all.findIndex(({ at }) => at >= oldest);
    this.all.splice(0, expired === -1 ? this.all.length : expired);
    return this.all.filter((one) => one.hook === hook && one.duration !== undefined).reverse();
  }

  /** Resolves once none is under way. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** Keeps track of work that ends with a delivery, such as a delay before it. */
  track(work: Promise<void>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  begin(subject: DeliverySubject, of?: { guid: string; redelivery: boolean }): Delivery {
    const delivery: Delivery = {
      ...subject,
      id: FIRST_DELIVERY + ++this.count,
      guid: of?.guid ?? randomUUID(),
      redelivery: of?.redelivery ?? false,
      at: this.clock.now(),
      headers: {},
      url: subject.hook.url,
      statusCode: 0,
      status: "",
    };
    this.all.push(delivery);
    return delivery;
  }

  /** Sends it to the webhook's present address, signed with its present secret, and records the outcome. */
  async send(delivery: Delivery, secret = delivery.hook.secret): Promise<void> {
    const { hook, body } = delivery;
    delivery.url = hook.url;
    delivery.headers = headersOf(delivery, secret);
    let timer: Timer | undefined;
    const timeout = new Promise<string>((resolve) => {
      timer = this.clock.after(TIMEOUT_MS, () => resolve("timed out"));
    });
    const sent = this.deliver(hook.url, delivery.headers, body).catch(() => "failed to connect to host");
    const answer = await Promise.race([sent, timeout]);
    timer?.cancel();
    if (typeof answer === "string") this.end(delivery, 0, answer);
    else this.end(delivery, answer, answer >= 200 && answer < 300 ? "OK" : `Invalid HTTP Response: ${answer}`);
  }

  /** Records the outcome without sending anything. */
  end(delivery: Delivery, statusCode: number, status: string): void {
    Object.assign(delivery, { statusCode, status, duration: this.clock.now() - delivery.at });
    delivery.hook.lastStatus = statusCode;
    this.onOutcome(delivery);
  }
}

function headersOf({ hook, guid, event, body }: Delivery, secret: string | undefined): Record<string, string> {
  const isApp = "app" in hook.owner;
  const target = "app" in hook.owner ? String(hook.owner.app.id) : "1";
  const scope = "scope" in hook.owner && hook.owner.scope.includes("/") ? "repository" : "organization";
  const sign = (algorithm: string) =>
    `${algorithm}=${createHmac(algorithm, secret ?? "")
      .update(body)
      .digest("hex")}`;
  return {
    accept: "*/*",
    "content-type": hook.contentType === "json" ? "application/json" : "application/x-www-form-urlencoded",
    "user-agent": "GitHub-Hookshot/044aadd",
    "x-github-delivery": guid,
    "x-github-event": event,
    "x-github-hook-id": String(hook.id),
    "x-github-hook-installation-target-id": target,
    "x-github-hook-installation-target-type": isApp ? "integration" : scope,
    ...(secret ? { "x-hub-signature": sign("sha1"), "x-hub-signature-256": sign("sha256") } : {}),
  };
}
