import assert from "node:assert/strict";
import type { GitHubScope } from "../../functions/shared/github/account";
import { GitHubRunners } from "../../functions/shared/github/runners";
import { GitHubTransport } from "../../functions/shared/github/transport";
import { app, ORGANIZATION, serveGitHub } from "../rehearsal/github/fixture";
import { read } from "./projects";

type Permissions = Record<string, "read" | "write">;
const MANIFEST: { default_permissions: Permissions; default_events: string[]; public: boolean; hook_attributes: { active: boolean } } =
  JSON.parse(read("bootstrap", "app-manifest.json"));
const LIMITS = { callMs: 5_000, retries: 0, pauseMs: 1 };
const ORGANIZATION_SCOPE: GitHubScope = { organization: ORGANIZATION };
const REPOSITORY_SCOPE: GitHubScope = { owner: ORGANIZATION, repository: "tools" };

/** Every call that the functions make at GitHub, about a runner that may not exist: permissions are checked first. */
const CALLS: Record<string, (runners: GitHubRunners, signal: AbortSignal) => Promise<unknown>> = {
  createRegistrationToken: (runners, signal) => runners.createRegistrationToken(signal),
  fetchRemainingQuota: (runners, signal) => runners.fetchRemainingQuota(signal),
  find: (runners, signal) => runners.find("i-1", signal),
  get: (runners, signal) => runners.get(1, signal),
  pages: (runners, signal) => runners.pages(signal).next(),
  remove: (runners, signal) => runners.remove(1, signal),
  removeCustomLabels: (runners, signal) => runners.removeCustomLabels(1, signal),
  setCustomLabels: (runners, signal) => runners.setCustomLabels(1, ["pool"], signal),
  versionSchedule: (runners, signal) => runners.versionSchedule("2.338.0", signal),
};
/** Private, or without a call. */
const NO_CALLS = ["constructor", "delete", "list", "remainingQuota"];

/** The calls that GitHub refuses to an App with these permissions. */
async function refused(permissions: Permissions, scope: GitHubScope): Promise<string[]> {
  const served = await serveGitHub();
  try {
    const { id, privateKey } = app(served, { permissions });
    const account = { apiUrl: served.api, scope, credentials: { appId: String(id), privateKeySecret: "key" } };
    const runners = new GitHubRunners(new GitHubTransport(account, async () => privateKey, LIMITS), scope);
    const names: string[] = [];
    for (const [name, call] of Object.entries(CALLS)) await call(runners, AbortSignal.timeout(10_000)).catch(() => names.push(name));
    return names;
  } finally {
    await served.close();
  }
}

describe("the manifest of the GitHub App", () => {
  const { default_permissions: permissions } = MANIFEST;

  it("is tested with every call that the functions can make", () => {
    const methods = Object.getOwnPropertyNames(GitHubRunners.prototype).filter((name) => !NO_CALLS.includes(name));
    assert.deepEqual(Object.keys(CALLS), methods.sort());
  });

  it("asks for enough: GitHub refuses none of the functions' calls", async () => {
    assert.deepEqual(await refused(permissions, ORGANIZATION_SCOPE), []);
  });

  it("asks for no more: with one permission less, or read instead of write, GitHub refuses registrations", async () => {
    const fewer = Object.keys(permissions).flatMap((name): Permissions[] => {
      const { [name]: _without, ...others } = permissions;
      return [others, ...(permissions[name] === "write" ? [{ ...others, [name]: "read" as const }] : [])];
    });
    assert.ok(fewer.length > 0);
    for (const less of fewer) {
      assert.ok((await refused(less, ORGANIZATION_SCOPE)).includes("createRegistrationToken"), JSON.stringify(less));
    }
    assert.deepEqual([MANIFEST.default_events, MANIFEST.hook_attributes.active, MANIFEST.public], [[], false, false]);
  });

  it("is not enough for the runners of a single repository, which need the permission that the guide names", async () => {
    assert.ok((await refused(permissions, REPOSITORY_SCOPE)).includes("createRegistrationToken"));
    assert.deepEqual(await refused({ administration: "write" }, REPOSITORY_SCOPE), []);
  });
});
