import type { App, Installation } from "./github-credentials";
import { covers } from "./access";
import { HttpError } from "./http";

/** Who receives a webhook's events: an App, about the repositories of its installations, or an organization or repository. */
export type HookOwner = { app: App } | { scope: string };

export interface Hook {
  readonly id: number;
  readonly owner: HookOwner;
  /** Empty: an App without a webhook. */
  url: string;
  secret?: string;
  contentType: "json" | "form";
  insecureSsl: string;
  events: string[];
  active: boolean;
  readonly createdAt: number;
  updatedAt: number;
  /** Of its last delivery; null until there is one. */
  lastStatus: number | null;
}

/** What a request may change of a webhook's configuration. */
export interface HookConfig {
  url?: string;
  secret?: string;
  contentType?: string;
  insecureSsl?: string;
}

const FIRST_HOOK = 400_000_000;

/** Every webhook: one of each App, and any number of organizations' and repositories'. */
export class Hooks {
  private readonly all = new Map<number, Hook>();
  private created = 0;

  constructor(private readonly now: () => number) {}

  get any(): boolean {
    return this.all.size > 0;
  }

  urls(): string[] {
    return [...this.all.values()].map(({ url }) => url);
  }

  get(id: number): Hook | undefined {
    return this.all.get(id);
  }

  of(scope: string): Hook[] {
    return [...this.all.values()].filter(({ owner }) => "scope" in owner && sameName(owner.scope, scope));
  }

  /** The App's own webhook: it has exactly one, with the events of the App, even if no address is configured. */
  ofApp(app: App): Hook {
    const known = [...this.all.values()].find(({ owner }) => "app" in owner && owner.app === app);
    return known ?? this.put({ app }, { ...app.webhook, contentType: "json" }, app.events ?? [], true);
  }

  /** Throws HttpError 422 for an address that another webhook of the scope has. */
  create(scope: string, config: HookConfig, events: string[], active: boolean): Hook {
    const isTaken = this.of(scope).some(({ url }) => url === config.url);
    const kind = scope.includes("/") ? "repository" : "organization";
    if (isTaken) throw invalid(`Hook already exists on this ${kind}`);
    return this.put({ scope }, config, events, active);
  }

  /** Changes what is given. Throws HttpError 422 for an address that is none. */
  configure(hook: Hook, config: HookConfig): void {
    check(config);
    if (config.url !== undefined) hook.url = config.url;
    if (config.secret !== undefined) hook.secret = config.secret;
    if (config.contentType !== undefined) hook.contentType = config.contentType as Hook["contentType"];
    if (config.insecureSsl !== undefined) hook.insecureSsl = config.insecureSsl;
    hook.updatedAt = this.now();
  }

  remove(hook: Hook): void {
    this.all.delete(hook.id);
  }

  /** Those that receive an event of a repository, with the App's installation there. */
  subscribed(event: string, repository: string): { hook: Hook; installation?: Installation }[] {
    const receivers: { hook: Hook; installation?: Installation }[] = [];
    for (const hook of this.all.values()) {
      if (!hook.active || hook.url === "" || !(hook.events.includes(event) || hook.events.includes("*"))) continue;
      const { owner } = hook;
      if ("scope" in owner) {
        if (sameName(owner.scope, repository) || sameName(owner.scope, repository.split("/")[0]!)) receivers.push({ hook });
        continue;
      }
      // An event is sent once for each installation that covers the repository and was granted the permission behind the event.
      const installation = owner.app.installations.find((one) => covers(one, repository) && one.permissions.actions);
      if (installation) receivers.push({ hook, installation });
    }
    return receivers;
  }

  private put(owner: HookOwner, config: HookConfig, events: string[], active: boolean): Hook {
    const now = this.now();
    const defaults = { url: "", contentType: "form" as const, insecureSsl: "0" };
    const hook: Hook = {
      id: FIRST_HOOK + ++this.created,
      owner,
      ...defaults,
      events,
      active,
      createdAt: now,
      updatedAt: now,
      lastStatus: null,
    };
    this.configure(hook, config);
    this.all.set(hook.id, hook);
    return hook;
  }
}

function check({ url, contentType }: HookConfig): void {
  if (url !== undefined && url !== "" && !/^https?:\/\/[^/]+/.test(url)) throw invalid("url is not a valid URL");
  if (contentType !== undefined && contentType !== "json" && contentType !== "form") throw invalid("content_type must be json or form");
}

function invalid(message: string): HttpError {
  return new HttpError(422, "Validation Failed", { errors: [{ resource: "Hook", code: "custom", message }] });
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
