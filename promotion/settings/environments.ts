import { STAGES } from "../stages";
import type { BranchPolicy, RepositorySettings } from "./repository-settings";
import { met, missing, type Setting, unknown } from "./setting";

/** Of the environments that hold something worth protecting: from which refs their jobs may run. */
const ALLOWED: readonly { name: string; policy: Required<BranchPolicy>; optional?: boolean }[] = [
  ...[...STAGES.map(({ name }) => name), "promotion"].map((name) => ({ name, policy: { type: "branch", name: "main" } })),
  { name: "npm", policy: { type: "tag", name: "v*" }, optional: true },
];

/** The last stage needs approvers. */
const APPROVED = STAGES.at(-1)!.name;

/**
 * Whether only main can use the environments that deploy and promote, and only tags of releases the one that publishes. The
 * environments of previews are not among them: they are made for the branches of pull requests, and their roles only read.
 */
export function environmentSettings(settings: RepositorySettings): Setting[] {
  return [...ALLOWED.map((one) => refsOf(settings, one)), approversOf(settings)];
}

function refsOf({ environments, policies }: RepositorySettings, { name, policy, optional }: (typeof ALLOWED)[number]): Setting {
  const setting = `environment ${name}: refs`;
  const wanted = `${policy.type} ${policy.name}`;
  const remedy = `allow only the ${wanted}, under "Deployment branches and tags", "Selected branches and tags"`;
  if (environments.refusal) return unknown(setting, environments.refusal.text);
  const found = environments.value.find((one) => one.name === name);
  // GitHub creates a missing environment without any rule as soon as a job names it.
  if (!found && optional) return met(setting, `there is none; before NPM_PUBLISH is true, create it and ${remedy}`);
  if (!found) return missing(setting, `there is none; create it and ${remedy}`);
  if (!found.deployment_branch_policy) return missing(setting, `any branch or tag can use it; ${remedy}`);
  if (!found.deployment_branch_policy.custom_branch_policies) {
    return missing(setting, `it allows protected branches, which without a classic protection rule are all branches; ${remedy}`);
  }
  const listed = policies.get(name);
  if (!listed) return missing(setting, `it allows no ref; ${remedy}`);
  if (listed.refusal) return unknown(setting, listed.refusal.text);
  const others = listed.value.filter((one) => one.name !== policy.name || (one.type ?? "branch") !== policy.type);
  if (others.length > 0)
    return missing(setting, `it also allows ${others.map((one) => `${one.type ?? "branch"} ${one.name}`).join(", ")}; ${remedy}`);
  return listed.value.length > 0 ? met(setting, `only the ${wanted}`) : missing(setting, `it allows no ref; ${remedy}`);
}

function approversOf({ environments }: RepositorySettings): Setting {
  const setting = `environment ${APPROVED}: approvers`;
  if (environments.refusal) return unknown(setting, environments.refusal.text);
  const rules = environments.value.find((one) => one.name === APPROVED)?.protection_rules ?? [];
  const reviewers = rules.flatMap((rule) => (rule.type === "required_reviewers" ? (rule.reviewers ?? []) : []));
  if (reviewers.length > 0) return met(setting, `${reviewers.length} users or teams`);
  return missing(setting, 'anybody\'s merge is deployed without an approval; add "Required reviewers"');
}
