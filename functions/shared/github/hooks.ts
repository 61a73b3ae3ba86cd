import { type GitHubScope, scopePath } from "./account";
import type { Deliveries, DeliveringHook, Delivery, HooksApi, Hook, HookSettings } from "./api";
import { GitHubError } from "./error";
import { readAll, readEach, readPages, readTime } from "./pages";
import type { GitHubTransport } from "./transport";

/** Of 100 webhooks; GitHub allows 20 of one event. */
const HOOK_PAGES = 10;
/** Of 100 deliveries: what is older waits for the next call. A delivery's page takes up to about 1 s. */
const DELIVERY_PAGES = 20;

/** Webhooks of organizations and repositories, and the deliveries of these and of the App's own. */
export class GitHubHooks implements HooksApi {
  constructor(private readonly transport: GitHubTransport) {}

  async findHook(scope: GitHubScope, url: string, signal: AbortSignal): Promise<Hook | undefined> {
    const all = await readAll(
      this.transport,
      { method: "GET", path: hooksPath(scope) },
      (data) => readEach(data, readHook),
      HOOK_PAGES,
      signal,
    );
    return all.find((hook) => hook.url === url);
  }

  async putHook(scope: GitHubScope, settings: HookSettings, signal: AbortSignal): Promise<number> {
    const found = await this.findHook(scope, settings.url, signal);
    if (found) return this.update(scope, found.id, settings, signal);
    const body = { name: "web", ...hookBody(settings) };
    try {
      return (await this.transport.call({ method: "POST", path: hooksPath(scope), body }, readHook, signal)).id;
    } catch (error) {
      // Refused as a duplicate: the reply to an earlier attempt was lost, or another process was faster.
      if (!(error instanceof GitHubError) || error.status !== 422) throw error;
      const existing = await this.findHook(scope, settings.url, signal);
      if (!existing) throw error;
      return this.update(scope, existing.id, settings, signal);
    }
  }

  async removeHook(scope: GitHubScope, url: string, signal: AbortSignal): Promise<"deleted" | "gone"> {
    const found = await this.findHook(scope, url, signal);
    if (!found) return "gone";
    const call = { method: "DELETE", path: `${hooksPath(scope)}/${found.id}` } as const;
    return this.unlessGone(this.transport.call(call, () => "deleted" as const, signal));
  }

  async deliveries(hook: DeliveringHook, since: number, which: "all" | "failed", signal: AbortSignal): Promise<Deliveries> {
    const read = (data: unknown) => readEach(data, readDelivery);
    const query = which === "failed" ? { query: { status: "failure" } } : {};
    const call = { method: "GET", path: `${hookPath(hook)}/deliveries`, ...query, ...asApp(hook) } as const;
    const isLast = (page: readonly Delivery[]) => page.some(({ at }) => at < since);
    const pages = await readPages(this.transport, call, read, DELIVERY_PAGES, signal, isLast);
    // An unconditional call is never answered with 304.
    const { items, complete } = pages ?? { items: [], complete: false };
    return { deliveries: items.filter(({ at }) => at >= since), complete };
  }

  redeliver(hook: DeliveringHook, deliveryId: string, signal: AbortSignal): Promise<"accepted" | "gone"> {
    const call = { method: "POST", path: `${hookPath(hook)}/deliveries/${deliveryId}/attempts`, ...asApp(hook) } as const;
    return this.unlessGone(this.transport.call(call, () => "accepted" as const, signal));
  }

  private async update(scope: GitHubScope, id: number, settings: HookSettings, signal: AbortSignal): Promise<number> {
    // GitHub removes the secret of a webhook that is updated with an address and without a secret.
    const call = { method: "PATCH", path: `${hooksPath(scope)}/${id}`, body: hookBody(settings) } as const;
    return (await this.transport.call(call, readHook, signal)).id;
  }

  private async unlessGone<T>(work: Promise<T>): Promise<T | "gone"> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return "gone";
      throw error;
    }
  }
}

function hooksPath(scope: GitHubScope): string {
  return `${scopePath(scope)}/hooks`;
}

function hookPath(hook: DeliveringHook): string {
  return hook === "app" ? "/app/hook" : `${hooksPath(hook.scope)}/${hook.id}`;
}

function asApp(hook: DeliveringHook): { as?: "app" } {
  return hook === "app" ? { as: "app" } : {};
}

function hookBody({ url, secret, events }: HookSettings): Record<string, unknown> {
  return { active: true, events: [...events], config: { url, secret, content_type: "json", insecure_ssl: "0" } };
}

function readHook(data: any): Hook | undefined {
  if (typeof data?.id !== "number" || typeof data.active !== "boolean" || !Array.isArray(data.events)) return undefined;
  return { id: data.id, url: String(data.config?.url ?? ""), events: data.events.map(String), active: data.active };
}

function readDelivery(data: any): Delivery | undefined {
  const at = readTime(data?.delivered_at);
  const { id, guid, event, status_code: statusCode } = data ?? {};
  const isId = typeof id === "number" || typeof id === "bigint";
  if (!isId || at === undefined || typeof guid !== "string" || typeof event !== "string") return undefined;
  return {
    id: String(id),
    guid,
    at,
    redelivery: data.redelivery === true,
    statusCode: typeof statusCode === "number" ? statusCode : 0,
    event,
    ...(typeof data.action === "string" && { action: data.action }),
  };
}
