import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { STAGES } from "../../promotion/stages";
import { ROOT, SCRIPTS, type Step, steps, workflow, workflows } from "./files";

const run = promisify(execFile);

/** The permissions of each job's token, exactly. */
const PERMISSIONS: Record<string, Record<string, string>> = {
  "ci.yml test": { contents: "read" },
  "ci.yml promotion": { contents: "read" },
  "preview.yml changed": { contents: "read" },
  "preview.yml preview": { contents: "read", "id-token": "write" },
  "preview.yml comment": { contents: "read", "pull-requests": "write" },
  "deploy.yml changed": { contents: "read" },
  "deploy.yml deploy": { contents: "read", "id-token": "write" },
  "deploy-stack.yml check": { contents: "read" },
  "deploy-stack.yml deploy": { contents: "read", "id-token": "write" },
  "promote.yml evaluate": { contents: "read" },
  "promote.yml open": { contents: "read" },
  "release.yml pack": { contents: "read" },
  "release.yml release": { contents: "write" },
  "release.yml publish": { contents: "read", "id-token": "write" },
};

const hasToken = (step: Step) =>
  Object.entries(step.env ?? {}).some(([name, value]) => /TOKEN|KEY|SECRET/.test(name) || /secrets\.|token/.test(value));

/** Whether a step runs npm, which runs code of other packages and of releases. */
function runsNpm({ run: line = "" }: Step): boolean {
  const script = /\.github\/scripts\/([\w-]+\.sh)/.exec(line)?.[1];
  const lines = [line, script === undefined ? "" : readFileSync(join(SCRIPTS, script), "utf8")].join("\n").split("\n");
  return lines.some((one) => !one.startsWith("#") && /\bnp[mx]\b/.test(one));
}

