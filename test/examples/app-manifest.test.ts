import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebhookScope, isUnusedWebhook } from "../../contract/workflow-jobs/webhook";
import type { GitHubScope } from "../../functions/shared/github/account";
import { GitHubActions } from "../../functions/shared/github/actions";
import { GitHubApp } from "../../functions/shared/github/app";
import { GitHubHooks } from "../../functions/shared/github/hooks";
import { GitHubRunners } from "../../functions/shared/github/runners";
import { GitHubTransport } from "../../functions/shared/github/transport";
import { appFaults } from "../../functions/workflow-jobs/setup/check-app";
import { app, ORGANIZATION, serveGitHub } from "../rehearsal/github/fixture";
import { EXAMPLES, read } from "./projects";

type Permissions = Record<string, "read" | "write">;
interface AppManifest {
  default_permissions: Permissions;
  default_events: string[];
  public: boolean;
  hook_attributes: { url: string; active: boolean };
}
const manifest = (file: string): AppManifest => JSON.parse(read("bootstrap", file));
const WITH_DEMAND = manifest("app-manifest.json");
const WITHOUT_DEMAND = manifest("app-manifest-without-demand.json");

const LIMITS = { callMs: 5_000, retries: 0, pauseMs: 1 };
const ORGANIZATION_SCOPE: GitHubScope = { organization: ORGANIZATION };
const REPOSITORY_SCOPE: GitHubScope = { owner: ORGANIZATION, repository: "tools" };
const REPOSITORY = `${ORGANIZATION}/tools`;

interface Clients {
  runners: GitHubRunners;
  app: GitHubApp;
  actions: GitHubActions;
  hooks: GitHubHooks;
}
type Calls = Record<string, (clients: Clients, signal: AbortSignal, scope: GitHubScope) => Promise<unknown>>;

/** Every call that a pool's functions make at GitHub, about a runner that may not exist: permissions are checked first. */
const POOL_CALLS: Calls = {
  createRegistrationToken: ({ runners }, signal) => runners.createRegistrationToken(signal),
  fetchRemainingQuota: ({ runners }, signal) => runners.fetchRemainingQuota(signal),
  find: ({ runners }, signal) => runners.find("i-1", signal),
  get: ({ runners }, signal) => runners.get(1, signal),
  pages: ({ runners }, signal) => runners.pages(signal).next(),
  remove: ({ runners }, signal) => runners.remove(1, signal),
  removeCustomLabels: ({ runners }, signal) => runners.removeCustomLabels(1, signal),
  setCustomLabels: ({ runners }, signal) => runners.setCustomLabels(1, ["pool"], signal),
  versionSchedule: ({ runners }, signal) => runners.versionSchedule("2.338.0", signal),
};
/** Those of a source of demand whose webhook is the App's own. */
const SOURCE_CALLS: Calls = {
  app: (clients, signal) => clients.app.app(signal),
  appHookUrl: (clients, signal) => clients.app.appHookUrl(signal),
  setAppHook: (clients, signal) => clients.app.setAppHook({ url: "https://function.example/", secret: "secret" }, signal),
  deliveries: ({ hooks }, signal) => hooks.deliveries("app", 0, "all", signal),
  redeliver: ({ hooks }, signal) => hooks.redeliver("app", "1", signal),
  repositories: ({ actions }, signal) => actions.repositories(signal),
  runs: ({ actions }, signal) => actions.runs(REPOSITORY, "queued", undefined, signal),
  jobs: ({ actions }, signal) => actions.jobs(REPOSITORY, 1, undefined, signal),
  job: ({ actions }, signal) => actions.job(REPOSITORY, 1, signal),
  runnerGroups: ({ actions }, signal) => actions.runnerGroups(ORGANIZATION, signal),
  groupRepositories: ({ actions }, signal) => actions.groupRepositories(ORGANIZATION, 1, signal),
};
/** Those that only an option asks for, with the permission that the guide names for it. */
const OPTIONAL_CALLS: Calls = {
  rerun: ({ actions }, signal) => actions.rerun(REPOSITORY, 1, "failed", signal),
  findHook: ({ hooks }, signal, scope) => hooks.findHook(scope, "https://function.example/", signal),
  putHook: ({ hooks }, signal, scope) => hooks.putHook(scope, { url: "https://function.example/", secret: "secret", events: [] }, signal),
  removeHook: ({ hooks }, signal, scope) => hooks.removeHook(scope, "https://function.example/", signal),
};
/** Private, or without a call. */
const NO_CALLS = ["constructor", "delete", "list", "remainingQuota", "conditional", "update", "unlessGone"];

/** The calls that GitHub refuses to an App with these permissions. */
async function refused(calls: Calls, permissions: Permissions, scope: GitHubScope): Promise<string[]> {
  const served = await serveGitHub();
  try {
    const { id, privateKey } = app(served, { permissions });
    served.github.addRepository(REPOSITORY);
    const account = { apiUrl: served.api, scope, credentials: { appId: String(id), privateKeySecret: "key" } };
    const transport = new GitHubTransport(account, async () => privateKey, LIMITS);
    const clients = {
      runners: new GitHubRunners(transport, scope),
      app: new GitHubApp(transport),
      actions: new GitHubActions(transport),
      hooks: new GitHubHooks(transport),
    };
    const names: string[] = [];
    for (const [name, call] of Object.entries(calls)) {
      await call(clients, AbortSignal.timeout(10_000), scope).catch((error: { status?: number }) => {
        // What does not exist is found missing only by an App that may search for it.
        if (error.status !== 404 || /Resource not accessible/.test(String(error))) names.push(name);
      });
    }
    return names;
  } finally {
    await served.close();
  }
}

