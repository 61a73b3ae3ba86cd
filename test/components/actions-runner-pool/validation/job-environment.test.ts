import assert from "node:assert/strict";
import { jobEnvironmentViolations } from "../../../../components/shared/host-rules/job-environment";
import { rejects } from "./bad-input";

const TOKEN = `ghp_${"a1B2".repeat(9)}`;

rejects([
  {
    danger: "a secret by its name, which each job and the state would show",
    changes: { jobEnvironment: { NPM_TOKEN: "x" } },
    field: "jobEnvironment.NPM_TOKEN",
    value: "(not shown)",
    remedy: /secret of GitHub, or OIDC/,
  },
  {
    danger: "a secret by its value",
    changes: { jobEnvironment: { MIRROR: TOKEN } },
    field: "jobEnvironment.MIRROR",
    value: "(not shown)",
    remedy: /secret of GitHub/,
  },
  {
    danger: "the user and password of a package mirror in its URL",
    changes: { jobEnvironment: { PIP_INDEX_URL: "https://ci:hunter2@pypi.example.com/simple" } },
    field: "jobEnvironment.PIP_INDEX_URL",
    value: "(not shown)",
    remedy: /secret of GitHub/,
  },
  {
    danger: "the token of a package mirror in its URL, without a password",
    changes: { jobEnvironment: { NPM_REGISTRY: "https://hunter2@npm.example.com/" } },
    field: "jobEnvironment.NPM_REGISTRY",
    value: "(not shown)",
    remedy: /secret of GitHub/,
  },
  {
    danger: "a PATH that the runner would replace",
    changes: { jobEnvironment: { PATH: "/opt/bin" } },
    field: "jobEnvironment.PATH",
    value: "set by the runner",
    remedy: /\/usr\/local\/bin by setupScript/,
  },
  {
    danger: "a variable that would replace the pool's own job hook, on which the drain relies",
    changes: { jobEnvironment: { ACTIONS_RUNNER_HOOK_JOB_STARTED: "/opt/hook.sh" } },
    field: "jobEnvironment.ACTIONS_RUNNER_HOOK_JOB_STARTED",
    value: "a variable of the runner",
    remedy: /another name/,
  },
  {
    danger: "a proxy that only jobs would know",
    changes: { jobEnvironment: { Https_Proxy: "http://proxy:3128" } },
    field: "jobEnvironment.Https_Proxy",
    value: "a variable of the proxy",
    remedy: /httpsProxy/,
  },
  {
    danger: "a value of two lines, the second of which would be a variable of its own",
    changes: { jobEnvironment: { GREETING: "one\nGITHUB_X=two" } },
    field: "jobEnvironment.GREETING",
    value: "more than one line",
    remedy: /setupScript write a file/,
  },
  {
    danger: "a name that no shell could read",
    changes: { jobEnvironment: { "my-name": "x" } },
    field: "jobEnvironment.my-name",
    value: "not the name of a variable",
    remedy: /letters, digits and _/,
  },
  {
    danger: "a number of a stack's file, of which it is unknown how it should be written",
    changes: { jobEnvironment: { RETRIES: 3 as unknown as string } },
    field: "jobEnvironment.RETRIES",
    value: "not a text",
    remedy: /quotes/,
  },
  {
    danger: "a list of variables in place of a map",
    changes: { jobEnvironment: ["A=1"] as unknown as Record<string, string> },
    field: "jobEnvironment",
    value: "not a map",
    remedy: /object/,
  },
  {
    danger: "a value that is a file",
    changes: { jobEnvironment: { RULES: "x ".repeat(600) } },
    field: "jobEnvironment.RULES",
    value: "1200 characters",
    remedy: /write a file/,
  },
  {
    danger: "more variables than anyone keeps in view",
    changes: { jobEnvironment: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`V${index}`, ""])) },
    field: "jobEnvironment",
    value: "51 variables",
    remedy: /write a file/,
  },
]);

describe("the rules of the environment of jobs", () => {
  for (const [name, value] of [
    ["PGPASSWORD", "hunter2"],
    ["MYSQL_PWD", "hunter2"],
    ["SSHPASS", "hunter2"],
    ["DB_PASS", "hunter2"],
    ["KEYSTORE_PASSWORD", "123456"],
    ["APIToken", "hunter2"],
    ["apiKey", "hunter2"],
    ["API_KEY", "hunter2"],
    ["MINIO_SECRETKEY", "hunter2"],
    ["NPM_CONFIG__AUTH", "aHVudGVyMg"],
    ["GH_PAT", "hunter2"],
    ["AWS_ACCESS_KEY_ID", "hunter2"],
    ["SECRET_URL", "https://ci:hunter2@vault.example.com"],
    ["TOKEN_FILE", TOKEN],
    ["X", TOKEN],
    ["PATH", TOKEN],
  ] as const) {
    it(`refuse what may be a secret and show nothing of it: ${name}`, () => {
      const [violation, ...others] = jobEnvironmentViolations({ [name]: value });
      assert.deepEqual(others, []);
      assert.ok(violation);
      for (const shown of [value, "hunter2", "123456"]) assert.ok(!violation.reason.includes(shown), violation.reason);
    });
  }

  it("accept where a secret is, and a number or a flag, since no other way leads around the rule", () => {
    const places = {
      GOOGLE_APPLICATION_CREDENTIALS: "wif.json",
      AWS_SHARED_CREDENTIALS_FILE: "config/credentials",
      AWS_WEB_IDENTITY_TOKEN_FILE: "token",
      DB_SECRET_ARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
      TOKEN_URL: "https://login.example.com/token",
      NUGET_CREDENTIALS: "/etc/team/nuget.xml",
      OPENAI_MAX_TOKENS: "4096",
      USE_TOKEN: "false",
      DOCKER_AUTH: "",
    };
    assert.deepEqual(jobEnvironmentViolations(places), []);
  });

  it("accept what teams write", () => {
    const variables = {
      MAVEN_OPTS: "-Xmx2g -Dx=y",
      GOFLAGS: "",
      TOKENIZERS_PARALLELISM: "false",
      KEYBOARD: "de",
      BYPASS: "none",
      REGISTRY: "https://npm.example.com/a@b",
      SEARCH: "https://npm.example.com?mail=a@b",
      REPOSITORY: "ssh://deploy@git.example.com/team.git",
      MIRROR: "https://git@git.example.com/team.git",
      npm_config_registry: "https://npm.example.com",
    };
    assert.deepEqual(jobEnvironmentViolations(variables), []);
    for (const none of [undefined, {}]) assert.deepEqual(jobEnvironmentViolations(none), []);
  });
});