describe("the workflows", () => {
  it("pass actionlint", async function () {
    // Built from its Go module, pinned in go.mod and go.sum; 10 s the first time.
    const problem = await run("go", ["version"]).then(
      () => undefined,
      () => "Go is not on PATH, so the workflows cannot be linted",
    );
    if (problem !== undefined) {
      assert.notEqual(process.env.CI_RUNNERS_REQUIRE_SYSTEMD, "1", problem);
      console.log(`    skipped: ${problem}`);
      return this.skip();
    }
    const folder = join(ROOT, ".github", "workflows");
    const files = readdirSync(folder).map((file) => join(folder, file));
    const args = ["run", "-mod=readonly", "github.com/rhysd/actionlint/cmd/actionlint", "-no-color", "-oneline"];
    const lint = (names: string[]) =>
      run("go", [...args, ...names], { cwd: join(__dirname, "actionlint"), env: { ...process.env, GOFLAGS: "", GOWORK: "off" } });
    await lint(files).catch((error) => assert.fail(`${error.stdout}${error.stderr}`));
    const folderOfBad = mkdtempSync(join(tmpdir(), "ci-runners-workflow-"));
    try {
      const bad = join(folderOfBad, "bad.yml");
      writeFileSync(bad, readFileSync(files[0]!, "utf8").replace("contents: read", "content: read"));
      await assert.rejects(lint([bad]), { stdout: /unknown permission scope/ });
    } finally {
      rmSync(folderOfBad, { recursive: true, force: true });
    }
  });

  it("have scripts that pass shellcheck", function () {
    try {
      execFileSync("shellcheck", ["--version"]);
    } catch {
      assert.notEqual(process.env.CI_RUNNERS_REQUIRE_SYSTEMD, "1", "shellcheck is missing; scripts/install-system-packages.sh installs it");
      console.log("    skipped: shellcheck is missing");
      return this.skip();
    }
    const scripts = readdirSync(SCRIPTS).map((name) => join(SCRIPTS, name));
    execFileSync("shellcheck", ["--enable=check-set-e-suppressed", ...scripts], { stdio: "pipe" });
    for (const script of scripts) assert.match(readFileSync(script, "utf8"), /^set -euo pipefail$/m, script);
  });

  it("pin each action by its commit, so that a moved tag cannot change what runs here", () => {
    const used = steps().flatMap(({ where, step }) => (step.uses ? [{ where, uses: step.uses }] : []));
    assert.ok(used.length > 10);
    for (const { where, uses } of used) assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/, where);
    for (const { name, text } of workflows()) {
      for (const line of text.split("\n").filter((one) => /uses: (?!\.\/)/.test(one)))
        assert.match(line, / # v\d+\.\d+\.\d+$/, `${name}: ${line}`);
    }
    const versions = new Map<string, Set<string>>();
    for (const { uses } of used) {
      const [action, commit] = uses.split("@") as [string, string];
      versions.set(action, (versions.get(action) ?? new Set()).add(commit));
    }
    for (const [action, commits] of versions) assert.equal(commits.size, 1, `${action} is pinned at several commits`);
  });

  it("give their token no permissions by default, and each job the minimum", () => {
    const seen: typeof PERMISSIONS = {};
    for (const { name, permissions, jobs } of workflows()) {
      assert.deepEqual(permissions, {}, name);
      for (const [id, job] of Object.entries(jobs)) seen[`${name} ${id}`] = job.permissions ?? {};
    }
    assert.deepEqual(seen, PERMISSIONS);
  });

  it("never insert untrusted text into a script, because a branch name could be a command", () => {
    for (const { where, step } of steps()) assert.ok(!step.run?.includes("${{"), `${where}: ${step.run}`);
  });

  it("run at most one line outside a tested script", () => {
    for (const { where, step } of steps()) assert.ok((step.run ?? "").trim().split("\n").length === 1, where);
  });

  it("allow rootless engines on the tests' machines before these run, which Ubuntu 24.04 does not by itself", () => {
    const { jobs } = workflows().find(({ name }) => name === "ci.yml")!;
    assert.equal(jobs.test!["runs-on"], "ubuntu-24.04");
    const runs = jobs.test!.steps.map(({ run: line = "" }) => line);
    const allowed = runs.indexOf("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    assert.ok(allowed >= 0 && allowed < runs.findIndex((line) => line.includes(".ci/run")), runs.join("\n"));
  });

  it("never let a checkout keep the token where later steps could read it", () => {
    const checkouts = steps().filter(({ step }) => step.uses?.startsWith("actions/checkout@"));
    for (const { where, step } of checkouts) assert.equal(step.with?.["persist-credentials"], false, where);
  });

  it("never run a pull request's code with the permissions of main", () => {
    for (const { name, on } of workflows()) assert.ok(!("pull_request_target" in on) && !("workflow_run" in on), name);
    const { jobs } = workflow("preview.yml");
    assert.match(jobs.preview!.if!, /head\.repo\.full_name == github\.repository/);
    assert.match(jobs.preview!.environment!, /^preview-/);
  });

  it("contain no AWS key, but assume a role per stack by OIDC, which the stack's environment names", () => {
    for (const { name, text } of workflows()) {
      assert.doesNotMatch(text, /AWS_ACCESS_KEY|AWS_SECRET|secrets\.AWS/i, name);
      assert.deepEqual(
        [...text.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret),
        name === "promote.yml" ? ["PROMOTION_APP_KEY"] : [],
      );
    }
    const deploying = workflow("deploy-stack.yml").jobs.deploy!;
    assert.equal(deploying.environment, "${{ inputs.stack }}");
    assert.equal(workflow("deploy.yml").jobs.deploy!.with!.stack, "${{ matrix.stack }}");
    const [credentials] = deploying.steps.filter(({ uses }) => uses?.startsWith("aws-actions/"));
    assert.equal(credentials!.with!["role-to-assume"], "${{ vars.AWS_ROLE_ARN }}");
    assert.equal(credentials!.with!["role-duration-seconds"], "${{ vars.AWS_ROLE_DURATION_SECONDS || '3600' }}");
  });

  it("never give a token or a secret to a job that runs a release's code, nor to a step that runs npm", () => {
    const { evaluate } = workflow("promote.yml").jobs;
    assert.deepEqual([evaluate!.environment, evaluate!.permissions], [undefined, { contents: "read" }]);
    assert.doesNotMatch(JSON.stringify(evaluate), /secrets\.|token/i);
    for (const { where, step } of steps()) if (hasToken(step)) assert.ok(!runsNpm(step), where);
  });

  it("never give a token to a step after one that ran other packages' code in the same job, which could still be running", () => {
    // The App's token and the role of AWS come from actions, not from an environment that npm's steps could read later.
    const jobs = workflows().flatMap(({ name, jobs }) => Object.entries(jobs).map(([id, job]) => ({ where: `${name} ${id}`, job })));
    const withBoth = jobs.filter(({ job }) => {
      const first = job.steps.findIndex((step) => runsNpm(step));
      return first >= 0 && job.steps.slice(first).some(hasToken);
    });
    assert.deepEqual(
      withBoth.map(({ where }) => where),
      [],
    );
    // Else the check above would look at nothing.
    assert.deepEqual(
      ["pack.sh", "preview.sh", "deploy.sh", "promote.sh", "publish.sh"].filter(
        (script) => !runsNpm({ run: `bash .github/scripts/${script}` }),
      ),
      [],
    );
  });

  it("evaluate the pin on main before a deployment has credentials, in a job that cannot get any: a rehearsal runs a release's code", () => {
    assert.equal(workflow("deploy.yml").jobs.deploy!.uses, "./.github/workflows/deploy-stack.yml");
    const { check, deploy } = workflow("deploy-stack.yml").jobs;
    assert.deepEqual([check!.environment, check!.permissions, check!.if], [undefined, { contents: "read" }, undefined]);
    assert.deepEqual([deploy!.needs, deploy!.if], ["check", undefined]);
    const last = check!.steps.at(-1)!;
    assert.equal(last.run, "bash .github/scripts/check-pin.sh");
    assert.deepEqual(last.env, { STACK: "${{ inputs.stack }}", HEAD_SHA: "${{ github.sha }}" });
    assert.deepEqual(
      steps().filter(({ step, job }) => /check-(pin|promotion)\.sh|promote\.sh/.test(step.run ?? "") && job.permissions?.["id-token"]),
      [],
    );
  });

  it("run one deployment per stack at a time and never cancel one", () => {
    const { jobs, concurrency, on } = workflow("deploy.yml");
    assert.equal(concurrency, undefined, "a group for the whole workflow would let a push drop the stacks of the previous push");
    const called = workflow("deploy-stack.yml");
    assert.equal(called.concurrency, undefined);
    assert.deepEqual(called.jobs.deploy!.concurrency, { group: "deploy-${{ inputs.stack }}", "cancel-in-progress": false });
    assert.equal(jobs.deploy!.strategy!["fail-fast"], false);
    assert.equal(called.jobs.deploy!["timeout-minutes"], 360);
    assert.deepEqual(
      on.workflow_dispatch.inputs.stack.options,
      STAGES.map(({ name }) => name),
    );
  });

  it("promote between each pair of consecutive stages", () => {
    const { evaluate, open } = workflow("promote.yml").jobs;
    const { include } = (evaluate!.strategy as any).matrix;
    const names = STAGES.map(({ name }) => name);
    assert.deepEqual((open!.strategy as any).matrix.to, names.slice(1));
    // Jobs of a matrix share their outputs, and the last one to end wins.
    assert.deepEqual(evaluate!.outputs, Object.fromEntries(names.slice(1).map((to) => [to, `\${{ steps.promote.outputs.${to} }}`])));
    assert.deepEqual(
      include,
      names.slice(1).map((to, at) => ({ from: names[at], to })),
    );
  });

  it("have a timeout for each job, so that a hang ends", () => {
    for (const { name, jobs } of workflows())
      for (const [id, job] of Object.entries(jobs)) assert.ok(job.uses || job["timeout-minutes"], `${name} ${id}`);
  });

  it("run each existing script, and no other", () => {
    const named = steps().flatMap(({ step }) => step.run?.match(/\.github\/scripts\/([\w-]+\.sh)/)?.[1] ?? []);
    assert.deepEqual([...new Set(named)].sort(), readdirSync(SCRIPTS).sort());
  });
});
