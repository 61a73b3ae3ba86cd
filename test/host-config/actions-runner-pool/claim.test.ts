import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AGENT_ROUTES, LOG, PATHS } from "../../../contract/actions-runner-pool/host";
import { Claims, claimedRun, runFields } from "../../../host-config/actions-runner-pool/agent/claim";
import { hookServer } from "../../../host-config/actions-runner-pool/agent/hook-server";
import { jobMark } from "../../../host-config/actions-runner-pool/agent/job-mark";
import { jobStartedHook } from "../../../host-config/actions-runner-pool/units/hooks";

const RUN = { repository: "owner/na.me", run: 12_345_678_901, attempt: 2, job: "build-1" };
const HEADERS = { "x-ci-run": "owner/na.me 12345678901 2", "x-ci-job": "build-1" };
const config = { githubUrl: "https://github.example.com/org" };

describe("the run that a job hook claims", () => {
  it("is taken only in GitHub's form, as it is in root's log lines", () => {
    assert.deepEqual(claimedRun(HEADERS), RUN);
    const bad: IncomingHttpHeaders[] = [
      {},
      { "x-ci-run": HEADERS["x-ci-run"] },
      { ...HEADERS, "x-ci-run": "  " },
      { ...HEADERS, "x-ci-run": "owner/../x 1 1" },
      { ...HEADERS, "x-ci-run": "owner/name 0 1" },
      { ...HEADERS, "x-ci-run": "owner/name 1 1 1" },
      { ...HEADERS, "x-ci-run": `owner/${"n".repeat(101)} 1 1` },
      { ...HEADERS, "x-ci-run": "owner/name 99999999999999999999 1" },
      { ...HEADERS, "x-ci-job": 'x","forged":"' },
      { ...HEADERS, "x-ci-job": "x".repeat(101) },
    ];
    for (const headers of bad) assert.equal(claimedRun(headers), undefined, JSON.stringify(headers));
  });

  it("has a link to the run's page, on the server of the pool, and says that it is a claim", () => {
    const url = "https://github.example.com/owner/na.me/actions/runs/12345678901/attempts/2";
    assert.deepEqual(runFields(RUN, config), { ...RUN, url, claimed: true });
    assert.deepEqual(runFields(undefined, config), {});
  });

  it("costs a drain nothing that has lost its configuration", () => {
    assert.deepEqual(runFields(RUN, {}), { ...RUN, claimed: true });
  });
});

describe("the mark of the job at work", () => {
  let root: string;
  let now: number;
  let lines: [string, object][];
  let path: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "claim-"));
    path = join(root, "job.json");
    [now, lines] = [100_000, []];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const log = {
    info: (message: string, fields: object = {}) => void lines.push([message, fields]),
    warn: () => undefined,
    error: () => undefined,
  };
  const claims = () => new Claims({ config, clock: { now: () => now }, log, jobMark: jobMark(path) });

  it("is set and logged when a job starts, once, and not when it ends", () => {
    const one = claims();
    one.hook(AGENT_ROUTES.jobStarted, HEADERS);
    now += 5_000;
    one.hook(AGENT_ROUTES.jobStarted, HEADERS);
    one.hook(AGENT_ROUTES.jobCompleted, { ...HEADERS, "x-ci-job": "other" });
    assert.deepEqual(jobMark(path).get(), RUN);
    assert.deepEqual(lines, [[LOG.jobStarted, runFields(RUN, config)]]);
  });

  it("is cleared when the runner is idle, by readings that began after the hook called", () => {
    const one = claims();
    one.hook(AGENT_ROUTES.jobStarted, HEADERS);
    one.idle(now - 1);
    one.idle(now);
    assert.deepEqual(jobMark(path).get(), RUN, "that reading may not have seen the job yet");
    one.idle(now + 1);
    assert.equal(jobMark(path).get(), undefined);
    // An agent that was restarted meanwhile.
    jobMark(path).set(RUN);
    claims().idle(now);
    assert.equal(jobMark(path).get(), undefined);
  });

  it("takes one claim a second: a job may send any number, and each is a line of root's", () => {
    const one = claims();
    for (let n = 0; n < 100; n += 1, now += 10) one.hook(AGENT_ROUTES.jobStarted, { ...HEADERS, "x-ci-job": `job-${n}` });
    assert.equal(lines.length, 1);
    one.hook(AGENT_ROUTES.jobStarted, HEADERS);
    assert.equal(lines.length, 2);
  });

  it("is best effort: a damaged or unwritable one is none", () => {
    writeFileSync(path, "{");
    assert.equal(jobMark(path).get(), undefined);
    const nowhere = jobMark(join(root, "missing/job.json"));
    nowhere.set(RUN);
    nowhere.clear();
    assert.equal(nowhere.get(), undefined);
  });

  it("reaches the agent from the real hook, from the variables that the runner sets", async () => {
    const socket = join(root, "agent.sock");
    const given = new Promise<[string, IncomingHttpHeaders]>((resolve) => {
      const server = hookServer((route, headers) => {
        server.close();
        resolve([route, headers]);
      }).listen(socket);
    });
    const hook = join(root, "hook.sh");
    writeFileSync(hook, jobStartedHook().replaceAll(PATHS.socket, socket));
    const env = {
      PATH: process.env.PATH,
      GITHUB_REPOSITORY: "owner/na.me",
      GITHUB_RUN_ID: "12345678901",
      GITHUB_RUN_ATTEMPT: "2",
      GITHUB_JOB: "build-1",
    };
    await new Promise((resolve, reject) =>
      execFile("bash", ["-eu", hook], { env }, (error) => (error ? reject(error) : resolve(undefined))),
    );
    const [route, headers] = await given;
    assert.deepEqual([route, claimedRun(headers)], [AGENT_ROUTES.jobStarted, RUN]);
    assert.ok(readFileSync(hook, "utf8").includes("${GITHUB_JOB-}"), "a runner without one of them fails no job");
  });
});
