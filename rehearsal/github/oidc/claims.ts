import type { Repository } from "../repositories";
import type { SubjectSettings, WorkflowIdentity } from "./identity";

/** Seconds before a token's time of issue from which on it is valid: as in GitHub's example. */
const VALID_BEFORE = 600;
/** As in the REST API's replies. */
const OWNER_ID = "1";
const ACTOR_ID = "1";

/** Claims of a token, as GitHub's reference lists them. @param token with `now` in seconds since the epoch, and `validFor` in seconds */
export function claimsOf(
  identity: WorkflowIdentity,
  repository: Repository,
  settings: SubjectSettings,
  token: { issuer: string; audience: string; id: string; now: number; validFor: number },
): Record<string, unknown> {
  const described = describe(identity, repository);
  return {
    jti: token.id,
    sub: subjectOf(identity, described, settings),
    aud: token.audience,
    ...described,
    iss: token.issuer,
    nbf: token.now - VALID_BEFORE,
    exp: token.now + token.validFor,
    iat: token.now,
  };
}

/** All values are texts, also numbers. */
function describe(identity: WorkflowIdentity, { id, fullName, isPrivate }: Repository): Record<string, string> {
  const { run, workflow, ref, sha, reusable, environment, checkRunId } = identity;
  const own = `${fullName}/${identity.workflowPath ?? `.github/workflows/${workflow}.yml`}@${ref}`;
  return {
    ref,
    sha,
    repository: fullName,
    repository_owner: ownerOf(fullName),
    repository_owner_id: OWNER_ID,
    repository_id: String(id),
    repository_visibility: isPrivate ? "private" : "public",
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    actor: identity.actor ?? "octocat",
    actor_id: ACTOR_ID,
    workflow,
    workflow_ref: own,
    workflow_sha: sha,
    head_ref: identity.headRef ?? "",
    base_ref: identity.baseRef ?? "",
    event_name: identity.event,
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    job_workflow_ref: reusable?.ref ?? own,
    job_workflow_sha: reusable?.sha ?? sha,
    runner_environment: identity.runner,
    ...(environment !== undefined && { environment }),
    ...(checkRunId !== undefined && { check_run_id: String(checkRunId) }),
  };
}

/** An environment takes precedence over a pull request, and a pull request over the ref. */
function subjectOf(identity: WorkflowIdentity, claims: Record<string, string>, { immutable, claimKeys }: SubjectSettings): string {
  const parts = (claimKeys ?? ["repo", "context"]).map((key) => {
    if (key === "repo") return `repo:${repositoryPart(claims, immutable === true)}`;
    if (key === "context") return contextOf(identity);
    return `${key}:${escaped(claims[key] ?? "")}`;
  });
  return parts.join(":");
}

/** A customized subject has the ids as well, wherever it names the repository. */
function repositoryPart(
  { repository = "", repository_id: id, repository_owner_id: ownerId }: Record<string, string>,
  immutable: boolean,
): string {
  if (!immutable) return repository;
  const [owner, name] = repository.split("/");
  return `${owner}@${ownerId}/${name}@${id}`;
}

/** `pull_request_target` runs with the rights of the target branch, and its token is one of that branch. */
function contextOf({ environment, event, ref }: WorkflowIdentity): string {
  if (environment !== undefined) return `environment:${escaped(environment)}`;
  return event === "pull_request" ? "pull_request" : `ref:${escaped(ref)}`;
}

function escaped(value: string): string {
  return value.replaceAll(":", "%3A");
}

export function ownerOf(repository: string): string {
  return repository.split("/")[0] ?? "";
}
