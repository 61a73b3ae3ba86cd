import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ActionsRunnerPool } from "../../components";
import { Deployment } from "../components/mocks";
import { poolArgs } from "../components/actions-runner-pool/pool-args";
import { logMessages, scriptMessages } from "./log-messages";
import { shellReasons } from "./shell-reasons";

const GUIDE = readFileSync(join(resolve(__dirname, "../.."), "docs/operations.md"), "utf8");

/** The first column of the tables below a heading, as it stands between backticks. */
function rows(heading: string): string[] {
  const [, section = ""] = GUIDE.split(`\n## ${heading}\n`);
  const [own = ""] = section.split(/\n## /);
  const cells = [...own.matchAll(/^\| *`([^`]+)`/gm)].map(([, cell]) => cell!);
  assert.ok(cells.length > 0, `no table below "${heading}": has the guide changed its form?`);
  return cells;
}

function missing(wanted: Iterable<string>, given: Iterable<string>): string[] {
  const there = new Set(given);
  return [...new Set(wanted)].filter((item) => !there.has(item)).sort();
}

async function alarmSuffixes(): Promise<string[]> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }));
  await deployment.settled();
  return deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => (inputs.name as string).replace(/^pool-/, ""));
}

describe("docs/operations.md, for whoever is called at night", () => {
  it("says of every alarm that a pool makes what to do, and of none that no pool makes", async () => {
    const made = await alarmSuffixes();
    assert.ok(made.length > 10, `${made.length} alarms`);
    const told = rows("Alarms");
    assert.deepEqual(missing(made, told), [], "alarms without a row");
    assert.deepEqual(missing(told, made), [], "rows without an alarm");
    assert.equal(new Set(told).size, told.length, "an alarm has two rows");
  });

  it("says of every warning and error that functions and hosts can log what to do", () => {
    const grave = logMessages().filter(({ level }) => level !== "info");
    assert.ok(grave.length > 40, `${grave.length} messages: is anything read at all?`);
    const told = new Set([...rows("Log lines of the functions"), ...rows("Log lines of a host")]);
    assert.deepEqual(
      grave.filter(({ text }) => !told.has(text)).map(({ text, where }) => `${where}: ${text}`),
      [],
    );
    assert.deepEqual(missing(scriptMessages(), told), []);
  });

  it("leaves nobody searching for a message that no program logs any more", () => {
    const known = [...logMessages().map(({ text }) => text), ...scriptMessages()];
    assert.deepEqual(missing([...rows("Log lines of the functions"), ...rows("Log lines of a host")], known), []);
  });

  it("says of every reason for which a bootstrap gives up what to do, and of none that is not given", () => {
    const given = shellReasons();
    assert.ok(given.length > 10, `${given.length} reasons`);
    const told = rows("Reasons on the console");
    assert.deepEqual(missing(given, told), [], "reasons without a row");
    assert.deepEqual(missing(told, given), [], "rows without a reason");
  });

  it("finds each message below the heading of the program that logs it", () => {
    const of = (folder: string) => logMessages().flatMap(({ text, where }) => (where.startsWith(folder) ? [text] : []));
    assert.deepEqual(missing(rows("Log lines of the functions"), of("functions/")), []);
    assert.deepEqual(missing(rows("Log lines of a host"), [...of("host-config/"), ...scriptMessages()]), []);
  });
});
