import type { RepositorySettings, Ruleset } from "../../rehearsal/github";

const ADMIN = { actor_id: 5, actor_type: "RepositoryRole", bypass_mode: "always" } as const;
const MAINTAIN = { actor_id: 2, actor_type: "RepositoryRole", bypass_mode: "always" } as const;

const ruleset = (id: number, name: string, target: Ruleset["target"], include: string, rules: Ruleset["rules"]): Ruleset => ({
  id,
  name,
  target,
  enforcement: "active",
  source_type: "Repository",
  bypass_actors: [ADMIN],
  conditions: { ref_name: { include: [include], exclude: [] } },
  rules,
});

/** A repository with everything that docs/promotion.md asks for. */
export function protectedRepository(): RepositorySettings {
  const main = ruleset(1, "main", "branch", "~DEFAULT_BRANCH", [
    { type: "deletion" },
    { type: "non_fast_forward" },
    {
      type: "pull_request",
      parameters: {
        required_approving_review_count: 1,
        require_code_owner_review: true,
        dismiss_stale_reviews_on_push: true,
        require_last_push_approval: false,
        required_review_thread_resolution: false,
      },
    },
    {
      type: "required_status_checks",
      parameters: {
        strict_required_status_checks_policy: false,
        required_status_checks: [
          { context: "test", integration_id: 15368 },
          { context: "promotion", integration_id: 15368 },
        ],
      },
    },
  ]);
  const created = ruleset(2, "who may release", "tag", "refs/tags/v*", [{ type: "creation" }]);
  created.bypass_actors.push(MAINTAIN);
  const kept = ruleset(3, "releases stay", "tag", "refs/tags/*", [{ type: "update" }, { type: "deletion" }]);
  const environment = (name: string, type: "branch" | "tag", policy: string, reviewers: string[] = []) => ({
    name,
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    branch_policies: [{ name: policy, type }],
    reviewers,
    secrets: name === "promotion" ? ["PROMOTION_APP_KEY"] : [],
  });
  return {
    hasRulesets: true,
    rulesets: [main, created, kept],
    environments: [
      environment("dev", "branch", "main"),
      environment("sandbox", "branch", "main"),
      environment("prod", "branch", "main", ["approvers"]),
      environment("promotion", "branch", "main"),
      environment("npm", "tag", "v*"),
    ],
    codeOwnersErrors: [],
    actionsMayApprove: false,
    secrets: { repository: ["OTHER"], organization: [] },
  };
}