/** With one permission less, or read instead of write. */
function weaker(permissions: Permissions): Permissions[] {
  return Object.keys(permissions).flatMap((name): Permissions[] => {
    const { [name]: _without, ...others } = permissions;
    return [others, ...(permissions[name] === "write" ? [{ ...others, [name]: "read" as const }] : [])];
  });
}

describe("the manifests of the GitHub App", () => {
  it("are tested with every call that the functions can make", () => {
    const methods = [GitHubRunners, GitHubApp, GitHubActions, GitHubHooks].flatMap(({ prototype }) =>
      Object.getOwnPropertyNames(prototype),
    );
    const tested = Object.keys({ ...POOL_CALLS, ...SOURCE_CALLS, ...OPTIONAL_CALLS });
    assert.deepEqual(tested.sort(), methods.filter((name) => !NO_CALLS.includes(name)).sort());
  });

  it("ask for enough: GitHub refuses no call of a pool, nor one of its source", async () => {
    assert.deepEqual(await refused({ ...POOL_CALLS, ...SOURCE_CALLS }, WITH_DEMAND.default_permissions, ORGANIZATION_SCOPE), []);
    assert.deepEqual(await refused(POOL_CALLS, WITHOUT_DEMAND.default_permissions, ORGANIZATION_SCOPE), []);
  });

  it("ask for no more: with one permission less, or read instead of write, GitHub refuses registrations or the queue", async () => {
    for (const { default_permissions: permissions } of [WITH_DEMAND, WITHOUT_DEMAND]) {
      const fewer = weaker(permissions);
      assert.ok(fewer.length > 0);
      for (const less of fewer) {
        const calls = await refused({ ...POOL_CALLS, ...SOURCE_CALLS }, less, ORGANIZATION_SCOPE);
        const essential = "actions" in less || !("actions" in permissions) ? "createRegistrationToken" : "runs";
        assert.ok(calls.includes(essential), JSON.stringify(less));
      }
    }
  });

  it("give an App that the deployment's own check accepts, whose webhook is free and switched on", () => {
    const faults = ({ default_events: events, default_permissions: permissions }: AppManifest) =>
      appFaults(
        { slug: "ci-runners", events, permissions },
        { scope: WebhookScope.App, rerunLostJobs: false, account: ORGANIZATION_SCOPE },
      );
    assert.deepEqual(faults(WITH_DEMAND), []);
    assert.ok(isUnusedWebhook(WITH_DEMAND.hook_attributes.url));
    // GitHub's API has no parameter for the switch: an App that begins with it off needs a person to set it.
    assert.equal(WITH_DEMAND.hook_attributes.active, true);
    assert.equal(faults(WITHOUT_DEMAND).length, 2);
    assert.deepEqual([WITH_DEMAND.public, WITHOUT_DEMAND.public], [false, false]);
  });

  it("give an App without a webhook and events to a pool that follows no queue", () => {
    const { default_events: events, hook_attributes: hook } = WITHOUT_DEMAND;
    assert.deepEqual([events, hook.active, isUnusedWebhook(hook.url)], [[], false, true]);
  });

  it("are not enough for the runners of a single repository, which need the permission that the guide names", async () => {
    assert.ok((await refused(POOL_CALLS, WITH_DEMAND.default_permissions, REPOSITORY_SCOPE)).includes("createRegistrationToken"));
    assert.deepEqual(await refused(POOL_CALLS, { administration: "write" }, REPOSITORY_SCOPE), []);
  });

  it("leave out what only an option needs, and GitHub then refuses nothing of it", async () => {
    const without = await refused(OPTIONAL_CALLS, WITH_DEMAND.default_permissions, ORGANIZATION_SCOPE);
    assert.deepEqual(without, Object.keys(OPTIONAL_CALLS));
    const hooks = { ...WITH_DEMAND.default_permissions, organization_hooks: "write" as const };
    assert.deepEqual(await refused(OPTIONAL_CALLS, hooks, ORGANIZATION_SCOPE), ["rerun"]);
    assert.deepEqual(await refused(OPTIONAL_CALLS, { ...hooks, actions: "write" }, ORGANIZATION_SCOPE), []);
    const repository = { ...WITH_DEMAND.default_permissions, administration: "write", repository_hooks: "write" } as const;
    assert.deepEqual(await refused(OPTIONAL_CALLS, repository, REPOSITORY_SCOPE), ["rerun"]);
  });

  it("equal the address in the guide, which opens the same form without a file", () => {
    const guide = readFileSync(join(EXAMPLES, "../docs/getting-started.md"), "utf8");
    const addresses = [...guide.matchAll(/^https:\/\/github\.com\/organizations\/\S+$/gm)].map(([text]) => new URL(text));
    assert.equal(addresses.length, 1);
    const form = addresses[0]!.searchParams;
    const { default_permissions: permissions, default_events: events, hook_attributes: hook } = WITH_DEMAND;
    for (const [name, level] of Object.entries(permissions)) assert.equal(form.get(name), level, name);
    assert.deepEqual(form.getAll("events[]"), events);
    assert.deepEqual([form.get("webhook_active"), form.get("webhook_url"), form.get("public")], [String(hook.active), hook.url, "false"]);
  });
});
