import { type Allowed, openTo } from "./bypass";
import type { RepositorySettings, Rule, Ruleset } from "./repository-settings";
import { met, missing, type Setting, unknown } from "./setting";

interface Requirement {
  setting: string;
  holds: (rule: Rule) => boolean;
  /** Who may be in the bypass list of its ruleset. */
  allowed: Allowed;
  remedy: string;
}

const parameter =
  (name: string, holds: (value: unknown) => boolean) =>
  ({ type, parameters }: Rule) =>
    type === "pull_request" && holds(parameters?.[name]);
/** The id of the App "GitHub Actions" on github.com. */
const ACTIONS = 15368;
const check =
  (context: string) =>
  ({ type, parameters }: Rule) =>
    type === "required_status_checks" &&
    ((parameters?.required_status_checks ?? []) as { context: string; integration_id?: number | null }[]).some(
      (one) => one.context === context && one.integration_id === ACTIONS,
    );

/** From any source, anyone who may set a commit's status, as each App with that permission, reports the check as passed. */
const remedyOf = (context: string) =>
  `require the status check ${context}, with the source GitHub Actions (integration_id ${ACTIONS}) instead of any source`;

/** Each parameter by itself: GitHub applies the strictest of all rulesets. */
const FOR_MAIN: readonly Requirement[] = [
  {
    setting: "main: approval",
    holds: parameter("required_approving_review_count", (count) => Number(count) >= 1),
    allowed: "admins",
    remedy: "require a pull request with 1 approval",
  },
  {
    setting: "main: code owners",
    holds: parameter("require_code_owner_review", Boolean),
    allowed: "admins",
    remedy: "require review from code owners",
  },
  {
    setting: "main: last push",
    holds: (rule) => parameter("dismiss_stale_reviews_on_push", Boolean)(rule) || parameter("require_last_push_approval", Boolean)(rule),
    allowed: "admins",
    remedy: "dismiss stale approvals when new commits are pushed",
  },
  { setting: "main: check test", holds: check("test"), allowed: "admins", remedy: remedyOf("test") },
  { setting: "main: check promotion", holds: check("promotion"), allowed: "admins", remedy: remedyOf("promotion") },
  { setting: "main: history", holds: ({ type }) => type === "non_fast_forward", allowed: "admins", remedy: "block force pushes" },
  { setting: "main: deletion", holds: ({ type }) => type === "deletion", allowed: "admins", remedy: "restrict deletions" },
];

const FOR_TAGS: readonly Requirement[] = [
  {
    setting: "tags v*: creation",
    holds: ({ type }) => type === "creation",
    allowed: "releasers",
    remedy: "restrict creations to those who release",
  },
  { setting: "tags v*: update", holds: ({ type }) => type === "update", allowed: "admins", remedy: "restrict updates" },
  { setting: "tags v*: deletion", holds: ({ type }) => type === "deletion", allowed: "admins", remedy: "restrict deletions" },
];

/** Whether the rules in force protect main and the tags of releases. */
export function ruleSettings({ rulesets, mainRules }: RepositorySettings): Setting[] {
  const refusal = rulesets.refusal ?? mainRules.refusal;
  if (rulesets.refusal || mainRules.refusal) return [...FOR_MAIN, ...FOR_TAGS].map(({ setting }) => unknown(setting, refusal!.text));
  const inForce = new Map<number, Rule[]>();
  for (const rule of mainRules.value) inForce.set(rule.ruleset_id, [...(inForce.get(rule.ruleset_id) ?? []), rule]);
  const all = rulesets.value;
  // A ruleset that the list lacks still has a bypass list that no one has seen.
  const forMain = [...inForce].map(([id, rules]) => ({
    id,
    name: `ruleset ${id}`,
    enforcement: "active",
    ...all.find((one) => one.id === id),
    rules,
  }));
  const idle = all.filter(({ target, enforcement }) => target !== "tag" && enforcement !== "active");
  const tags = all.filter((one) => one.target === "tag" && coversReleases(one));
  return [
    ...FOR_MAIN.map((requirement) => settingFor(requirement, forMain, idle)),
    ...FOR_TAGS.map((requirement) =>
      settingFor(
        requirement,
        tags.filter(({ enforcement }) => enforcement === "active"),
        tags.filter(({ enforcement }) => enforcement !== "active"),
      ),
    ),
  ];
}

function settingFor({ setting, holds, allowed, remedy }: Requirement, inForce: readonly Ruleset[], idle: readonly Ruleset[]): Setting {
  const having = inForce.filter(({ rules }) => rules?.some(holds));
  const bypasses = having.map((ruleset) => ({ name: ruleset.name, open: openTo(ruleset, allowed) }));
  const closed = bypasses.find(({ open }) => open?.length === 0);
  if (closed) return met(setting, `ruleset "${closed.name}"`);
  const hidden = bypasses.find(({ open }) => open === undefined);
  if (hidden)
    return unknown(
      setting,
      `ruleset "${hidden.name}" has it, but GH_TOKEN may not see its bypass list; use a token of an admin with Administration: write`,
    );
  const [bypassed] = bypasses;
  if (bypassed)
    return missing(
      setting,
      `ruleset "${bypassed.name}" has it, but its bypass list opens it to ${bypassed.open!.join(", ")}; remove them from the list`,
    );
  const inactive = idle.find(({ rules }) => rules?.some(holds));
  if (inactive)
    return missing(setting, `ruleset "${inactive.name}" has it, but its enforcement is ${inactive.enforcement}; set it to active`);
  return missing(setting, `no active ruleset has it; ${remedy}`);
}

/** Patterns that cover each tag that starts `release.yml`, `v*`. One like `v*.*.*` does not: the workflow would run for `v-1`. */
const ALL_RELEASES = ["~ALL", "refs/tags/v*", "refs/tags/v**", "refs/tags/*", "refs/tags/**", "refs/tags/**/*"];

function coversReleases({ conditions }: Ruleset): boolean {
  const { include = [], exclude = [] } = conditions?.ref_name ?? {};
  // An exclusion is harmless if it begins with a letter that no release begins with.
  return include.some((pattern) => ALL_RELEASES.includes(pattern)) && exclude.every((pattern) => /^refs\/tags\/[^v*?[{\\]/.test(pattern));
}
