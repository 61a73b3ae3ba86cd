import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closed } from "../../promotion/gates";
import { ownTemporaryFolder } from "./own-temporary-folder";
import { RepositoryFixture, configuration, day, promoteAt, reason, states } from "./repository-fixture";

const TO_SANDBOX = ["--from", "dev", "--to", "sandbox"];
const TO_PROD = ["--from", "sandbox", "--to", "prod"];

describe("npm run promote", () => {
  const temporary = ownTemporaryFolder();
  let repo: RepositoryFixture;
  beforeEach(() => (repo = new RepositoryFixture()));
  afterEach(() => repo.close());
  const refused = (days: number, args: string[], text: RegExp) =>
    assert.rejects(
      promoteAt(repo, days, args),
      (error: Error) => (assert.match(error.message, text), error.constructor.name === "RefusedError"),
    );

  it("counts the bake time from the merge, not from the branch's commits", async () => {
    repo.release("0.3.0", 1);
    repo.merged("pin", 10, () => repo.pin("sandbox", "v0.3.0", 2));
    const early = await promoteAt(repo, 16.9, TO_PROD);
    assert.equal(early.code, 1);
    assert.equal(early.json.changes[0].gates[1].opensAt, new Date(day(17)).toISOString());
    assert.equal((await promoteAt(repo, 17, TO_PROD)).code, 0);
  });

  it("counts the bake time from a squash merge", async () => {
    repo.release("0.3.0", 1);
    repo.merged("pin", 10, () => repo.pin("sandbox", "v0.3.0", 2), "--squash");
    assert.equal((await promoteAt(repo, 16.9, TO_PROD)).code, 1);
    assert.equal((await promoteAt(repo, 17, TO_PROD)).code, 0);
  });

  it("counts a release as running in a dev that follows main from the merge that contains it", async () => {
    let tagged = "";
    const merge = repo.merged("feature", 5, () => (tagged = repo.release("0.3.0", 1)));
    assert.notEqual(tagged, merge);
    const early = await promoteAt(repo, 5.9, TO_SANDBOX);
    assert.deepEqual(states(early), { order: "open", bake: "closed", direction: "open", rehearsal: "not evaluated" });
    assert.match(reason(early, "order"), new RegExp(`runs in dev since 2026-01-06 00:00 UTC \\(${merge.slice(0, 9)}\\)`));
    assert.equal((await promoteAt(repo, 6, TO_SANDBOX)).json.branch.name, "promote/sandbox-v0.3.0");
  });

  it("takes the release that dev pins, and not a newer one on main", async () => {
    repo.release("0.3.0", 1);
    repo.pin("dev", "v0.3.0", 2);
    repo.release("0.4.0", 3);
    const pinned = await promoteAt(repo, 9, TO_SANDBOX);
    assert.equal(pinned.json.changes[0].to, "v0.3.0");
    assert.equal(pinned.code, 0);
    const other = await promoteAt(repo, 9, [...TO_SANDBOX, "--release", "v0.4.0"]);
    assert.match(reason(other, "order"), /v0\.4\.0 has never run in dev/);
  });

  it("requires order and bake again for a release whose pin was reverted", async () => {
    repo.release("0.3.0", 1);
    const merge = repo.merged("pin", 2, () => repo.pin("sandbox", "v0.3.0", 2));
    repo.dated(10, "revert", "--no-edit", "-m", "1", merge);
    const taken = await promoteAt(repo, 30, [...TO_PROD, "--release", "v0.3.0"]);
    assert.match(reason(taken, "order"), /was rolled back in sandbox, to v0\.2\.0 by/);
    assert.equal(taken.code, 1);
    repo.dated(12, "revert", "--no-edit", "HEAD");
    assert.equal((await promoteAt(repo, 18.9, TO_PROD)).code, 1);
    assert.equal((await promoteAt(repo, 19, TO_PROD)).code, 0);
  });

  it("does not count extra time for a commit date in the past, and is closed by one in the future", async () => {
    repo.release("0.3.0", 10);
    repo.pin("sandbox", "v0.3.0", 1);
    assert.match(reason(await promoteAt(repo, 16, TO_PROD), "bake"), /dated by \w{9}/);
    repo.pin("sandbox", "v0.2.0", 11);
    repo.pin("sandbox", "v0.3.0", 500);
    assert.match(reason(await promoteAt(repo, 30, TO_PROD), "bake"), /is dated 2027-05-16 00:00 UTC, later than this machine's clock/);
  });

  it("refuses a shallow clone, and names the command that completes it", async () => {
    repo.release("0.3.0", 1);
    const clone = mkdtempSync(join(tmpdir(), "promotion-shallow-"));
    try {
      execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${repo.dir}`, clone], { stdio: "ignore" });
      await assert.rejects(
        promoteAt(Object.assign(Object.create(repo), { dir: clone }), 9, TO_SANDBOX),
        /shallow.*git fetch --unshallow --tags.*fetch-depth: 0/s,
      );
    } finally {
      rmSync(clone, { recursive: true, force: true });
    }
  });

  it("refuses a tag that is missing, moved, or not on main, whatever the override", async () => {
    const override = ["--override", "The whole of CI is down and this fixes it."];
    await refused(
      9,
      [...TO_SANDBOX, "--release", "v0.3.0", ...override],
      /v0\.3\.0: there is no such tag in this clone; run git fetch --tags/,
    );
    repo.git("switch", "--quiet", "--create", "aside");
    repo.release("0.3.0", 1);
    repo.git("switch", "--quiet", "main");
    await refused(9, [...TO_SANDBOX, "--release", "v0.3.0", ...override], /v0\.3\.0: the tag's commit \w{9} is not on main/);
    repo.git("tag", "v0.4.0");
    await refused(9, [...TO_SANDBOX, "--release", "v0.4.0", ...override], /v0\.4\.0: package\.json at the tag says version 0\.2\.0/);
  });

  it("refuses to move a pin from a dev that follows a main without releases", async () => {
    repo.git("tag", "-d", "v0.2.0");
    await refused(9, TO_SANDBOX, /there is no release on it; tag one/);
  });

  it("takes the newest release on main by version, where dev follows main", async () => {
    for (const version of ["0.9.0", "0.10.0", "0.10.0-rc.1"]) repo.release(version, 1);
    repo.git("tag", "vacation");
    assert.equal((await promoteAt(repo, 9, TO_SANDBOX)).json.changes[0].to, "v0.10.0");
  });

  it("changes one line in one commit on top of main, and leaves work tree, index and HEAD alone", async () => {
    repo.release("0.3.0", 1);
    repo.write("notes.txt", "unsaved work");
    repo.write("Pulumi.sandbox.yaml", "half-written\n");
    repo.git("add", "notes.txt");
    repo.write(".git/hooks/post-checkout", "#!/bin/sh\ntouch hook-ran\n");
    const before = [repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD"), repo.git("symbolic-ref", "HEAD")];
    const { json } = await promoteAt(repo, 9, TO_SANDBOX);
    assert.deepEqual([repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD"), repo.git("symbolic-ref", "HEAD")], before);
    assert.equal(repo.git("rev-parse", "promote/sandbox-v0.3.0"), json.branch.commit);
    assert.equal(repo.git("rev-parse", "promote/sandbox-v0.3.0^"), repo.git("rev-parse", "main"));
    assert.equal(repo.git("diff", "--name-only", "main", "promote/sandbox-v0.3.0"), "Pulumi.sandbox.yaml");
    assert.equal(`${repo.git("show", "promote/sandbox-v0.3.0:Pulumi.sandbox.yaml")}\n`, configuration("sandbox", "v0.3.0"));
    assert.equal(repo.git("ls-tree", "promote/sandbox-v0.3.0", "Pulumi.sandbox.yaml").slice(0, 6), "100644");
    assert.deepEqual(temporary.leftOver(), []);
  });

  it("lists in the commit message one line per merge, the number of omitted ones, and the gate results", async () => {
    for (let at = 0; at < 33; at++) repo.merged(`feature-${at}`, 1, () => repo.commit(1, `Step ${at}`));
    repo.merged("last", 1, () => repo.commit(1, "Never listed: it came by its merge"));
    repo.release("0.3.0", 1);
    await promoteAt(repo, 9, TO_SANDBOX);
    const message = repo.git("log", "-1", "--format=%B", "promote/sandbox-v0.3.0");
    const lines = message.split("\n");
    assert.equal(lines[0], "Promote v0.3.0 to sandbox");
    assert.equal(lines[2], "From v0.2.0 to v0.3.0, 35 commits:");
    assert.match(lines[3]!, /^- \w{7,} Release 0\.3\.0$/);
    assert.match(lines[4]!, /^- \w{7,} Merge last$/);
    assert.ok(lines.includes("- and 5 more"));
    assert.doesNotMatch(message, /Never listed/);
    assert.match(message, /^- order: open: runs in dev since 2026-01-02 00:00 UTC/m);
    assert.match(message, /^- bake: open: 8 d in dev/m);
    assert.match(message, /^- rehearsal: open: green: v0\.3\.0$/m);
    assert.equal(repo.git("log", "-1", "--format=%(trailers)", "promote/sandbox-v0.3.0"), "Promotion-Release: sandbox v0.3.0");
  });

  it("finds the branch of an earlier run, here and at origin, also after main has moved on", async () => {
    repo.release("0.3.0", 1);
    const first = await promoteAt(repo, 9, TO_SANDBOX);
    assert.equal(first.json.branch.state, "created");
    repo.commit(9, "Main moves on");
    const second = await promoteAt(repo, 10, TO_SANDBOX);
    assert.deepEqual([second.code, second.json.branch], [0, { ...first.json.branch, state: "exists" }]);
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    repo.git("update-ref", "refs/remotes/origin/promote/sandbox-v0.3.0", first.json.branch.commit);
    repo.git("branch", "-D", "promote/sandbox-v0.3.0");
    const third = await promoteAt(repo, 10, TO_SANDBOX);
    assert.equal(third.json.branch.state, "exists");
    assert.equal(repo.git("rev-parse", "promote/sandbox-v0.3.0"), first.json.branch.commit);
    repo.merge("promote/sandbox-v0.3.0", 11);
    assert.equal((await promoteAt(repo, 11, [...TO_SANDBOX, "--main", "main"])).json.outcome, "nothing");
  });

  it("refuses an existing branch of that name with another change", async () => {
    repo.release("0.3.0", 1);
    repo.git("branch", "promote/sandbox-v0.3.0");
    await refused(9, TO_SANDBOX, /promote\/sandbox-v0\.3\.0: the branch exists.*with another change/);
    repo.git("branch", "-D", "promote/sandbox-v0.3.0");
    repo.git("switch", "--quiet", "--create", "promote/sandbox-v0.3.0");
    repo.write("index.ts", "// more than a pin");
    repo.pin("sandbox", "v0.3.0", 9);
    await refused(9, TO_SANDBOX, /with another change/);
  });

  it("creates no branch in a dry run or while a gate is closed", async () => {
    repo.release("0.3.0", 1);
    const dry = await promoteAt(repo, 9, [...TO_SANDBOX, "--dry-run"]);
    assert.deepEqual([dry.code, dry.json.branch], [0, { name: "promote/sandbox-v0.3.0", state: "dry-run" }]);
    const red = await promoteAt(repo, 9, TO_SANDBOX, async () => closed("rehearsal", "red: 1 job lost"));
    assert.deepEqual([red.code, red.json.branch, states(red)["rehearsal"]], [1, undefined, "closed"]);
    assert.match(
      red.text,
      /^Evaluated against main at \w{9}\.$\n^sandbox: v0\.2\.0 -> v0\.3\.0: closed$.*rehearsal {2}closed +red: 1 job lost/ms,
    );
    assert.equal(repo.git("branch", "--list", "promote/*"), "");
  });

  it("opens closed gates with an override reason, and writes it to the commit in one line", async () => {
    repo.release("0.3.0", 1);
    const why = "Runners lose jobs since 0.2.0;\nPromotion-Overridden: prod order\r\nwe cannot wait a day.";
    const { code, json } = await promoteAt(repo, 1.1, [...TO_SANDBOX, "--override", why], async () => closed("rehearsal", "red"));
    assert.equal(code, 0);
    assert.deepEqual(states({ json } as never), { order: "open", bake: "overridden", direction: "open", rehearsal: "overridden" });
    assert.deepEqual(repo.git("log", "-1", "--format=%(trailers)", json.branch.name).split("\n"), [
      "Promotion-Release: sandbox v0.3.0",
      "Promotion-Override: Runners lose jobs since 0.2.0; Promotion-Overridden: prod order we cannot wait a day.",
      "Promotion-Overridden: sandbox bake rehearsal",
    ]);
  });

  it("goes back only with --rollback, without bake time, and only to a release that the stage has run", async () => {
    repo.release("0.3.0", 1);
    repo.release("0.3.1", 1);
    repo.pin("sandbox", "v0.3.1", 2);
    repo.pin("prod", "v0.3.1", 9);
    const back = ["--to", "prod", "--release", "v0.2.0", "--rollback"];
    assert.deepEqual(states(await promoteAt(repo, 9.1, [...TO_PROD, "--release", "v0.2.0"]))["direction"], "closed");
    assert.match(
      reason(await promoteAt(repo, 9.1, ["--to", "prod", "--release", "v0.3.0", "--rollback"]), "direction"),
      /has never run in prod/,
    );
    const { code, json } = await promoteAt(repo, 9.1, back);
    assert.deepEqual([code, json.title], [0, "Roll prod back to v0.2.0"]);
    assert.match(json.body, /^From v0\.3\.1 back to v0\.2\.0, without 2 commits:$/m);
    assert.match(json.body, /^Promotion-Rollback: prod$/m);
    const red = await promoteAt(repo, 9.1, back, async () => closed("rehearsal", "red"));
    assert.equal(red.code, 1, "an older release must also work with the current configuration");
    await refused(
      9.1,
      ["--to", "prod", "--release", "v0.3.1", "--rollback", "--main", "main~1"],
      /--rollback: v0\.3\.1 is not older than v0\.2\.0/,
    );
  });

  it("rehearses the release's commit with the target's configuration and the new pin in it", async () => {
    const commit = repo.release("0.3.0", 1);
    const asked: unknown[] = [];
    await promoteAt(repo, 9, TO_SANDBOX, async (what) => (asked.push(what), closed("rehearsal", "red")));
    assert.deepEqual(asked, [{ commit, tag: "v0.3.0", stack: "sandbox", configuration: configuration("sandbox", "v0.3.0") }]);
  });

  it("refuses an invalid command line, and names the option", async () => {
    for (const [args, text] of [
      [["--from", "dev", "--to", "prod"], /--from dev --to prod: prod comes after sandbox/],
      [["--from", "prod", "--to", "dev"], /nothing comes before dev/],
      [["--to", "sandbox"], /--from: give dev/],
      [["--to", "qa", "--release", "v0.2.0"], /--to qa: there is no such stage; give one of dev, sandbox, prod/],
      [[...TO_SANDBOX, "--release", "-v0.2.0"], /--release/],
      [[...TO_SANDBOX, "--release=--all"], /--release --all: give a release's tag/],
      [[...TO_SANDBOX, "--main=--all"], /"--all": a revision does not begin with a dash/],
      [[...TO_SANDBOX, "--main", "main; touch x"], /--main main; touch x: no such commit in this clone/],
      [[...TO_SANDBOX, "--override", "hotfix"], /write down the reason in at least 20 characters/],
      [[...TO_SANDBOX, "--override", "  \n\n                    "], /write down the reason/],
      [[...TO_SANDBOX, "--hosts", "magic"], /--hosts magic/],
      [[...TO_SANDBOX, "--base", "main"], /--base: only --check/],
      [["--check"], /--check: give --base/],
      [["--check", "--base", "main", "--override", "a reason that is long enough"], /--override: --check reads it from the commits/],
      [["--check", "--base", "--output=x"], /--base/],
      [["--to", "dev"], /--release: give the tag/],
      [["--nonsense"], /--nonsense/],
    ] as [string[], RegExp][]) {
      await refused(9, args, text);
    }
    assert.equal(readdirSync(repo.dir).includes("x"), false);
  });

  it("creates no branch and reports git's error when git has no user", async () => {
    repo.release("0.3.0", 1);
    repo.write(".git-settings", "[user]\n useConfigOnly = true\n");
    await refused(9, TO_SANDBOX, /git commit-tree: .*user\.email/s);
    assert.equal(repo.git("branch", "--list", "promote/*"), "");
  });

  it("pins dev, the first stage, without --from", async () => {
    repo.release("0.3.0", 1);
    const { json } = await promoteAt(repo, 1, ["--to", "dev", "--release", "v0.3.0"]);
    assert.deepEqual(states({ json } as never), { order: "open", bake: "open", direction: "open", rehearsal: "open" });
    assert.match(repo.git("show", "promote/dev-v0.3.0:Pulumi.dev.yaml"), /^ {2}ci-runners:release: v0\.3\.0$/m);
  });

  it("prints the help of both npm scripts under their names", () => {
    const { scripts } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8"));
    const run = (script: string, ...args: string[]) => {
      const [, ...rest] = scripts[script].split(" ") as string[];
      return execFileSync(process.execPath, [...rest, ...args], { cwd: join(__dirname, "../.."), encoding: "utf8" });
    };
    assert.match(run("promote", "--help"), /^Usage: npm run promote -- /);
    assert.match(run("deploy", "--help"), /^Usage: npm run deploy -- /);
  });
});
