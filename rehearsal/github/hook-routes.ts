import { requireAccess } from "./access";
import { configBody, deliveryBody, deliveryDetailBody, hookBody } from "./hook-shapes";
import type { Caller } from "./github-credentials";
import { HttpError } from "./http";
import type { Hook, HookConfig } from "./hooks";
import { type Act, asApp, at, byCursor, ok, paged, type Route, scopeOf } from "./routes";
import type { Webhooks } from "./webhooks";

/** The routes for webhooks of Apps, organizations and repositories, and for their deliveries. */
export function hookRoutes(webhooks: Webhooks, largestPage: number): Route[] {
  const { hooks, deliveries } = webhooks;
  const ofApp: FindHook = (_, caller) => hooks.ofApp(asApp(caller));
  const access = (match: Record<string, string>, caller: Caller): string => {
    const scope = scopeOf(match);
    // GitHub demands the permission to write even of a caller that only reads a webhook.
    requireAccess(caller, scope, scope.includes("/") ? "repository_hooks" : "organization_hooks", "write");
    return scope;
  };
  const ofScope: FindHook = (match, caller) => {
    const scope = access(match, caller);
    const hook = hooks.get(Number(match.hook_id));
    const isOwn = hook && "scope" in hook.owner && hook.owner.scope.toLowerCase() === scope.toLowerCase();
    if (!isOwn) throw new HttpError(404, "Not Found");
    return hook;
  };

  const list: Act = (call, match, caller) => {
    const page = paged(call, hooks.of(access(match, caller)), largestPage);
    return { status: 200, body: page.items.map((hook) => hookBody(hook, call.origin)), headers: page.headers };
  };
  const create: Act = (call, match, caller) => {
    const scope = access(match, caller);
    const config = configOf(call.body.config);
    if (!config.url) throw new HttpError(422, "Validation Failed");
    const { events = ["push"], active = true } = call.body as { events?: string[]; active?: boolean };
    const hook = hooks.create(scope, config, events, active);
    webhooks.ping(hook);
    return ok(hookBody(hook, call.origin), 201);
  };
  const update: Act = (call, match, caller) => {
    const hook = ofScope(match, caller);
    const { events, active, config } = call.body as { events?: string[]; active?: boolean; config?: unknown };
    // "If you previously had a secret set, you must provide the same secret or set a new one or it will be removed."
    if (config !== undefined) hooks.configure(hook, { secret: "", ...configOf(config) });
    Object.assign(hook, events && { events }, active !== undefined && { active });
    return ok(hookBody(hook, call.origin));
  };
  const remove: Act = (_, match, caller) => {
    hooks.remove(ofScope(match, caller));
    return { status: 204 };
  };
  const ping: Act = (_, match, caller) => {
    webhooks.ping(ofScope(match, caller));
    return { status: 204 };
  };

  const config =
    (find: FindHook): Act =>
    (_, match, caller) =>
      ok(configBody(find(match, caller)));
  const configure =
    (find: FindHook): Act =>
    (call, match, caller) => {
      const hook = find(match, caller);
      hooks.configure(hook, configOf(call.body));
      return ok(configBody(hook));
    };
  const log =
    (find: FindHook): Act =>
    (call, match, caller) => {
      const wanted = call.query.get("status");
      const all = deliveries
        .of(find(match, caller))
        .filter(({ status }) => wanted === null || (status === "OK") === (wanted === "success"));
      const page = byCursor(call, all, largestPage, ({ id }) => String(id));
      return { status: 200, body: page.items.map(deliveryBody), headers: page.headers };
    };
  const one = (find: FindHook, match: Record<string, string>, caller: Caller) => {
    const found = deliveries.of(find(match, caller)).find(({ id }) => id === Number(match.delivery_id));
    if (!found) throw new HttpError(404, "Not Found");
    return found;
  };
  const again =
    (find: FindHook): Act =>
    (_, match, caller) => {
      webhooks.redeliver(one(find, match, caller));
      return ok({}, 202);
    };

  const ofOne = (base: string, find: FindHook): Route[] => [
    at("GET", `${base}/config`, config(find)),
    at("PATCH", `${base}/config`, configure(find)),
    at("GET", `${base}/deliveries`, log(find)),
    at("GET", `${base}/deliveries/{delivery_id}`, (_, match, caller) => ok(deliveryDetailBody(one(find, match, caller)))),
    at("POST", `${base}/deliveries/{delivery_id}/attempts`, again(find)),
  ];
  const base = "/{scope}/hooks/{hook_id}";
  return [
    ...ofOne("/app/hook", ofApp),
    ...ofOne(base, ofScope),
    at("GET", "/{scope}/hooks", list),
    at("POST", "/{scope}/hooks", create),
    at("GET", base, (call, match, caller) => ok(hookBody(ofScope(match, caller), call.origin))),
    at("PATCH", base, update),
    at("DELETE", base, remove),
    at("POST", `${base}/pings`, ping),
  ];
}

type FindHook = (match: Record<string, string>, caller: Caller) => Hook;

/** What a request says of a webhook's configuration. Throws HttpError 422 for what is not text. */
function configOf(given: unknown): HookConfig {
  const { url, secret, content_type: contentType, insecure_ssl: insecureSsl } = (given ?? {}) as Record<string, unknown>;
  const config = { url, secret, contentType, insecureSsl: typeof insecureSsl === "number" ? String(insecureSsl) : insecureSsl };
  const present = Object.entries(config).filter(([, value]) => value !== undefined);
  if (present.some(([, value]) => typeof value !== "string")) throw new HttpError(422, "Validation Failed");
  return Object.fromEntries(present) as HookConfig;
}
