import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { stepOf } from "./files";
import { servePrivately } from "./private-git-server";
import { ScriptFixture } from "./stand-ins";

const TOKEN = "ghs_of_this_run";

describe("the script that fetches a pull request's head", () => {
  const fixture = new ScriptFixture();
  let server: { url: string; close(): void };
  let head: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: fixture.folder,
      encoding: "utf8",
      stdio: "pipe",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", GIT_TERMINAL_PROMPT: "0" },
    }).trim();

  before(async () => {
    git("init", "--quiet", "--initial-branch=main", "remote");
    git("-C", "remote", "commit", "--quiet", "--allow-empty", "--message", "Of a fork");
    head = git("-C", "remote", "rev-parse", "HEAD");
    git("-C", "remote", "update-ref", "refs/pull/17/head", head);
    git("-C", "remote", "update-server-info");
    server = await servePrivately(join(fixture.folder, "remote", ".git"), TOKEN);
    git("init", "--quiet");
    git("remote", "add", "origin", server.url);
  });
  after(() => {
    server.close();
    fixture.close();
  });

  const fetch = (token: string) => {
    const answers = [{ program: "gh", when: "auth git-credential get", stdout: `username=x-access-token\npassword=${token}\n` }];
    return fixture.run("ci.yml", "fetch-pull-request.sh", { PULL_REQUEST: "17", GH_TOKEN: token }, answers, ["npm", "gh"]);
  };

  it("is refused without a credential, so this repository is private", () => {
    assert.throws(() => git("fetch", "--quiet", "origin", "refs/pull/17/head"), /could not read Username|Authentication failed/);
    assert.notEqual(fetch("wrong").status, 0);
  });

  it("fetches the head from a private repository, which is red for ever otherwise", () => {
    const { status, stderr } = fetch(TOKEN);
    assert.equal(status, 0, stderr);
    assert.equal(git("rev-parse", "FETCH_HEAD"), head);
  });

  it("keeps the token nowhere, and the step that evaluates the pins does not have it", () => {
    assert.doesNotMatch(git("config", "--local", "--list"), new RegExp(`credential|${TOKEN}`));
    assert.deepEqual(Object.keys(stepOf("ci.yml", "check-promotion.sh").env!), ["HEAD_SHA"]);
    assert.equal(stepOf("ci.yml", "fetch-pull-request.sh").env!.GH_TOKEN, "${{ github.token }}");
  });
});
