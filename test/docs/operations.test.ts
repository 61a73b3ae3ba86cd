import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ActionsRunnerPool } from "../../components";
import { Deployment } from "../components/mocks";
import { poolArgs } from "../components/actions-runner-pool/pool-args";
import { logMessages, scriptMessages } from "./log-messages";
import { shellReasons } from "./shell-reasons";

const GUIDE = readFileSync(join(resolve(__dirname, "../.."), "docs/operations.md"), "utf8");

/** The text in backticks in the first column of the tables below a heading. */
function rows(heading: string): string[] {
  const [, section = ""] = GUIDE.split(`\n## ${heading}\n`);
  const [own = ""] = section.split(/\n## /);
  const cells = [...own.matchAll(/^\| *`([^`]+)`/gm)].map(([, cell]) => cell!);
  assert.ok(cells.length > 0, `no table below "${heading}": has the guide's format changed?`);
  return cells;
}

function missing(expected: Iterable<string>, actual: Iterable<string>): string[] {
  const existing = new Set(actual);
  return [...new Set(expected)].filter((item) => !existing.has(item)).sort();
}

async function alarmSuffixes(): Promise<string[]> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }));
  await deployment.settled();
  return deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => (inputs.name as string).replace(/^pool-/, ""));
}

describe("docs/operations.md, the operating guide", () => {
  it("has a row for every alarm of a pool, and for no other", async () => {
    const created = await alarmSuffixes();
    assert.ok(created.length > 10, `${created.length} alarms`);
    const documented = rows("Alarms");
    assert.deepEqual(missing(created, documented), [], "alarms without a row");
    assert.deepEqual(missing(documented, created), [], "rows without an alarm");
    assert.equal(new Set(documented).size, documented.length, "an alarm has two rows");
  });

  it("has a row for every warning and error that functions and hosts can log", () => {
    const severe = logMessages().filter(({ level }) => level !== "info");
    assert.ok(severe.length > 40, `${severe.length} messages: is anything read at all?`);
    const documented = new Set([...rows("Log lines of the functions"), ...rows("Log lines of a host")]);
    assert.deepEqual(
      severe.filter(({ text }) => !documented.has(text)).map(({ text, where }) => `${where}: ${text}`),
      [],
    );
    assert.deepEqual(missing(scriptMessages(), documented), []);
  });

  it("has no row for a message that no program logs any more", () => {
    const known = [...logMessages().map(({ text }) => text), ...scriptMessages()];
    assert.deepEqual(missing([...rows("Log lines of the functions"), ...rows("Log lines of a host")], known), []);
  });

  it("has a row for every reason for which a bootstrap fails, and for no other", () => {
    const given = shellReasons();
    assert.ok(given.length > 10, `${given.length} reasons`);
    const documented = rows("Reasons on the console");
    assert.deepEqual(missing(given, documented), [], "reasons without a row");
    assert.deepEqual(missing(documented, given), [], "rows without a reason");
  });

  it("lists each message below the heading of the program that logs it", () => {
    const of = (folder: string) => logMessages().flatMap(({ text, where }) => (where.startsWith(folder) ? [text] : []));
    assert.deepEqual(missing(rows("Log lines of the functions"), of("functions/")), []);
    assert.deepEqual(missing(rows("Log lines of a host"), [...of("host-config/"), ...scriptMessages()]), []);
  });
});
