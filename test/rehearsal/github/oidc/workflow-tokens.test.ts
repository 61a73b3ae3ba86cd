import assert from "node:assert/strict";
import { workflowTokenIssuer } from "../../../../contract/shared/workflow-token";
import { GitHub, type WorkflowIdentity } from "../../../../rehearsal/github";
import { register, serveGitHub, type ServedGitHub } from "../fixture";

/** The job of the example token in GitHub's documentation. */
const EXAMPLE: WorkflowIdentity = {
  repository: "octo-org/octo-repo",
  run: { id: 17_000_000_001, number: 10, attempt: 2 },
  workflow: "example-workflow",
  runner: "github-hosted",
  event: "workflow_dispatch",
  ref: "refs/heads/main",
  sha: "0123456789abcdef0123456789abcdef01234567",
  environment: "prod",
  reusable: { ref: "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main", sha: "fedcba9876543210fedcba9876543210fedcba98" },
};

describe("the tokens of the GitHub stand-in's workflows", () => {
  let served: ServedGitHub;
  beforeEach(async () => void (served = await serveGitHub()));
  afterEach(() => served.close());

  const { environment: _, reusable: __, ...plain } = EXAMPLE;
  const subject = (changes: Partial<WorkflowIdentity>) => served.github.workflowTokens.claims({ ...plain, ...changes })["sub"];

  it("have the claims of GitHub's example, and its times", () => {
    const { jti, nbf, exp, iat, ...claims } = served.github.workflowTokens.claims(EXAMPLE);
    assert.deepEqual(claims, {
      sub: "repo:octo-org/octo-repo:environment:prod",
      environment: "prod",
      aud: `${served.url}/octo-org`,
      ref: "refs/heads/main",
      sha: EXAMPLE.sha,
      repository: "octo-org/octo-repo",
      repository_owner: "octo-org",
      actor_id: "1",
      repository_visibility: "private",
      repository_id: "1",
      repository_owner_id: "1",
      run_id: "17000000001",
      run_number: "10",
      run_attempt: "2",
      runner_environment: "github-hosted",
      actor: "octocat",
      workflow: "example-workflow",
      workflow_ref: "octo-org/octo-repo/.github/workflows/example-workflow.yml@refs/heads/main",
      workflow_sha: EXAMPLE.sha,
      head_ref: "",
      base_ref: "",
      event_name: "workflow_dispatch",
      ref_type: "branch",
      job_workflow_ref: EXAMPLE.reusable!.ref,
      job_workflow_sha: EXAMPLE.reusable!.sha,
      iss: `${served.url}/_services/token`,
    });
    // 1632492967, 1632493867 and 1632493567 in the example: GitHub's own token lives for five minutes.
    assert.deepEqual([Number(nbf) - Number(iat), Number(exp) - Number(iat)], [-600, 300]);
    assert.notEqual(jti, served.github.workflowTokens.claims(EXAMPLE)["jti"]);
  });

  it("have the subjects that GitHub documents for environments, pull requests, branches and tags", () => {
    const repo = "repo:octo-org/octo-repo";
    assert.equal(subject({ environment: "Production" }), `${repo}:environment:Production`);
    assert.equal(subject({ environment: "Production:V1" }), `${repo}:environment:Production%3AV1`);
    assert.equal(subject({ event: "pull_request", ref: "refs/pull/7/merge", environment: "prod" }), `${repo}:environment:prod`);
    assert.equal(subject({ event: "pull_request", ref: "refs/pull/7/merge" }), `${repo}:pull_request`);
    assert.equal(subject({ ref: "refs/heads/demo-branch" }), `${repo}:ref:refs/heads/demo-branch`);
    assert.equal(subject({ ref: "refs/tags/demo-tag" }), `${repo}:ref:refs/tags/demo-tag`);
    assert.equal(
      subject({ event: "pull_request_target" }),
      `${repo}:ref:refs/heads/main`,
      "of the target branch: a stranger's pull request has its token",
    );
  });

  it("have the ids of owner and repository in the subjects of newer repositories", () => {
    served.github.addRepository("octo-org/first");
    served.github.workflowTokens.configure("Octo-Org/octo-repo", { immutable: true });
    assert.equal(subject({}), "repo:octo-org@1/octo-repo@2:ref:refs/heads/main");
    assert.equal(subject({ repository: "octo-org/first" }), "repo:octo-org/first:ref:refs/heads/main");
    served.github.workflowTokens.configure("octo-org/octo-repo", { immutable: true, claimKeys: ["repo"] });
    assert.equal(subject({}), "repo:octo-org@1/octo-repo@2");
  });

  it("have the subjects that an owner composes, as in GitHub's examples", () => {
    const composed = (...claimKeys: string[]) => {
      served.github.workflowTokens.configure("octo-org/octo-repo", { claimKeys });
      return served.github.workflowTokens.claims(EXAMPLE)["sub"];
    };
    const reusable = "job_workflow_ref:octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main";
    assert.equal(composed("repository_owner", "repository_visibility"), "repository_owner:octo-org:repository_visibility:private");
    assert.equal(composed("job_workflow_ref"), reusable);
    assert.equal(composed("repo", "context", "job_workflow_ref"), `repo:octo-org/octo-repo:environment:prod:${reusable}`);
    assert.equal(composed("repository_id"), "repository_id:1");
  });

  it("come from the issuer that our programs derive from the address of the API", () => {
    const issuer = (host: string) => new GitHub(undefined, undefined, { host }).workflowTokens.issuer;
    assert.equal(issuer("github.com"), workflowTokenIssuer("https://api.github.com"));
    assert.equal(issuer("github.example.com"), workflowTokenIssuer("https://github.example.com/api/v3"));
  });

  it("are obtained by the job's own secret, as GitHub's toolkit asks for them, with or without an audience", async () => {
    const { environment } = served.github.workflowTokens.grant(EXAMPLE)!;
    const claims = async (query: string) => {
      const { status, body } = await obtain(environment, query);
      assert.equal(status, 200);
      return JSON.parse(Buffer.from(body.value.split(".")[1], "base64url").toString());
    };
    const audience = "ci-runners:e2e & more";
    assert.equal((await claims(`&audience=${encodeURIComponent(audience)}`)).aud, audience);
    assert.equal((await claims("")).aud, `${served.url}/octo-org`);
  });

  it("are refused to anyone else, to another run, and to a job that is over", async () => {
    const { environment, end } = served.github.workflowTokens.grant(EXAMPLE)!;
    const other = served.github.workflowTokens.grant({ ...EXAMPLE, run: { ...EXAMPLE.run, id: 1 } })!;
    const token = environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN!;
    assert.equal((await obtain({ ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${token}x` })).status, 401);
    assert.equal((await obtain({ ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" })).status, 401);
    assert.equal((await obtain({ ...other.environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token })).status, 403);
    assert.equal((await obtain(environment)).status, 200);
    end();
    assert.equal((await obtain(environment)).status, 401);
    assert.equal((await obtain(other.environment)).status, 200);
  });

  it("are not for pull requests from forks, which have no permission to write", () => {
    const request = { ...plain, event: "pull_request", ref: "refs/pull/7/merge" };
    assert.equal(served.github.workflowTokens.grant({ ...request, isFromFork: true }), undefined);
    assert.ok(served.github.workflowTokens.grant(request));
    assert.ok(served.github.workflowTokens.grant({ ...plain, event: "pull_request_target", isFromFork: true }));
  });

  it("can be obtained by a self-hosted runner's job while it runs, and only with the permission", async () => {
    const { runnerId } = await register(served, "i-1");
    const { protocol } = served.github;
    const { sessionId } = protocol.createSession({ runnerId });
    const run = async (more: object) => {
      const jobId = served.github.queueJob({ name: "e2e", labels: ["pool"], repository: "example-org/app", ...more });
      await protocol.poll({ sessionId, status: "Online" });
      const { environment } = protocol.acquire({ runnerId, jobId });
      const during = environment.ACTIONS_ID_TOKEN_REQUEST_URL === undefined ? undefined : await obtain(environment);
      protocol.complete({ jobId, result: "Succeeded" });
      return { environment, during, job: served.github.job(jobId) };
    };
    const idToken = { event: "push", ref: "refs/heads/main", sha: EXAMPLE.sha };
    const { environment, during, job } = await run({ idToken });
    const claims = JSON.parse(Buffer.from(during!.body.value.split(".")[1], "base64url").toString());
    assert.equal(claims.sub, "repo:example-org/app:ref:refs/heads/main");
    assert.deepEqual(
      [claims.run_id, claims.run_attempt, claims.check_run_id, claims.runner_environment],
      [String(job.run.id), "1", String(job.number), "self-hosted"],
    );
    assert.equal((await obtain(environment)).status, 401, "the job is over");
    assert.equal((await run({})).during, undefined);
    assert.equal((await run({ idToken: { ...idToken, event: "pull_request", isFromFork: true } })).during, undefined);
  });

  it("are verified by keys that stay published while tokens of the last one live", async () => {
    const { keys, issuer } = served.github.workflowTokens;
    const kids = async () => ((await (await fetch(`${issuer}/.well-known/jwks`)).json()) as any).keys.map(({ kid }: any) => kid);
    const [first] = await kids();
    keys.rotate();
    assert.deepEqual((await kids())[1], first);
    assert.equal(JSON.parse(Buffer.from(keys.sign({}).split(".")[0]!, "base64url").toString()).kid, (await kids())[0]);
    keys.rotate(false);
    assert.equal((await kids()).length, 1);
    assert.equal((await fetch(`${issuer}/.well-known/jwks`, { method: "POST" })).status, 405);
  });

  it("are issued at the addresses that jobs at github.com have", async () => {
    const github = new GitHub();
    const { environment } = github.workflowTokens.grant(EXAMPLE)!;
    const discovery = (await github.document("https://token.actions.githubusercontent.com/.well-known/openid-configuration")) as any;
    assert.equal(discovery.issuer, "https://token.actions.githubusercontent.com");
    assert.deepEqual(await github.document(discovery.jwks_uri), github.workflowTokens.keys.published());
    const url = new URL(environment.ACTIONS_ID_TOKEN_REQUEST_URL!);
    assert.match(url.hostname, /^run-actions-\S+\.actions\.githubusercontent\.com$/);
    await assert.rejects(github.document(url.href), /HTTP 401/);
    await assert.rejects(github.document("https://api.github.com/.well-known/jwks"), /HTTP 401/);
  });
});

async function obtain(environment: Record<string, string>, query = ""): Promise<{ status: number; body: any }> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = environment;
  const response = await fetch(`${url}${query}`, { headers: { authorization: `Bearer ${token}`, accept: "application/json" } });
  return { status: response.status, body: await response.json() };
}
