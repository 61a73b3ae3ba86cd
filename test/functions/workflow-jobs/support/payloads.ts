import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Webhooks } from "@octokit/webhooks";
import Ajv, { type ValidateFunction } from "ajv";

const REPOSITORY = "octo-org/app";
export const SECRET = "0123456789abcdef".repeat(4);

export interface JobFields {
  id: number;
  run_id: number;
  run_attempt: number;
  status: string;
  conclusion: string | null;
  created_at: string;
  started_at: string;
  completed_at: string | null;
  labels: string[];
  runner_id: number | null;
  runner_name: string | null;
  runner_group_id: number | null;
  runner_group_name: string | null;
}

/** A `workflow_job` delivery with all fields that GitHub documents for the job. */
export function jobPayload(action: string, fields: Partial<JobFields> = {}, repository = REPOSITORY) {
  const createdAt = fields.created_at ?? "2026-11-29T08:00:00Z";
  const running = action === "in_progress" || action === "completed";
  const api = `https://api.github.com/repos/${repository}`;
  const id = fields.id ?? 11;
  const job = {
    id,
    run_id: 7,
    run_url: `${api}/actions/runs/7`,
    run_attempt: 1,
    node_id: "CR_kw",
    head_sha: "d6fde92930d4715a2b49857d24b940956b26d2d3",
    url: `${api}/actions/jobs/${id}`,
    html_url: `https://github.com/${repository}/actions/runs/7/job/${id}`,
    status: action,
    conclusion: action === "completed" ? "success" : null,
    started_at: createdAt,
    completed_at: action === "completed" ? "2026-11-29T08:10:00Z" : null,
    name: "test",
    steps: [] as object[],
    check_run_url: `${api}/check-runs/${id}`,
    labels: ["self-hosted", "Linux"],
    runner_id: running ? 3 : null,
    runner_name: running ? "i-0123456789abcdef0" : null,
    runner_group_id: running ? 1 : null,
    runner_group_name: running ? "Default" : null,
    workflow_name: "CI",
    head_branch: "main",
    created_at: createdAt,
    ...fields,
  };
  return { action, workflow_job: job, repository: { id: 1, full_name: repository }, sender: { login: "octocat" } };
}

/** The event of a function URL for a delivery that GitHub's own library has signed. */
export async function signedDelivery(payload: unknown, options: { event?: string; secret?: string; base64?: boolean } = {}) {
  const { event = "workflow_job", secret = SECRET, base64 = false } = options;
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const signature = await new Webhooks({ secret }).sign(body);
  return functionUrlEvent(body, { "x-github-event": event, "x-hub-signature-256": signature }, base64);
}

export function functionUrlEvent(body: string, headers: Record<string, string>, base64 = false) {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/",
    headers: { "content-type": "application/json", "user-agent": "GitHub-Hookshot/044aadd", ...headers },
    requestContext: { http: { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "192.0.2.1" } },
    body: base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: base64,
  };
}

/** Differences between a payload's job and GitHub's own description of the webhook. */
export function jobDifferences(payload: ReturnType<typeof jobPayload>): string[] {
  const key = `webhook-workflow-job-${payload.action.replace("_", "-")}`;
  const validate = validatorOf(key);
  return validate(payload.workflow_job) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

let description: { components: { schemas: Record<string, { properties: { workflow_job: object } }> } } | undefined;
const validators = new Map<string, ValidateFunction>();

function validatorOf(key: string): ValidateFunction {
  const known = validators.get(key);
  if (known) return known;
  // 5 MB, so it is read at the first use.
  const file = createRequire(__filename).resolve("@octokit/openapi-webhooks/generated/api.github.com.json");
  description ??= JSON.parse(readFileSync(file, "utf8"));
  const { components } = description!;
  const schema = { ...components.schemas[key]!.properties.workflow_job, components };
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  validators.set(key, validate);
  return validate;
}
