import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promote } from "../../../promotion/promote";
import { RefusedError } from "../../../promotion/refused-error";
import type { RepositorySettings } from "../../../rehearsal/github";
import { serveGitHub, type ServedGitHub } from "../../rehearsal/github/fixture";
import { protectedRepository } from "../protected-repository";
import { RepositoryFixture } from "../repository-fixture";

const NAME = "example-org/ci-runners";
const OWNERS =
  "# Judges\n/.github/ @example-org/owners\n/promotion/ @example-org/owners\n/cli/ @example-org/owners\n/contract/ @example-org/owners\n/scripts/ @example-org/owners\n/*.json @example-org/owners\n/.npmrc @example-org/owners\n";

describe("npm run promote -- --check-settings", () => {
  let repo: RepositoryFixture;
  let served: ServedGitHub;
  let settings: RepositorySettings;
  before(async () => {
    repo = new RepositoryFixture();
    repo.write(".github/CODEOWNERS", OWNERS);
    repo.write("promotion/gates.ts", "");
    repo.commit(1, "Owners");
    served = await serveGitHub();
    served.github.registerToken("ghp_admin", [NAME], "admin");
    served.github.registerToken("ghp_reader", [NAME], "read");
    served.github.registerToken("ghp_metadata", [NAME], "metadata");
  });
  after(async () => {
    repo.close();
    await served.close();
  });
  beforeEach(() => {
    settings = protectedRepository();
    served.github.configureRepository(NAME, settings);
    served.github.faults.clear();
  });

  const check = async (token = "ghp_admin", args: string[] = ["--repository", NAME], more: NodeJS.ProcessEnv = {}) => {
    const file = join(repo.dir, "settings.json.out");
    rmSync(file, { force: true });
    const output: string[] = [];
    const env = { GH_TOKEN: token, GITHUB_API_URL: served.api, ...more };
    const code = await promote(["--check-settings", ...args, "--json", file], {
      dir: repo.dir,
      now: Date.now,
      log: (text) => output.push(text),
      env,
    });
    const json = JSON.parse(readFileSync(file, "utf8"));
    const failed = json.settings.filter(({ state }: any) => state !== "met");
    return {
      code,
      text: output.join("\n"),
      json,
      failed: failed.map(({ setting, state }: any) => `${setting}: ${state}`),
      reasons: failed.map(({ reason }: any) => reason),
    };
  };

  it("passes a repository with everything that the page asks for, and names what it found", async () => {
    const { code, failed, text, json } = await check();
    assert.deepEqual([code, failed, json.outcome, json.repository], [0, [], "met", NAME]);
    assert.match(text, /example-org\/ci-runners has all settings/);
    assert.equal(json.settings.length, 20);
  });

  /** One change of a good repository, what is then missing, and the reason. */
  const gaps: [what: string, change: () => void, failed: string[], reason: RegExp][] = [
    [
      "any branch can use the environment that holds the promotion key",
      () => (environment("promotion").deployment_branch_policy = null),
      ["environment promotion: refs: missing"],
      /any branch or tag can use it; allow only the branch main/,
    ],
    [
      "a second branch may deploy",
      () => environment("dev").branch_policies.push({ name: "feature/*" }),
      ["environment dev: refs: missing"],
      /also allows branch feature\/\*/,
    ],
    [
      "a tag named main may deploy",
      () => (environment("dev").branch_policies[0]!.type = "tag"),
      ["environment dev: refs: missing"],
      /also allows tag main/,
    ],
    [
      "protected branches may deploy, which may be all",
      () => (environment("sandbox").deployment_branch_policy = { protected_branches: true, custom_branch_policies: false }),
      ["environment sandbox: refs: missing"],
      /protected branches, which .* are all branches/,
    ],
    [
      "an environment is missing, which GitHub then creates without rules",
      () => settings.environments.splice(0, 1),
      ["environment dev: refs: missing"],
      /there is none; create it/,
    ],
    [
      "any tag may publish to npm",
      () => (environment("npm").branch_policies[0]!.name = "*"),
      ["environment npm: refs: missing"],
      /also allows tag \*/,
    ],
    [
      "prod is deployed without approval",
      () => (environment("prod").reviewers = []),
      ["environment prod: approvers: missing"],
      /add "Required reviewers"/,
    ],
    [
      "a ruleset is disabled",
      () => (settings.rulesets[2]!.enforcement = "disabled"),
      ["tags v*: update: missing", "tags v*: deletion: missing"],
      /"releases stay" has it, but its enforcement is disabled/,
    ],
    [
      "a ruleset of main only evaluates",
      () => (settings.rulesets[0]!.enforcement = "evaluate"),
      MAIN_RULES("missing"),
      /"main" has it, but its enforcement is evaluate/,
    ],
    [
      "writers may bypass the rules of main",
      () => settings.rulesets[0]!.bypass_actors.push({ actor_id: 4, actor_type: "RepositoryRole", bypass_mode: "pull_request" }),
      MAIN_RULES("missing"),
      /opens it to role write \(pull_request\)/,
    ],
    [
      "an App may bypass the rules of main, with a mode that GitHub leaves out",
      () => settings.rulesets[0]!.bypass_actors.push({ actor_id: 77, actor_type: "Integration" }),
      MAIN_RULES("missing"),
      /opens it to Integration 77 \(always\)/,
    ],
    [
      "each deploy key may create a release",
      () => settings.rulesets[1]!.bypass_actors.push({ actor_id: null, actor_type: "DeployKey" }),
      ["tags v*: creation: missing"],
      /opens it to DeployKey \(always\)/,
    ],
    [
      "those who release may move a tag",
      () => settings.rulesets[2]!.bypass_actors.push({ actor_id: 9, actor_type: "Team", bypass_mode: "always" }),
      ["tags v*: update: missing", "tags v*: deletion: missing"],
      /opens it to Team 9/,
    ],
    [
      "only some tags that start a release are protected",
      () => (settings.rulesets[1]!.conditions.ref_name.include = ["refs/tags/v*.*.*"]),
      ["tags v*: creation: missing"],
      /no active ruleset has it; restrict creations/,
    ],
    [
      "a tag ruleset excludes some releases",
      () => (settings.rulesets[1]!.conditions.ref_name.exclude = ["refs/tags/v0*"]),
      ["tags v*: creation: missing"],
      /no active ruleset/,
    ],
    [
      "the ruleset of tags is one of branches",
      () => (settings.rulesets[1]!.target = "branch"),
      ["tags v*: creation: missing"],
      /no active ruleset/,
    ],
    [
      "the check of the pins is not required",
      () => (checks().length = 1),
      ["main: check promotion: missing"],
      /require the status check promotion/,
    ],
    [
      "any App or person that may set a status reports the check of the pins",
      () => delete checks()[1]!.integration_id,
      ["main: check promotion: missing"],
      /source GitHub Actions \(integration_id 15368\) instead of any source/,
    ],
    [
      "another App than GitHub Actions reports the tests",
      () => (checks()[0]!.integration_id = 77),
      ["main: check test: missing"],
      /source GitHub Actions/,
    ],
    [
      "workflows may approve pull requests",
      () => (settings.actionsMayApprove = true),
      ["actions: approvals: missing"],
      /turn off "Allow GitHub Actions to create and approve pull requests"/,
    ],
    [
      "the promotion key is a secret of the repository, although the environment has it as well",
      () => settings.secrets.repository.push(...Array.from({ length: 120 }, (_, at) => `S_${at}`), "PROMOTION_APP_KEY"),
      ["secret PROMOTION_APP_KEY: place: missing"],
      /secret of the repository, which the workflow of any branch can read; .* revoke its key/,
    ],
    [
      "the promotion key is a secret of the organization",
      () => settings.secrets.organization.push("PROMOTION_APP_KEY"),
      ["secret PROMOTION_APP_KEY: place: missing"],
      /secret of the organization/,
    ],
    [
      "the environment lacks the promotion key",
      () => (environment("promotion").secrets = []),
      ["secret PROMOTION_APP_KEY: place: missing"],
      /environment promotion does not have it/,
    ],
    [
      "code owners need not approve",
      () => (rule("pull_request").require_code_owner_review = false),
      ["main: code owners: missing"],
      /require review from code owners/,
    ],
    [
      "a change after the approval is merged",
      () => (rule("pull_request").dismiss_stale_reviews_on_push = false),
      ["main: last push: missing"],
      /dismiss stale approvals/,
    ],
    ["no approval is needed", () => (rule("pull_request").required_approving_review_count = 0), ["main: approval: missing"], /1 approval/],
    [
      "CODEOWNERS names an owner without write access",
      () => (settings.codeOwnersErrors = [{ line: 3, kind: "Unknown owner" }]),
      ["code owners: errors: missing"],
      /line 3: Unknown owner; GitHub ignores these lines/,
    ],
  ];
  const environment = (name: string) => settings.environments.find((one) => one.name === name)!;
  const rule = (type: string) => settings.rulesets[0]!.rules.find((one) => one.type === type)!.parameters as Record<string, unknown>;

  const checks = () => rule("required_status_checks").required_status_checks as { integration_id?: number }[];

  for (const [what, change, expected, reason] of gaps) {
    it(`fails when ${what}`, async () => {
      change();
      const { code, failed, reasons } = await check();
      assert.deepEqual([code, failed], [1, expected]);
      for (const one of reasons) assert.match(one, reason);
    });
  }

  it("accepts the settings of a second ruleset, because GitHub applies the strictest", async () => {
    rule("pull_request").require_code_owner_review = false;
    const own = {
      ...settings.rulesets[0]!,
      id: 9,
      name: "owners",
      rules: [{ type: "pull_request", parameters: { ...rule("pull_request"), require_code_owner_review: true } }],
    };
    settings.rulesets.push(own);
    assert.equal((await check()).code, 0);
  });

  it("finds the ruleset and the environment of a second page, and never takes the first page for all", async () => {
    const idle = settings.rulesets[0]!;
    settings.rulesets.unshift(
      ...Array.from({ length: 101 }, (_, at) => ({ ...idle, id: 1000 + at, name: `old ${at}`, enforcement: "disabled" as const })),
    );
    settings.environments.unshift(
      ...Array.from({ length: 101 }, (_, at) => ({ ...environment("npm"), name: `preview/${at}`, deployment_branch_policy: null })),
    );
    environment("dev").branch_policies = Array.from({ length: 130 }, () => ({ name: "main" }));
    assert.deepEqual((await check()).failed, []);
    environment("dev").branch_policies.push({ name: "evil" });
    assert.deepEqual((await check()).failed, ["environment dev: refs: missing"]);
  });

  it("never takes a bypass list that the token may not see for an empty one", async () => {
    const { code, failed, reasons } = await check("ghp_reader");
    assert.equal(code, 1);
    assert.deepEqual(failed, [
      ...MAIN_RULES("unknown"),
      ...["creation", "update", "deletion"].map((one) => `tags v*: ${one}: unknown`),
      "actions: approvals: unknown",
    ]);
    for (const one of reasons.slice(0, -1)) assert.match(one, /may not see its bypass list; use a token of an admin/);
    assert.match(reasons.at(-1), /actions\/permissions\/workflow: 403 .*use a token of an admin with Administration: read/);
  });

  it("never takes an organization's ruleset for protection if only the organization's owners see who may bypass it", async () => {
    settings.rulesets[0]!.source_type = "Organization";
    assert.deepEqual((await check()).failed, MAIN_RULES("unknown"));
  });

  it("reports what a token may not read as unknown, with GitHub's reason, and fails", async () => {
    const { code, failed, reasons } = await check("ghp_metadata");
    assert.equal(code, 1);
    assert.deepEqual(
      failed.filter((one: string) => /^(environment|code owners|actions|secret)/.test(one)),
      [
        "code owners: errors: unknown",
        ...["dev", "sandbox", "prod", "promotion", "npm"].map((one) => `environment ${one}: refs: unknown`),
        "environment prod: approvers: unknown",
        "actions: approvals: unknown",
        "secret PROMOTION_APP_KEY: place: unknown",
      ],
    );
    assert.match(reasons.at(-3), /environments: 403 Resource not accessible by personal access token/);
  });

  it("fails for a private repository of a plan without rulesets", async () => {
    settings.hasRulesets = false;
    const { code, failed, reasons } = await check();
    assert.deepEqual([code, failed.length], [1, 10]);
    assert.match(reasons[0], /403 Upgrade to GitHub Pro/);
  });

  it("ignores a ruleset that was deleted since the list was read, and trusts none of its rules", async () => {
    served.github.faults.add({ route: /rulesets\/1$/, kind: "status", status: 404, message: "Not Found" });
    assert.deepEqual((await check()).failed, MAIN_RULES("unknown"));
  });

  it("accepts a repository that publishes nothing to npm, and says what to do before", async () => {
    settings.environments = settings.environments.filter(({ name }) => name !== "npm");
    const { code, text } = await check();
    assert.equal(code, 0);
    assert.match(text, /environment npm: refs +met +there is none; before NPM_PUBLISH is true, create it and allow only the tag v\*/);
  });

  it("takes the repository from the workflow, or from the remote origin", async () => {
    assert.equal((await check("ghp_admin", [], { GITHUB_REPOSITORY: NAME })).code, 0);
    for (const url of [`git@github.com:${NAME}.git`, `https://github.com/${NAME}`]) {
      repo.git("config", "remote.origin.url", url);
      assert.equal((await check("ghp_admin", [])).code, 0);
    }
    repo.git("config", "--unset", "remote.origin.url");
    await assert.rejects(check("ghp_admin", []), /--repository: give OWNER\/REPO/);
  });

  it("refuses, with exit code 2, what does not show how the settings are", async () => {
    const refused = async (work: Promise<unknown>, text: RegExp) =>
      assert.rejects(work, (error: Error) => {
        assert.ok(error instanceof RefusedError, String(error));
        assert.match(error.message, text);
        assert.doesNotMatch(error.message, /ghp_/);
        return true;
      });
    await refused(check(""), /GH_TOKEN: set it to a token of an admin/);
    await refused(check("ghp_wrong"), /401 .*GH_TOKEN is not valid/);
    await refused(
      check("ghp_admin", ["--repository", "example-org/other"]),
      /example-org\/other: GitHub has no such repository, or GH_TOKEN may not read it/,
    );
    await refused(check("ghp_admin", ["--repository", "../x"]), /--repository \.\.\/x: give OWNER\/REPO/);
    await refused(check("ghp_admin", ["--check"]), /--check: --check-settings evaluates no pin/);
    for (const [fault, text] of [
      [{ kind: "status", status: 502, message: "Bad Gateway" }, /environments: 502 .*try again/],
      [{ kind: "status", status: 429, message: "You have exceeded a secondary rate limit" }, /429 .*try again in an hour/],
      [{ kind: "status", status: 403, message: "API rate limit exceeded for user ID 1." }, /403 .*try again in an hour/],
      [{ kind: "down" }, /environments: .*try again/],
    ] as const) {
      served.github.faults.clear();
      served.github.faults.add({ route: /\/environments$/, ...fault });
      await refused(check(), text);
    }
  });
});

function MAIN_RULES(state: string): string[] {
  return ["approval", "code owners", "last push", "check test", "check promotion", "history", "deletion"].map(
    (one) => `main: ${one}: ${state}`,
  );
}
