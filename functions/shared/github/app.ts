import type { AppApi, AppDescription } from "./api";
import { GitHubError } from "./error";
import type { GitHubTransport } from "./transport";

const CONFIG = "/app/hook/config";

/** The App itself. GitHub accepts these calls with the App's JWT only. */
export class GitHubApp implements AppApi {
  constructor(private readonly transport: GitHubTransport) {}

  app(signal: AbortSignal): Promise<AppDescription> {
    return this.transport.call({ method: "GET", path: "/app", as: "app" }, readApp, signal);
  }

  async appHookUrl(signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.transport.call({ method: "GET", path: CONFIG, as: "app" }, readConfig, signal)).url;
    } catch (error) {
      // An App that was created without a webhook has no configuration of one.
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }

  async setAppHook({ url, secret }: { url: string; secret?: string }, signal: AbortSignal): Promise<void> {
    const body = { url, content_type: "json", insecure_ssl: "0", ...(secret !== undefined && { secret }) };
    const changed = await this.transport.call({ method: "PATCH", path: CONFIG, as: "app", body }, readConfig, signal);
    if (changed.url !== url) throw new GitHubError(`PATCH ${CONFIG}: GitHub still has another address for the App's webhook`, 0);
  }
}

function readApp(data: any): AppDescription | undefined {
  const { slug, permissions, events } = data ?? {};
  if (typeof slug !== "string" || typeof permissions !== "object" || permissions === null || !Array.isArray(events)) return undefined;
  return { slug, permissions, events: events.map(String) };
}

function readConfig(data: any): { url?: string } | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  return typeof data.url === "string" && data.url !== "" ? { url: data.url } : {};
}
