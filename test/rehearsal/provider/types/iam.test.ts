import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import { FakeAutoScaling } from "../fake-auto-scaling";

const GITHUB = "token.actions.githubusercontent.com";
const ROLE = "aws:iam/role:Role";
const PROVIDER = `arn:aws:iam::123456789012:oidc-provider/${GITHUB}`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

describe("IAM as the rehearsal's provider has it", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-iam-"));
  let backend: ProviderBackend;
  beforeEach(() => {
    backend = new ProviderBackend({ store: new MemoryStore(), autoscaling: new FakeAutoScaling(), filesDir });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  const urn = (token: string) => `urn:pulumi:dev::project::${token}::one`;
  const create = (token: string, news: Record<string, unknown>) => backend.create({ urn: urn(token), news });
  const reasons = (token: string, news: Record<string, unknown>) =>
    backend.check({ urn: urn(token), news }).failures.map(({ reason }) => reason);
  const role = (name: string, more = {}) => create(ROLE, { name, assumeRolePolicy: document(), ...more });

  it("has one OIDC provider for a URL in an account [A21.5]", async () => {
    const token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider";
    const news = { url: `https://${GITHUB}`, clientIdLists: ["sts.amazonaws.com"] };
    assert.equal((await create(token, news)).id, PROVIDER);
    await assert.rejects(
      create(token, news),
      /EntityAlreadyExists: Provider with url https:\/\/token\.actions\.githubusercontent\.com already exists\./,
    );
  });

  it("refuses a role that trusts GitHub's tokens of any repository [A21.6]", () => {
    const trusting = (Condition: object | undefined) =>
      reasons(ROLE, {
        name: "deploy",
        assumeRolePolicy: document({
          Effect: "Allow",
          Principal: { Federated: PROVIDER },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition,
        }),
      });
    const refused = [undefined, { StringEquals: { [`${GITHUB}:aud`]: "sts.amazonaws.com" } }, { StringLike: { [`${GITHUB}:sub`]: "*" } }];
    for (const condition of refused) assert.match(trusting(condition).join(), /MalformedPolicyDocument/, JSON.stringify(condition));
    assert.deepEqual(trusting({ StringLike: { [`${GITHUB}:sub`]: "repo:example-org/ci-runners:*" } }), []);
  });

  it("limits the inline policies of a role by their sum, and the managed policies attached to it by their number [A21.7]", async () => {
    await role("deploy");
    const large = (fill: string) => document({ Effect: "Allow", Action: ["s3:GetObject"], Resource: [fill.repeat(5_500)] });
    await create("aws:iam/rolePolicy:RolePolicy", { role: "deploy", name: "a", policy: large("a") });
    await assert.rejects(
      create("aws:iam/rolePolicy:RolePolicy", { role: "deploy", name: "b", policy: large("b") }),
      /LimitExceeded: Maximum policy size of 10240 bytes exceeded for role deploy/,
    );
    const attach = (index: number) =>
      create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
        role: "deploy",
        policyArn: `arn:aws:iam::123456789012:policy/${index}`,
      });
    for (let index = 0; index < 10; index++) await attach(index);
    await assert.rejects(attach(10), /LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10/);
  });

  it("limits the name and the session of a role [A21.8]", () => {
    const trust = { assumeRolePolicy: document() };
    assert.deepEqual(reasons(ROLE, { ...trust, name: "r".repeat(64), maxSessionDuration: 43_200 }), []);
    assert.match(reasons(ROLE, { ...trust, name: "r".repeat(65) }).join(), /in the range \(1 - 64\)/);
    for (const seconds of [900, 43_201]) {
      assert.match(reasons(ROLE, { ...trust, name: "r", maxSessionDuration: seconds }).join(), /in the range \(3600 - 43200\)/);
    }
  });

  it("keeps a deleted key for 7 to 30 days [A21.9]", () => {
    const token = "aws:kms/key:Key";
    assert.deepEqual(reasons(token, { deletionWindowInDays: 30 }), []);
    for (const days of [6, 31]) assert.match(reasons(token, { deletionWindowInDays: days }).join(), /in the range \(7 - 30\)/);
  });
});
