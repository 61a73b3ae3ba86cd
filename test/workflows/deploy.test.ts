import assert from "node:assert/strict";
import { parseDeployOptions } from "../../promotion/deploy-options";
import { parsePromoteOptions } from "../../promotion/promote-options";
import { ScriptFixture } from "./stand-ins";

const SHA = "0123456789abcdef0123456789abcdef01234567";

describe("the script that deploys a stack", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const deploy = (exitCode: number) =>
    fixture.run("deploy-stack.yml", "deploy.sh", { STACK: "prod", HEAD_SHA: SHA }, [{ program: "npm", exitCode }]);

  it("deploys only that stack, as pinned by the commit of main", () => {
    const { status, calls } = deploy(0);
    assert.equal(status, 0);
    assert.equal(calls.length, 1);
    assert.deepEqual(parseDeployOptions(calls[0]!.args.slice(4)), {
      changed: false,
      stack: "prod",
      preview: false,
      at: SHA,
      main: "origin/main",
    });
  });

  it("fails when pulumi fails, with its exit code", () => {
    assert.equal(deploy(255).status, 255);
  });
});

describe("the script that checks the version of pulumi", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const check = (answer: { stdout?: string; exitCode?: number }) =>
    fixture.run("deploy-stack.yml", "need-pulumi.sh", {}, [{ program: "pulumi", when: "version", ...answer }]);

  for (const version of ["v3.200.0", "v3.248.1", "v4.0.0"]) {
    it(`accepts ${version}`, () => assert.equal(check({ stdout: `${version}\n` }).status, 0));
  }
  for (const version of ["v3.199.9", "v3.99.0", "v2.300.0"]) {
    it(`refuses ${version} and names the required version`, () => {
      const { status, stderr } = check({ stdout: `${version}\n` });
      assert.equal(status, 1);
      assert.match(stderr, /::error::pulumi is v[\d.]+, 3\.200\.0 or newer is needed/);
    });
  }
  it("names the remedy if pulumi is missing", () => {
    const { status, stderr } = check({ exitCode: 127 });
    assert.equal(status, 1);
    assert.match(stderr, /install 3\.200\.0 or newer/);
  });
});

describe("the script that evaluates a pull request's pins", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());

  it("evaluates the head with the gates of the base, and returns the exit code", () => {
    const { status, calls } = fixture.run("ci.yml", "check-promotion.sh", { HEAD_SHA: SHA }, [
      { program: "npm", when: "--check", exitCode: 1 },
    ]);
    assert.equal(status, 1);
    const options = parsePromoteOptions(calls[0]!.args.slice(4));
    assert.deepEqual(options, { check: true, base: "HEAD", head: SHA, main: "HEAD", hosts: "auto", json: undefined });
  });
});

describe("the script that evaluates a pin on main", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());

  it("evaluates the pin of the deployed commit, and stops the deployment with the command's exit code", () => {
    for (const exitCode of [0, 1, 2]) {
      const values = { STACK: "prod", HEAD_SHA: SHA };
      const { status, calls } = fixture.run("deploy-stack.yml", "check-pin.sh", values, [{ program: "npm", when: "--check", exitCode }]);
      assert.equal(status, exitCode);
      const options = parsePromoteOptions(calls[0]!.args.slice(4));
      assert.deepEqual(options, { check: "deployed pin", stack: "prod", head: SHA, main: undefined, hosts: "auto", json: undefined });
    }
  });
});
