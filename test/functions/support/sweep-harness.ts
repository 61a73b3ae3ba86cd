import assert from "node:assert/strict";
import type { RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import { systemClock } from "../../../functions/shared/lambda/clock";
import type { Runner, VersionSchedule } from "../../../functions/shared/github/runners";
import type { RegistrationPorts } from "../../../functions/actions-runner-pool/shared/registration";
import type { FailedLaunch, FailedLaunchPorts } from "../../../functions/actions-runner-pool/sweep/failed-launches";
import { FailureMark } from "../../../functions/actions-runner-pool/sweep/failure-mark";
import type { Activity } from "../../../functions/actions-runner-pool/shared/activities";
import type { LaunchConsolePorts } from "../../../functions/actions-runner-pool/sweep/launch-consoles";
import type { Member, RefreshState, StoredSecret, SweepPorts, TemplateVersion } from "../../../functions/actions-runner-pool/sweep/ports";
import { SharedToken } from "../../../functions/actions-runner-pool/shared/shared-token";
import { RefreshWatch } from "../../../functions/actions-runner-pool/sweep/refresh-watch";
import { Continuity } from "../../../functions/actions-runner-pool/sweep/continuity";
import { VersionMemory } from "../../../functions/actions-runner-pool/sweep/version-memory";
import { sweep } from "../../../functions/actions-runner-pool/sweep/sweep";
import { NAMES, POOL } from "./events";
import { RecordingObserver } from "./observer";

export const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
export const ago = (minutes: number) => new Date(NOW - minutes * MINUTE);
export const id = (n: number) => `i-${n.toString(16).padStart(17, "0")}`;
export const activity = (instance: string, minutes: number, status = "Successful", verb = "Terminating EC2 instance"): Activity => ({
  description: `${verb}: ${instance}`,
  startedAt: ago(minutes),
  status,
});
export const offline = (n: number, name = id(n)): Runner => ({ id: n, name, online: false, busy: false, labels: ["pool"] });

/** Inputs and recorded actions of one sweep. Each test overrides what it is about. */
export class SweepHarness {
  readonly observer = new RecordingObserver();
  readonly acts: string[] = [];
  members: Member[] = [];
  activities: Activity[][] = [];
  failedLaunches: FailedLaunch[] = [];
  runners: Runner[][] = [[]];
  secrets: StoredSecret[] = [];
  /** Value of the secret with the token that the functions share. */
  sharedToken: string | undefined = JSON.stringify({ token: "shared", expiresAt: "2099-01-01T00:00:00Z" });
  /** The version that the pool's instances install. */
  runnerVersion: string | undefined;
  /** What GitHub says about the end of versions; it does not know any other. */
  schedules: Record<string, VersionSchedule | Error> = {};
  /** Versions whose end the sweep looked up. */
  lookedUp: string[] = [];
  /** Instances that some group of the account lists. */
  listed: string[] = [];
  historyPages = 0;
  refreshState: RefreshState = { suspended: false, source: { id: "lt-1", version: "7", instanceTypes: [] }, refreshes: [] };
  latestVersion: TemplateVersion = { version: "7", createdAt: ago(24 * 60) };
  /** Launch templates whose latest version the sweep looked up. */
  templates: string[] = [];
  refreshPreferences: RefreshPreferences = {
    minHealthyPercentage: 100,
    maxHealthyPercentage: 110,
    scaleInProtectedInstances: "Wait",
    standbyInstances: "Wait",
    skipMatching: true,
    instanceWarmup: 0,
  };
  /** Instances that run; the others are powered off. */
  on: string[] = [];
  /** Milliseconds since the epoch. */
  now = NOW;
  readonly ports = portsOf(this);

  run(): Promise<void> {
    const { refreshPreferences, runnerVersion } = this;
    const settings = { pool: POOL, names: NAMES, maxDrainSeconds: 3600, hostRoleId: "AROAEXAMPLE", refreshPreferences, runnerVersion };
    return sweep(this.ports, settings, this.observer, new AbortController().signal);
  }

  /** The sweeps of some minutes in one process, five minutes apart, after the one that just ran. */
  async runFor(minutes: number): Promise<void> {
    for (const end = this.now + minutes * MINUTE; this.now < end; ) {
      this.now += 5 * MINUTE;
      await this.run();
    }
  }
}

function portsOf(harness: SweepHarness): SweepPorts & RegistrationPorts & FailedLaunchPorts & LaunchConsolePorts {
  return {
    hostLogs: undefined,
    endedLaunches: async () => assert.fail("not without hostLogs"),
    copiedConsoles: new Set(),
    members: async () => harness.members,
    groupExists: async () => true,
    failedLaunches: async () => harness.failedLaunches,
    async *activities() {
      for (const page of harness.activities) {
        harness.historyPages += 1;
        yield page;
      }
    },
    lifecycleStates: async (ids) => new Map(ids.filter((one) => harness.listed.includes(one)).map((one) => [one, "InService"])),
    refreshState: async () => harness.refreshState,
    latestVersion: async (templateId) => {
      harness.templates.push(templateId);
      return harness.latestVersion;
    },
    startRefresh: async (group, { scaleInProtectedInstances, skipMatching }) => {
      harness.acts.push(`refresh ${group} ${scaleInProtectedInstances} ${skipMatching ? "skipping" : "all"}`);
      return "started";
    },
    isOff: async (instanceId) => !harness.on.includes(instanceId),
    continueAction: async ({ instanceId, token }) => {
      harness.acts.push(`continue ${instanceId} ${token ?? "without token"}`);
      return "continued";
    },
    terminate: async (instanceId) => void harness.acts.push(`terminate ${instanceId}`),
    async *secrets() {
      yield harness.secrets;
    },
    deleteSecret: async (name) => {
      harness.acts.push(`delete ${name}`);
    },
    gitHub: () => ({
      find: async (name) => harness.runners.flat().find((runner) => runner.name === name),
      get: async (id) => harness.runners.flat().find((runner) => runner.id === id),
      async *pages() {
        yield* harness.runners;
      },
      remainingQuota: () => 1,
      versionSchedule: async (version) => {
        harness.lookedUp.push(version);
        const schedule = harness.schedules[version] ?? "unknown";
        if (schedule instanceof Error) throw schedule;
        return schedule;
      },
      remove: async (runner) => {
        harness.acts.push(`remove ${runner}`);
        return "deleted";
      },
      removeCustomLabels: async () => assert.fail("the sweep marks what it takes the labels from"),
      setCustomLabels: async (runner, labels) => {
        harness.acts.push(`mark ${runner}`);
        harness.runners = harness.runners.map((page) => page.map((one) => (one.id === runner ? { ...one, labels } : one)));
        return "set";
      },
    }),
    sharedToken: (settings) => {
      const { tokens, clock } = harness.ports;
      const create = async () => ({ token: "minted", expiresAt: new Date(harness.now + 3_600_000).toISOString() });
      return new SharedToken({ create, read: async () => harness.sharedToken, tokens, clock }, {}, settings);
    },
    tokens: {
      put: async ({ name, owner }) => {
        harness.acts.push(`put ${name} for ${owner}`);
        return "created";
      },
    },
    failureMark: new FailureMark(),
    silences: new Continuity(),
    uses: new Continuity(),
    refreshWatch: new RefreshWatch(),
    versions: new VersionMemory(),
    clock: { ...systemClock, now: () => harness.now },
  };
}
