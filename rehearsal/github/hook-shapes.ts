import type { Delivery } from "./deliveries";
import type { Installation } from "./github-credentials";
import type { Hook } from "./hooks";
import { jobBody } from "./job-shapes";
import type { Job, JobAction } from "./jobs";
import type { Repository } from "./repositories";
import { organizationBody, repositoryBody } from "./repository-shapes";
import { account, instant } from "./shapes";

/** Payloads of webhooks, and reply bodies of the routes for webhooks and their deliveries. */

export interface JobEvent {
  hook: Hook;
  /** Of an App's webhook. */
  installation?: Installation;
  job: Job;
  action: JobAction;
  repository: Repository;
  api: string;
}

export function workflowJobBody({ installation, job, action, repository, api }: JobEvent): Record<string, unknown> {
  return {
    action,
    workflow_job: jobBody(job, api),
    repository: repositoryBody(repository, api),
    organization: organizationBody(repository.fullName.split("/")[0]!, api),
    sender: account("octocat", "User", api),
    ...(installation && { installation: { id: installation.id, node_id: `MDI_${installation.id}` } }),
  };
}

export function pingBody(hook: Hook, api: string): Record<string, unknown> {
  return {
    zen: "Keep it logically awesome.",
    hook_id: hook.id,
    hook: { ...hookBody(hook, api), ...("app" in hook.owner && { app_id: hook.owner.app.id }) },
    sender: account("octocat", "User", api),
  };
}

export function hookBody(hook: Hook, api: string): Record<string, unknown> {
  const { id, events, active, createdAt, updatedAt, owner } = hook;
  const scope = "scope" in owner ? owner.scope : undefined;
  const isRepository = scope?.includes("/") ?? false;
  const url = scope === undefined ? `${api}/app/hook` : `${api}/${isRepository ? "repos" : "orgs"}/${scope}/hooks/${id}`;
  const type = scope === undefined ? "App" : isRepository ? "Repository" : "Organization";
  const last =
    hook.lastStatus === null ? { code: null, status: "unused", message: null } : { code: hook.lastStatus, status: "active", message: "OK" };
  return {
    type,
    id,
    name: "web",
    active,
    events,
    config: configBody(hook),
    created_at: instant(createdAt),
    updated_at: instant(updatedAt),
    url,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    ...(isRepository && { test_url: `${url}/test`, last_response: last }),
  };
}

/** GitHub never returns a secret, only that there is one. */
export function configBody({ url, secret, contentType, insecureSsl }: Hook): Record<string, unknown> {
  return { content_type: contentType, insecure_ssl: insecureSsl, ...(secret ? { secret: "********" } : {}), url };
}

export function deliveryBody(delivery: Delivery): Record<string, unknown> {
  const { id, guid, at, redelivery, duration = 0, status, statusCode, event, action, installationId, repositoryId } = delivery;
  return {
    id,
    guid,
    delivered_at: new Date(at).toISOString(),
    redelivery,
    duration: duration / 1000,
    status,
    status_code: statusCode,
    event,
    action,
    installation_id: installationId,
    repository_id: repositoryId,
    throttled_at: null,
  };
}

export function deliveryDetailBody(delivery: Delivery): Record<string, unknown> {
  return {
    ...deliveryBody(delivery),
    url: delivery.url,
    request: { headers: delivery.headers, payload: JSON.parse(delivery.body) },
    response: { headers: {}, payload: "" },
  };
}
