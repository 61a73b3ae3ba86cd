import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { deploy } from "../../promotion/deploy";
import { RefusedError } from "../../promotion/refused-error";
import { RepositoryFixture, configuration } from "./repository-fixture";
import { ownTemporaryFolder } from "./own-temporary-folder";
import { writeNpmPackage } from "./npm-package";
import { until } from "../rehearsal/runner/fixture";

const PROJECT = join(__dirname, "../..");

/** Records its arguments, its folder and the received signals, and can wait until a file exists. */
const PULUMI = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, readdirSync } = require("node:fs");
const note = (what) => appendFileSync(process.env.RECORD, JSON.stringify(what) + "\\n");
process.on("SIGINT", () => note({ signal: "SIGINT" }));
process.on("SIGTERM", () => note({ signal: "SIGTERM" }));
const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
note({ args: process.argv.slice(2), cwd: process.cwd(), files: readdirSync("."), built: read("built.txt"), dev: read("Pulumi.dev.yaml"), prod: read("Pulumi.prod.yaml") });
process.stdout.write("pulumi's output\\n");
// Ends even if the test does not end it.
setTimeout(() => process.exit(99), 60_000).unref();
const timer = setInterval(() => {
  if (process.env.WAIT_FOR && !existsSync(process.env.WAIT_FOR)) return;
  clearInterval(timer);
  process.exitCode = Number(process.env.PULUMI_EXIT ?? 0);
}, 10);
`;

interface Run {
  child: ChildProcess;
  stderr: () => string;
  ended: Promise<{ code: number | null; out: string; err: string }>;
}

describe("npm run deploy", () => {
  const { leftOver } = ownTemporaryFolder();
  let repo: RepositoryFixture;
  let bin: string;
  let record: string;
  beforeEach(() => {
    repo = new RepositoryFixture();
    writeNpmPackage(repo, { build: "node -p \"require('./package.json').version\" > built.txt" });
    repo.commit(0, "Can be installed");
    repo.git("tag", "--force", "v0.2.0");
    bin = join(repo.dir, ".git", "bin");
    record = join(repo.dir, ".git", "record");
    mkdirSync(bin);
    writeFileSync(join(bin, "pulumi"), PULUMI);
    chmodSync(join(bin, "pulumi"), 0o755);
  });
  afterEach(() => {
    repo.close();
    assert.deepEqual(leftOver(), [], "nothing is left over");
  });

  // Only whole lines: the file may be read between its creation and the end of a write.
  const recorded = (): any[] =>
    (existsSync(record) ? readFileSync(record, "utf8") : "")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const start = (args: string[], env: Record<string, string> = {}): Run => {
    const child = spawn(
      process.execPath,
      ["-r", join(PROJECT, "node_modules/ts-node/register"), join(PROJECT, "promotion/deploy-main.ts"), ...args],
      {
        cwd: repo.dir,
        env: {
          ...process.env,
          TS_NODE_PROJECT: join(PROJECT, "tsconfig.json"),
          PATH: `${bin}${delimiter}${process.env.PATH}`,
          RECORD: record,
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let [out, err] = ["", ""];
    child.stdout.on("data", (part) => (out += part));
    child.stderr.on("data", (part) => (err += part));
    return { child, stderr: () => err, ended: new Promise((done) => child.on("close", (code) => done({ code, out, err }))) };
  };
  const run = (args: string[], env?: Record<string, string>) => start(args, env).ended;

  it("deploys the pinned release's code with main's configuration, and returns pulumi's output and exit code", async () => {
    repo.release("0.3.0", 1);
    repo.write("Pulumi.prod.yaml", configuration("prod", "v0.2.0").replace("maxSize: 4", "maxSize: 9"));
    repo.write("new-in-0.3.txt", "");
    repo.commit(2, "More machines");
    const { code, out } = await run(["--stack", "prod"], { PULUMI_EXIT: "7" });
    assert.deepEqual([code, out], [7, "pulumi's output\n"]);
    const [{ args, cwd, files, built, prod }] = recorded();
    assert.deepEqual(args, ["up", "--yes", "--stack", "prod", "--non-interactive"]);
    assert.notEqual(cwd, repo.dir);
    assert.equal(built, "0.2.0\n");
    assert.match(prod, /maxSize: 9/);
    assert.ok(files.includes("node_modules") && !files.includes("new-in-0.3.txt") && !files.includes(".git"));
    assert.equal(repo.git("status", "--porcelain"), "");
    assert.equal(repo.git("worktree", "list").split("\n").length, 1);
  });

  it("deploys the code of HEAD for a stack that follows main", async () => {
    repo.release("0.3.0", 1);
    repo.write("package.json", repo.read("package.json").replace("0.3.0", "0.4.0"));
    repo.write("package-lock.json", repo.read("package-lock.json").replaceAll("0.3.0", "0.4.0"));
    repo.commit(2, "Not released yet");
    assert.equal((await run(["--stack", "dev"])).code, 0);
    assert.equal(recorded()[0].built, "0.4.0\n");
  });

  it("previews a commit that is not on main, and refuses to deploy it", async () => {
    repo.git("switch", "--quiet", "--create", "change");
    repo.pin("prod", "v0.2.0", 1);
    repo.write("Pulumi.prod.yaml", configuration("prod", "v0.2.0").replace("maxSize: 4", "maxSize: 9"));
    repo.commit(1, "More machines");
    const refused = await run(["--stack", "prod"]);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /--at HEAD: \w{9} is not on main, and only commits of main are deployed; use --preview/);
    assert.deepEqual(recorded(), []);
    assert.equal((await run(["--stack", "prod", "--preview"])).code, 0);
    assert.deepEqual(recorded()[0].args, ["preview", "--stack", "prod", "--non-interactive"]);
    assert.match(recorded()[0].prod, /maxSize: 9/);
  });

  it("does not deploy an old pin when an old workflow run is repeated", async () => {
    repo.release("0.3.0", 1);
    const old = repo.git("rev-parse", "HEAD");
    repo.pin("prod", "v0.3.0", 2);
    const { code, err, out } = await run(["--stack", "prod", "--at", old]);
    assert.deepEqual([code, out, recorded()], [0, "", []]);
    assert.match(err, /superseded: main is at \w{9}, which redeploys prod/);
    assert.equal((await run(["--stack", "sandbox", "--at", old])).code, 0);
    assert.deepEqual(recorded()[0].args.slice(0, 4), ["up", "--yes", "--stack", "sandbox"], "sandbox has not changed since");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`forwards ${signal} to pulumi once, and waits for it to end`, async () => {
      const go = join(repo.dir, ".git", "go");
      const { child, stderr, ended } = start(["--stack", "prod"], { WAIT_FOR: go, PULUMI_EXIT: "3" });
      await until("pulumi runs", () => recorded().length === 1);
      child.kill(signal);
      await until("pulumi has received it", () => recorded().length === 2);
      child.kill(signal);
      child.kill(signal === "SIGINT" ? "SIGTERM" : "SIGINT");
      await until("later signals have come", () => stderr().split("already waiting").length === 3);
      assert.equal(child.exitCode, null);
      writeFileSync(go, "");
      assert.equal((await ended).code, 3);
      assert.deepEqual(recorded().slice(1), [{ signal: "SIGINT" }]);
    });
  }

  it("does not start pulumi after a signal that arrives before it runs", async () => {
    const hung = join(repo.dir, ".git", "hung");
    writeNpmPackage(repo, { build: `node -e "require('fs').writeFileSync('${hung}', ''); setTimeout(() => {}, 60000)"` });
    repo.commit(1, "Hangs");
    const { child, ended } = start(["--stack", "dev"]);
    await until("the build runs", () => existsSync(hung));
    child.kill("SIGTERM");
    const { code, err } = await ended;
    assert.equal(code, 130);
    assert.match(err, /SIGTERM: interrupted/);
    assert.deepEqual(recorded(), []);
  });

  it("does not run pulumi on code that does not build, and names the failed step", async () => {
    writeNpmPackage(repo, { build: "exit 4" });
    repo.commit(1, "Broken");
    const { code, err } = await run(["--stack", "dev"]);
    assert.equal(code, 1);
    assert.match(err, /npm run build failed with exit code 4/);
    assert.deepEqual(recorded(), []);
  });

  it("does not run install scripts of packages", async () => {
    writeNpmPackage(repo, { build: "true", postinstall: "touch hooked.txt" });
    repo.commit(1, "Has a script");
    assert.equal((await run(["--stack", "dev"])).code, 0);
    assert.ok(!recorded()[0].files.includes("hooked.txt"));
  });

  it("reports a missing pulumi", async () => {
    writeFileSync(join(bin, "pulumi"), "");
    chmodSync(join(bin, "pulumi"), 0o644);
    const path = process.env.PATH!.split(delimiter).filter((dir) => !existsSync(join(dir, "pulumi")));
    const { code, err } = await run(["--stack", "prod"], { PATH: [bin, ...path].join(delimiter) });
    assert.equal(code, 1);
    assert.match(err, /pulumi cannot be run: /);
  });

  it("refuses what it cannot deploy, and names the option or the file", async () => {
    repo.pin("sandbox", "v9.0.0", 1);
    repo.pin("prod", "broken", 1);
    for (const [args, text] of [
      [["--stack", "qa"], /--stack qa: \w{9} has no Pulumi\.qa\.yaml; give one of dev, prod, sandbox/],
      [["--stack", "../dev"], /--stack \.\.\/dev: give a stack's name/],
      [["--stack=--help"], /--stack --help: give a stack's name/],
      [["--stack", "sandbox"], /v9\.0\.0: there is no such tag in this clone; run git fetch --tags/],
      [["--stack", "prod"], /Pulumi\.prod\.yaml: ci-runners:release is "broken"/],
      [["--stack", "dev", "--at", "nowhere"], /--at nowhere: no such commit in this clone/],
      [["--stack", "dev", "--base", "main"], /--base, --head and --json: require --changed/],
      [["--changed"], /--changed: give --base/],
      [[], /--stack: give the stack/],
    ] as [string[], RegExp][]) {
      const silent = { dir: repo.dir, log: () => assert.fail("started"), print: () => assert.fail("printed") };
      await assert.rejects(deploy(args, silent), (error) => (assert.ok(error instanceof RefusedError), text.test(error.message)));
    }
    assert.deepEqual(recorded(), []);
  });
});
