import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { RequestError } from "@octokit/request-error";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs, PersistentRunner, WorkflowJobs } from "../../components";
import { Deployment } from "../components/mocks";
import { toGitHubError } from "../../functions/shared/github/error";
import { poolArgs } from "../components/actions-runner-pool/pool-args";
import { machineArgs } from "../components/persistent-runner/machine-args";
import { jobsArgs } from "../components/workflow-jobs/jobs-args";
import { logMessages, scriptMessages } from "./log-messages";
import { persistentReasons, shellReasons } from "./shell-reasons";

const ROOT = resolve(__dirname, "../..");
const GUIDE = readFileSync(join(ROOT, "docs/operations.md"), "utf8");

/** The text in backticks in the first column of the tables below a heading, up to the next heading. */
function rows(heading: string): string[] {
  const [, section = ""] = GUIDE.split(new RegExp(`\\n##+ ${heading}\\n`));
  const [own = ""] = section.split(/\n##+ /);
  const cells = [...own.matchAll(/^\| *`([^`]+)`/gm)].map(([, cell]) => cell!);
  assert.ok(cells.length > 0, `no table below "${heading}": has the guide's format changed?`);
  return cells;
}

function missing(expected: Iterable<string>, actual: Iterable<string>): string[] {
  const existing = new Set(actual);
  return [...new Set(expected)].filter((item) => !existing.has(item)).sort();
}

const LOG_HEADINGS = ["Log lines of the functions", "Log lines of a host", "Log lines of a persistent machine"];

/** A source that is not the pool's own. */
const SOURCE = { workflowJobsName: "jobs", tableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/jobs" };

/** Names of the alarms that a component creates, without its own name. */
async function alarmSuffixes(component: "pool" | "jobs" | "machine", create: () => unknown, treatMissingData?: string): Promise<string[]> {
  const deployment = await Deployment.start();
  create();
  await deployment.settled();
  const alarms = deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
  return alarms
    .filter((alarm) => treatMissingData === undefined || alarm.treatMissingData === treatMissingData)
    .map(({ name }) => (name as string).replace(`${component}-`, ""));
}

const poolAlarms = (changes: Partial<ActionsRunnerPoolArgs> = {}) =>
  alarmSuffixes("pool", () => new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes })));

function assertDocumented(created: readonly string[], documented: readonly string[]): void {
  assert.deepEqual(missing(created, documented), [], "alarms without a row");
  assert.deepEqual(missing(documented, created), [], "rows without an alarm");
  assert.equal(new Set(documented).size, documented.length, "an alarm has two rows");
}

/** What the setup function shows if GitHub refuses the App's key. */
function refusedApp(): string {
  const request = { method: "GET" as const, url: "https://api.github.com/app", headers: {} };
  const response = { status: 401, url: request.url, headers: {}, data: {} };
  const refusal = new RequestError("A JSON web token could not be decoded", 401, { request, response });
  return toGitHubError("GET /app", refusal, 0).message;
}

describe("docs/operations.md, the operating guide", () => {
  it("has a row for every alarm of a pool, and for no other", async () => {
    const created = await poolAlarms({ hostLogs: {} });
    assert.ok(created.length > 10, `${created.length} alarms`);
    assertDocumented(created, rows("Alarms"));
  });

  it("has a row for every alarm that only a pool with demand has, and for every one of its source", async () => {
    const [without, created] = [await poolAlarms(), await poolAlarms({ demand: { source: SOURCE } })];
    assertDocumented(missing(created, without), rows("Of a pool that follows its queue"));
    const ofSource = await alarmSuffixes("jobs", () => new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "jobs" })));
    assertDocumented(ofSource, rows("Of a source of demand"));
  });

  it("has a row for every alarm of a persistent runner, and for no other", async () => {
    const args = machineArgs({ persistentRunnerName: "machine", hostLogs: {} });
    const created = await alarmSuffixes("machine", () => new PersistentRunner("machine", args));
    assertDocumented(created, rows("Of a persistent runner"));
  });

  it("names every alarm that missing data raises, so that its first hour alarms no one", async () => {
    const [, list = ""] = /The alarms that missing data raises \((.*?) and those of the schedules\)/.exec(GUIDE) ?? [];
    const named = [...list.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!);
    const pool = () => new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source: SOURCE } }));
    const jobs = () => new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "jobs" }));
    const raised = [...(await alarmSuffixes("pool", pool, "breaching")), ...(await alarmSuffixes("jobs", jobs, "breaching"))];
    assert.deepEqual(raised.filter((suffix) => !suffix.endsWith("-schedule")).sort(), named.sort());
  });

  it("quotes only errors that the setup of the webhook can give", () => {
    const folders = [
      "functions/workflow-jobs/setup",
      "functions/workflow-jobs/shared",
      "functions/shared/github",
      "functions/shared/lambda",
    ].map((folder) => join(ROOT, folder));
    const files = folders.flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")));
    const source = [...files, refusedApp()].join("\n");
    const quoted = rows("Errors of the webhook's setup");
    // An ellipsis stands for a name, which is an expression in the source, and so are what an App lacks and what takes too long.
    const parts = quoted.flatMap((text) => text.split(/:? ?…|(?<=lacks)|(?=took longer)/)).map((part) => part.trim());
    assert.deepEqual(
      parts.filter((part) => !source.includes(part)),
      [],
    );
  });

  it("has a row for every warning and error that functions and hosts can log", () => {
    const severe = logMessages().filter(({ level }) => level !== "info");
    assert.ok(severe.length > 40, `${severe.length} messages: is anything read at all?`);
    const documented = new Set(LOG_HEADINGS.flatMap(rows));
    assert.deepEqual(
      severe.filter(({ text }) => !documented.has(text)).map(({ text, where }) => `${where}: ${text}`),
      [],
    );
    assert.deepEqual(missing(scriptMessages(), documented), []);
    for (const heading of LOG_HEADINGS) {
      assert.equal(new Set(rows(heading)).size, rows(heading).length, `${heading}: a message has two rows, as after a merge`);
    }
  });

  it("has no row for a message that no program logs any more", () => {
    const known = [...logMessages().map(({ text }) => text), ...scriptMessages()];
    assert.deepEqual(missing(LOG_HEADINGS.flatMap(rows), known), []);
  });

  it("has a row for every reason for which a bootstrap fails, and for no other", () => {
    const given = shellReasons();
    assert.ok(given.length > 10, `${given.length} reasons`);
    const documented = rows("Reasons on the console");
    assert.deepEqual(missing(given, documented), [], "reasons without a row");
    assert.deepEqual(missing(documented, given), [], "rows without a reason");
  });

  it("has a row for every reason for which a persistent machine's boot fails, and no second one for what pools have, too", () => {
    const [given, ofPools] = [persistentReasons(), rows("Reasons on the console")];
    const documented = rows("Reasons of a persistent machine");
    assert.deepEqual(missing(missing(given, ofPools), documented), [], "reasons without a row");
    assert.deepEqual(missing(documented, missing(given, ofPools)), [], "rows without a reason");
  });

  it("lists each message below the heading of the program that logs it", () => {
    const of = (folder: string) => logMessages().flatMap(({ text, where }) => (where.startsWith(folder) ? [text] : []));
    assert.deepEqual(missing(rows("Log lines of the functions"), of("functions/")), []);
    assert.deepEqual(missing(rows("Log lines of a host"), [...of("host-config/"), ...scriptMessages()]), []);
    assert.deepEqual(missing(rows("Log lines of a persistent machine"), of("host-config/persistent-runner/")), []);
  });
});
