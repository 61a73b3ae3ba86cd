import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { ROOT, temporary } from "../package/installed-package";
import { Account, ACCOUNT_ID, REGION } from "./account";
import { AFTER, BACK, BEFORE, PROVIDER } from "./bootstrap-configurations";
import { nextRelease } from "./next-release";
import { complaints, EXAMPLES, read } from "./projects";
import { examplesOf, type StackNames, type Writes, writesOf } from "./recorded-writes";

const PROJECT = join(EXAMPLES, "bootstrap");
const LIST = join(PROJECT, "writes.json");
const STACKS: { name: string }[] = (load(read("bootstrap", "Pulumi.account.yaml")) as any).config["ci-runners-bootstrap:stacks"];
/** Writes the list instead of comparing with it; the deployments then run without limits. */
const WRITE = process.env.BOOTSTRAP_WRITE === "1";

const POOL = "ci-runners-dev-runners";
const NAMES: StackNames = { region: REGION, account: ACCOUNT_ID, pool: POOL, name: "runners" };
const DEPLOY = "ci-runners-dev-deploy";
const PREVIEW = "ci-runners-dev-preview";

const claims = (subject: string, audience = "sts.amazonaws.com") => ({ sub: subject, aud: audience });

describe("the bootstrap example", function () {
  this.timeout(900_000);
  const dir = temporary("ci-runners-bootstrap-");
  let account: Account;
  /** As configured, but for the machine of dev, which this repository's own stack has not. */
  const bootstrap = () => {
    const stacks = STACKS.map((stack) => (stack.name === "dev" ? { ...stack, machine: true } : stack));
    return account.stack({ stack: "account", projectDir: PROJECT, work: "bootstrap", overrides: { stacks } });
  };
  const list = (): Writes[] => JSON.parse(readFileSync(LIST, "utf8"));

  before(async () => {
    account = await Account.open(dir);
    if (WRITE) return;
    await (await bootstrap()).up();
  });
  after(() => account?.close());

  it("gives a stack's role every call of a deployment, an update that replaces, a rollback and a destroy, and no call more", async () => {
    account.seen.length = 0;
    const next = nextRelease(ROOT, temporary("ci-runners-next-release-"));
    const open = (projectDir: string, overrides: Record<string, unknown>) =>
      account.stack({ stack: "dev", projectDir, work: "dev", overrides, ...(WRITE ? {} : { roleName: DEPLOY }) });
    const pool = await open(ROOT, BEFORE);
    await pool.up();
    await (await open(next, AFTER)).up();
    const back = await open(ROOT, BACK);
    await back.up();
    account.autoscaling.protect(POOL);
    await back.destroy();
    const seen = writesOf(account.seen, NAMES);
    if (WRITE) writeFileSync(LIST, `${JSON.stringify(seen, null, 2)}\n`);
    assert.deepEqual(seen, list(), "if the change is meant, write the list anew: see docs/getting-started.md");
    assert.ok(seen.flatMap(({ actions }) => actions).length > 80, "is anything recorded at all?");
  });

  describe("in an account that it was deployed in", () => {
    const writes = examplesOf(WRITE ? [] : list(), NAMES);
    before(function () {
      if (WRITE) this.skip();
    });

    it("is needed with each call of the list: without one, no other statement allows it", () => {
      const named = new Set(writes.map(({ action }) => action));
      assert.ok(named.size > 80, `${named.size} actions`);
      const denied = (calls: typeof writes) => calls.filter((call) => !account.allows(DEPLOY, call));
      assert.deepEqual(denied(writes), []);
      const policies = account.store.list("aws:iam/policy:Policy").filter(({ id }) => id.includes(`${DEPLOY}-`));
      for (const action of named) {
        const ofAction = writes.filter((call) => call.action === action);
        const holding = policies.filter(({ state }) => state.policy.includes(`"${action}"`));
        for (const policy of holding)
          account.store.put({ ...policy, state: { ...policy.state, policy: without(policy.state.policy, action) } });
        assert.deepEqual(denied(ofAction), ofAction);
        for (const policy of holding) account.store.put(policy);
      }
    });

    it("lets a destroy list what is left in the bundle's bucket, which the rehearsal's provider does without a call", () => {
      const resource = "arn:aws:s3:::runners-host-bundle-0a1b2c3";
      assert.ok(account.allows(DEPLOY, { action: "s3:ListBucketVersions", resource, context: {} }));
      assert.ok(!account.allows(DEPLOY, { action: "s3:ListBucketVersions", resource: "arn:aws:s3:::other", context: {} }));
    });

    it("stops the engine with AccessDenied and the action's name if one call is missing", async () => {
      const lacking = account.store.list("aws:iam/policy:Policy").find(({ id }) => id.endsWith(`${DEPLOY}-services`))!;
      account.store.put({ ...lacking, state: { ...lacking.state, policy: without(lacking.state.policy, "sqs:CreateQueue") } });
      try {
        const pool = await account.stack({ stack: "dev", projectDir: ROOT, work: "lacking", roleName: DEPLOY });
        await assert.rejects(pool.up(), /AccessDenied: .*not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:us-east-1/s);
      } finally {
        account.store.put(lacking);
      }
    });

    it("gives the role of previews none of the writes, neither to the pool nor to the state", () => {
      const state = account.store.list("aws:s3/bucket:Bucket").find(({ id }) => id.startsWith("ci-runners-state-"))!.state.arn;
      assert.deepEqual(
        writes.filter((call) => account.allows(PREVIEW, call)),
        [],
      );
      for (const action of ["s3:PutObject", "s3:DeleteObject"]) {
        assert.ok(!account.allows(PREVIEW, { action, resource: `${state}/dev/.pulumi/stacks/ci-runners/dev.json` }), action);
        assert.ok(account.allows(DEPLOY, { action, resource: `${state}/dev/.pulumi/stacks/ci-runners/dev.json` }), action);
      }
    });

    for (const role of [DEPLOY, PREVIEW]) {
      it(`keeps from ${role}: secrets, tokens, other parameters and objects, other stacks' state and keys`, () => {
        const state = account.store.list("aws:s3/bucket:Bucket").find(({ id }) => id.startsWith("ci-runners-state-"))!.state.arn;
        const keyOf = (stack: string) =>
          account.store.list("aws:kms/key:Key").find(({ state }) => state.description.endsWith(`ci-runners/${stack}`))!.state.arn as string;
        const own = { "s3:GetObject": `${state}/dev/.pulumi/stacks/ci-runners/dev.json`, "kms:Decrypt": keyOf("dev") };
        for (const [action, resource] of Object.entries(own))
          assert.ok(account.allows(role, { action, resource }), `${action} ${resource}`);
        const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:ci-runners-dev/github-app-AbCdEf`;
        const refused: [action: string, resource: string][] = [
          ["secretsmanager:GetSecretValue", secret],
          ["ssm:GetParameter", `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter/database/password`],
          ["ssm:GetParametersByPath", `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter/`],
          ["s3:GetObject", "arn:aws:s3:::customers/list.csv"],
          ["s3:GetObject", `${state}/prod/.pulumi/stacks/ci-runners/prod.json`],
          ["kms:Decrypt", keyOf("prod")],
          ["logs:GetLogEvents", `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:/aws/lambda/${POOL}-register:log-stream:1`],
          ["sqs:ReceiveMessage", `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${POOL}-dead-letters`],
        ];
        for (const [action, resource] of refused) assert.ok(!account.allows(role, { action, resource }), `${action} ${resource}`);
      });
    }

    it("keeps the role of dev from another stack's pool, and from the roles that the account already has", () => {
      const prod = "ci-runners-prod-runners";
      const tag = { "aws:ResourceTag/ci-runners:pool": prod };
      const iam = `arn:aws:iam::${ACCOUNT_ID}:role`;
      const refused: Parameters<Account["allows"]>[1][] = [
        {
          action: "autoscaling:DeleteAutoScalingGroup",
          resource: `arn:aws:autoscaling:${REGION}:${ACCOUNT_ID}:autoScalingGroup:*:autoScalingGroupName/${prod}`,
        },
        { action: "lambda:UpdateFunctionCode", resource: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${prod}-sweep` },
        { action: "ec2:DeleteLaunchTemplate", resource: `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:launch-template/lt-0123`, context: tag },
        { action: "iam:PutRolePolicy", resource: `${iam}/runners-host-0123456`, context: tag },
        { action: "iam:PutRolePolicy", resource: `${iam}/${DEPLOY}` },
        { action: "iam:UpdateAssumeRolePolicy", resource: `${iam}/${DEPLOY}` },
        { action: "iam:PassRole", resource: `${iam}/admin`, context: { "iam:PassedToService": "lambda.amazonaws.com" } },
        { action: "iam:PassRole", resource: `${iam}/runners-host-0123456`, context: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        {
          action: "ec2:CreateTags",
          resource: `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:instance/i-0123`,
          context: { "aws:RequestTag/ci-runners:pool": POOL },
        },
      ];
      for (const call of refused) assert.ok(!account.allows(DEPLOY, call), `${call.action} ${call.resource}`);
    });

    it("trusts for each role only the jobs of its own environment of its own repository", () => {
      const trusts = (role: string, subject: string, audience?: string) =>
        account.iam.trustsToken(role, PROVIDER, claims(subject, audience));
      const repository = "repo:example-org/ci-runners";
      for (const [role, environment] of [
        [DEPLOY, "dev"],
        [PREVIEW, "preview-dev"],
        ["ci-runners-prod-deploy", "prod"],
      ] as const) {
        assert.ok(trusts(role, `${repository}:environment:${environment}`), role);
        for (const subject of [
          `${repository}:environment:${environment}2`,
          `${repository}:environment:sandbox`,
          `${repository}:pull_request`,
          `${repository}:ref:refs/heads/main`,
          `repo:stranger/ci-runners:environment:${environment}`,
          `repo:example-org/ci-runners-fork:environment:${environment}`,
        ]) {
          assert.ok(!trusts(role, subject), `${role} ${subject}`);
        }
        assert.ok(!trusts(role, `${repository}:environment:${environment}`, "https://github.com/example-org"), "another audience");
      }
    });

    it("does not let a destroy take the states and the keys that open them", async () => {
      const deployed = await bootstrap();
      assert.equal((await deployed.up()).changed, 0);
      await assert.rejects(deployed.destroy(), /protect/);
      const kept = (type: string, name: string) =>
        account.store.list(type).filter(({ state }) => state[name]?.includes("ci-runners")).length;
      assert.deepEqual([kept("aws:kms/key:Key", "description"), kept("aws:s3/bucket:Bucket", "bucket")], [3, 1]);
      const { environments, secretsProviders } = await deployed.outputs();
      assert.deepEqual(Object.keys(environments!.value).sort(), [
        "dev",
        "preview-dev",
        "preview-prod",
        "preview-sandbox",
        "prod",
        "sandbox",
      ]);
      assert.match(environments!.value.dev.PULUMI_BACKEND_URL, /^s3:\/\/ci-runners-state-[0-9a-f]{7}\/dev\?region=us-east-1$/);
      assert.equal(secretsProviders!.value.prod, "awskms://alias/ci-runners-prod?region=us-east-1");
    });

    it("uses the OIDC provider that the account already has, since there can be only one, and a boundary for every new role", async () => {
      const boundary = `arn:aws:iam::${ACCOUNT_ID}:policy/boundary`;
      const other = await Account.open(temporary("ci-runners-boundary-"));
      try {
        const overrides = { oidcProviderArn: PROVIDER.arn, stacks: [{ name: "dev", createsVpc: true, permissionsBoundaryArn: boundary }] };
        await (await other.stack({ stack: "account", projectDir: PROJECT, work: "bootstrap", overrides })).up();
        assert.deepEqual(other.store.list("aws:iam/openIdConnectProvider:OpenIdConnectProvider"), []);
        const context = { "aws:RequestTag/ci-runners:pool": POOL };
        const create = { action: "iam:CreateRole", resource: `arn:aws:iam::${ACCOUNT_ID}:role/runners-host-0123456` };
        assert.ok(!other.allows(DEPLOY, { ...create, context }), "a role without the boundary could do anything");
        assert.ok(other.allows(DEPLOY, { ...create, context: { ...context, "iam:PermissionsBoundary": boundary } }));
      } finally {
        await other.close();
      }
    });
  });

  it("compiles as in a user's project", () => {
    assert.deepEqual(complaints(PROJECT, [join(PROJECT, "index.ts")]), []);
  });

  it("requires the versions of Pulumi that the library is tested with, and contains no secret", () => {
    const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const { dependencies } = JSON.parse(read("bootstrap", "package.json"));
    for (const [name, range] of Object.entries(dependencies)) assert.equal(range, own.devDependencies[name], name);
    for (const file of ["index.ts", "roles.ts", "policies.ts", "state.ts", "Pulumi.account.yaml"]) {
      assert.doesNotMatch(read("bootstrap", file), /PRIVATE KEY|gh[a-z]_\w{20}|github_pat_|AKIA\w{16}/, file);
    }
  });
});

/** The policy without one action. A statement that then has none is dropped. */
function without(document: string, action: string): string {
  const policy = JSON.parse(document) as { Statement: { Action: string[] }[] };
  const Statement = policy.Statement.map((statement) => ({ ...statement, Action: statement.Action.filter((own) => own !== action) }));
  return JSON.stringify({ ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) });
}
