import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { Hosted } from "./hosted-fixture";

const OUTPUT = (...names: string[]) => `    outputs:\n${names.map((name) => `      ${name}: \${{ steps.s.outputs.${name} }}\n`).join("")}`;

describe("steps of a hosted job as processes", () => {
  let hosted: Hosted;

  beforeEach(async () => (hosted = await Hosted.open()));
  afterEach(() => hosted.close());

  it("hand on variables, paths and outputs, of several lines too", async () => {
    const { outputs, log } = await hosted.steps(
      `- run: |
    echo "GREETING=hello" >>"$GITHUB_ENV"
    printf 'LINES<<EOF\\none\\ntwo\\nEOF\\n' >>"$GITHUB_ENV"
    mkdir -p "$RUNNER_TEMP/bin" && printf '#!/bin/sh\\necho found\\n' >"$RUNNER_TEMP/bin/tool" && chmod +x "$RUNNER_TEMP/bin/tool"
    echo "$RUNNER_TEMP/bin" >>"$GITHUB_PATH"
- id: s
  run: |
    tool
    echo "greeting=$GREETING" >>"$GITHUB_OUTPUT"
    echo "lines=$(echo "$LINES" | tail -n 1)" >>"$GITHUB_OUTPUT"
    echo "home=$HOME $CI $GITHUB_REPOSITORY $RUNNER_OS" >>"$GITHUB_OUTPUT"`,
      OUTPUT("greeting", "lines", "home"),
    );
    assert.ok(log.includes("found"));
    assert.deepEqual([outputs.greeting, outputs.lines], ["hello", "two"]);
    assert.match(outputs.home!, /^\/.*hosted-job-.*\/home true example-org\/app Linux$/);
  });

  it("have nothing of this machine's own variables, which may hold credentials", async () => {
    process.env.CI_RUNNERS_TEST_SECRET = "of the machine";
    try {
      const { log } = await hosted.steps("- run: env");
      assert.ok(!log.some((line) => line.includes("of the machine")));
      assert.ok(log.includes("GITHUB_ACTIONS=true"));
    } finally {
      delete process.env.CI_RUNNERS_TEST_SECRET;
    }
  });

  it("cannot replace the runner's own variables, nor load code into its programs", async () => {
    const { outputs } = await hosted.steps(
      `- run: echo "GITHUB_REPOSITORY=other/one" >>"$GITHUB_ENV"
- id: s
  run: echo "repository=$GITHUB_REPOSITORY" >>"$GITHUB_OUTPUT"`,
      OUTPUT("repository"),
    );
    assert.equal(outputs.repository, "example-org/app");
    const { conclusion, problems } = await hosted.steps(`- run: echo "NODE_OPTIONS=--require /tmp/x" >>"$GITHUB_ENV"`);
    assert.equal(conclusion, "failure");
    assert.match(problems.join(), /Can't store NODE_OPTIONS/);
  });

  it("never show a secret in the log, nor what a step asks to mask", async () => {
    hosted.repository.configure({ secrets: { KEY: "s3cret" } });
    const { log } = await hosted.steps(
      `- run: echo "::add-mask::hid""den"
- env: {KEY: '\${{ secrets.KEY }}'}
  run: |
    echo "key $KEY"
    echo hidden`,
    );
    assert.ok(log.includes("key ***") && log.includes("***"));
    assert.ok(!log.join("\n").includes("s3cret") && !log.join("\n").includes("hidden"));
  });

  it("neither show nor pass on a secret that they encode, nor the token by which the job requests tokens", async () => {
    hosted.repository.configure({ secrets: { KEY: 'p"ss wörd' } });
    const { log, outputs } = await hosted.steps(
      `- id: s
  env: {KEY: '\${{ secrets.KEY }}'}
  run: |
    echo "plain=fine" >>"$GITHUB_OUTPUT"
    echo "coded=$(printf 'user:%s' "$KEY" | base64)" >>"$GITHUB_OUTPUT"
    echo "json=$(printf '%s' "$KEY" | sed 's/"/\\\\"/')" >>"$GITHUB_OUTPUT"
    echo "request=$ACTIONS_ID_TOKEN_REQUEST_TOKEN" >>"$GITHUB_OUTPUT"
    echo "request $ACTIONS_ID_TOKEN_REQUEST_TOKEN"`,
      `    permissions: {id-token: write}\n${OUTPUT("plain", "coded", "json", "request")}`,
    );
    assert.deepEqual(outputs, { plain: "fine" });
    assert.ok(log.includes("request ***"), log.join("\n"));
  });

  it("run under their conditions after a failure, and not otherwise", async () => {
    const { steps, conclusion } = await hosted.steps(
      `- {id: a, run: exit 3}
- {id: b, run: echo}
- {id: c, if: failure(), run: echo}
- {id: d, if: always() && steps.a.outcome == 'failure', run: echo}
- {id: e, if: cancelled(), run: echo}
- {id: f, if: '!cancelled()', run: 'test "$X" = success', env: {X: '\${{ steps.c.conclusion }}'}}`,
    );
    assert.deepEqual(
      steps.map(({ id, conclusion: one }) => `${id} ${one}`),
      ["a failure", "b skipped", "c success", "d success", "e skipped", "f success"],
    );
    assert.equal(conclusion, "failure");
  });

  it("go on after a failed step with continue-on-error, which shows in its outcome alone", async () => {
    const { steps, conclusion } = await hosted.steps("- {id: a, run: exit 1, continue-on-error: true}\n- {id: b, run: echo}");
    assert.deepEqual(
      [steps[0]!.outcome, steps[0]!.conclusion, steps[1]!.conclusion, conclusion],
      ["failure", "success", "success", "success"],
    );
  });

  it("fail after their timeout-minutes", async () => {
    const { problems, conclusion } = await hosted.steps("- {run: sleep 600, timeout-minutes: 0.01}");
    assert.equal(conclusion, "failure");
    assert.match(problems.join(), /timed out after 0\.01 minutes/);
  });

  it("fail in the middle of a pipe only with `shell: bash`, as GitHub calls it", async () => {
    assert.equal((await hosted.steps("- run: 'false | true'")).conclusion, "success");
    assert.equal((await hosted.steps("- {run: 'false | true', shell: bash}")).conclusion, "failure");
    assert.equal((await hosted.steps("- {run: 'false | true'}", "    defaults: {run: {shell: bash}}\n")).conclusion, "failure");
    assert.ok((await hosted.steps("- {run: 'print(6 * 7)', shell: python}")).log.includes("42"));
    assert.match((await hosted.steps("- {run: echo, shell: fish}")).problems.join(), /shell: fish: is neither bash/);
  });

  it("check out the commit of the run, and keep what is not part of it only with `clean: false`", async () => {
    const files = { "src/a.txt": "a", "run.sh": "#!/bin/sh\necho ran\n" };
    const built = "mkdir -p target && echo cached >target/x";
    const both = (clean: string) =>
      `- uses: actions/checkout@v4\n- run: ./run.sh && cat src/a.txt && ${built}\n- {uses: actions/checkout@v4, with: {clean: ${clean}}}\n- run: cat target/x`;
    const kept = await hosted.steps(both("false"), "", files);
    assert.ok(kept.log.includes("ran") && kept.log.includes("cached"));
    assert.equal((await hosted.steps(both("true"), "", files)).conclusion, "failure");
    const other = await hosted.steps("- {uses: actions/checkout@v4, with: {repository: acme/other}}");
    assert.match(other.problems.join(), /the input repository \(acme\/other\) is not supported here/);
  });

  it("hash the files of the workspace, and nothing for a pattern without files", async () => {
    const { outputs } = await hosted.steps(
      `- uses: actions/checkout@v4
- id: s
  run: |
    echo "lock=\${{ hashFiles('**/package-lock.json') }}" >>"$GITHUB_OUTPUT"
    echo "none=[\${{ hashFiles('nothing/*') }}]" >>"$GITHUB_OUTPUT"`,
      OUTPUT("lock", "none"),
      { "package-lock.json": "{}", "sub/package-lock.json": "[]" },
    );
    assert.match(outputs.lock!, /^[0-9a-f]{64}$/);
    assert.equal(outputs.none, "[]");
  });

  it("say by annotations what a step notices or warns of, which fails nothing", async () => {
    const { conclusion, problems } = await hosted.steps("- run: |\n    echo '::notice::seen'\n    echo '::warning::odd'");
    assert.deepEqual([conclusion, problems], ["success", ["seen", "odd"]]);
  });

  it("find a local action only after a checkout, as GitHub's runner does", async () => {
    const files = { "act/action.yml": "name: a\ndescription: d\nruns: {using: composite, steps: [{shell: bash, run: echo acted}]}\n" };
    assert.ok((await hosted.steps("- uses: actions/checkout@v4\n- uses: ./act", "", files)).log.includes("acted"));
    assert.match((await hosted.steps("- uses: ./act", "", files)).problems.join(), /Did you forget to run actions\/checkout/);
  });

  it("run an action in Node with inputs, outputs and state, and its later part after all steps, the last one first", async () => {
    const action = {
      "action.yml":
        "name: a\ndescription: d\ninputs: {who: {default: nobody}, other word: {default: x}}\nruns: {using: node20, main: main.js, post: post.js}\n",
      "main.js": `const {appendFileSync} = require("node:fs");
appendFileSync(process.env.GITHUB_OUTPUT, "who=" + process.env.INPUT_WHO + process.env.INPUT_OTHER_WORD + "\\n");
appendFileSync(process.env.GITHUB_STATE, "who=" + process.env.INPUT_WHO + "\\n");`,
      "post.js": `console.log("post of " + process.env.STATE_who);`,
    };
    hosted.served.github.workflows.repository("example-org/action").seed(action);
    const { outputs, log } = await hosted.steps(
      `- uses: example-org/action@main
- {id: s, uses: example-org/action@main, with: {who: mona}}
- run: echo last`,
      OUTPUT("who"),
    );
    assert.equal(outputs.who, "monax");
    assert.deepEqual(
      log.filter((line) => /^(post of|last)/.test(line)),
      ["last", "post of mona", "post of nobody"],
    );
  });

  it("leave no process and no file behind", async () => {
    const { outputs } = await hosted.steps(
      `- id: s
  run: |
    nohup sleep 600 >/dev/null 2>&1 &
    echo "pid=$!" >>"$GITHUB_OUTPUT"
    echo "home=$HOME" >>"$GITHUB_OUTPUT"`,
      OUTPUT("pid", "home"),
    );
    const status = `/proc/${outputs.pid}/status`;
    assert.ok(!existsSync(status) || /State:\tZ/.test(readFileSync(status, "utf8")), "the background process has ended");
    assert.equal(existsSync(outputs.home!), false);
  });

  it("read the event from a file, and get a token from the endpoint by the variables of the job", async () => {
    const script = `- id: s
  run: |
    echo "ref=$(grep -c refs/heads/main "$GITHUB_EVENT_PATH")" >>"$GITHUB_OUTPUT"
    token="$(curl -sf --noproxy '*' -H "authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=mine")"
    echo "length=\${#token}" >>"$GITHUB_OUTPUT"`;
    const { outputs } = await hosted.steps(script, `    permissions: {id-token: write}\n${OUTPUT("ref", "length")}`);
    assert.equal(outputs.ref, "1");
    assert.ok(Number(outputs.length) > 500, "a signed token");
  });
});
