import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import type { ApiCall } from "../../../../rehearsal/provider/api-calls/api-call";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import { FakeAutoScaling } from "../fake-auto-scaling";

const TABLE = "aws:dynamodb/table:Table";
const FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl";
const PERMISSION = "aws:lambda/permission:Permission";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const LEDGER = {
  name: "ledger",
  billingMode: "PAY_PER_REQUEST",
  hashKey: "pk",
  rangeKey: "sk",
  attributes: ["pk", "sk", "list", "at"].map((name) => ({ name, type: "S" })),
  globalSecondaryIndexes: [{ name: "lists", hashKey: "list", rangeKey: "at", projectionType: "ALL" }],
  ttl: { attributeName: "expiresAt", enabled: true },
  pointInTimeRecovery: { enabled: true },
};

describe("the provider's types that a source of demand needs", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-demand-"));
  let store: MemoryStore;
  let seen: ApiCall[];
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    seen = [];
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, authorise: (call) => void seen.push(call) });
    store.put({ type: "aws:lambda/function:Function", id: "hook", state: { name: "hook" } });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  const urn = (token: string) => `urn:pulumi:dev::project::${token}::one`;
  const create = (token: string, news: Record<string, unknown>) => backend.create({ urn: urn(token), news });
  const reasons = (token: string, news: Record<string, unknown>) =>
    backend
      .check({ urn: urn(token), news })
      .failures.map(({ reason }) => reason)
      .join("; ");
  const actions = () => seen.splice(0).map(({ action }) => action);

  describe("aws.dynamodb.Table", () => {
    it("refuses attributes that no key uses, and keys that no attribute defines, in the plan", () => {
      assert.equal(reasons(TABLE, LEDGER), "");
      const extra = [...LEDGER.attributes, { name: "expiresAt", type: "N" }];
      assert.equal(reasons(TABLE, { ...LEDGER, attributes: extra }), 'all attributes must be indexed. Unused attributes: ["expiresAt"]');
      const fewer = LEDGER.attributes.slice(0, 3);
      assert.equal(
        reasons(TABLE, { ...LEDGER, attributes: fewer }),
        'all indexes must match a defined attribute. Unmatched indexes: ["at"]',
      );
    });

    it("refuses a mode without its capacity, a time to live without attribute, a key without encryption", () => {
      assert.match(reasons(TABLE, { ...LEDGER, billingMode: undefined }), /readCapacity must be at least 1/);
      assert.match(reasons(TABLE, { ...LEDGER, billingMode: "ON_DEMAND" }), /PAY_PER_REQUEST/);
      assert.match(reasons(TABLE, { ...LEDGER, ttl: { enabled: true } }), /ttl.attribute_name/);
      assert.match(reasons(TABLE, { ...LEDGER, serverSideEncryption: { enabled: false, kmsKeyArn: "k" } }), /kms_key_arn/);
      assert.match(reasons(TABLE, { ...LEDGER, pointInTimeRecovery: { enabled: true, recoveryPeriodInDays: 36 } }), /1 - 35/);
    });

    it("fails at DynamoDB for a name or a type that it refuses, after a plan that passes", async () => {
      const short = { ...LEDGER, name: "ab" };
      assert.equal(reasons(TABLE, short), "");
      await assert.rejects(create(TABLE, short), /creating DynamoDB Table \(ab\): ValidationException: .*at least 3 characters/);
      const attributes = LEDGER.attributes.map(({ name }) => ({ name, type: "STRING" }));
      await assert.rejects(create(TABLE, { ...LEDGER, attributes }), /ValidationException: .*attributeType/);
      assert.deepEqual(store.list(TABLE), []);
    });

    it("is not deleted while it is protected", async () => {
      const { id, outputs } = await create(TABLE, { ...LEDGER, deletionProtectionEnabled: true });
      const remove = (olds: Record<string, unknown>) => backend.delete({ urn: urn(TABLE), id, olds });
      await assert.rejects(remove(outputs), /currently protected against deletion/);
      const oldInputs = { ...LEDGER, deletionProtectionEnabled: true };
      const updated = await backend.update({
        urn: urn(TABLE),
        id,
        olds: outputs,
        oldInputs,
        news: { ...LEDGER, deletionProtectionEnabled: false },
      });
      await remove(updated.outputs);
      assert.deepEqual(store.list(TABLE), []);
    });

    it("keeps its identity and its items over an update, and refuses one for which an index would have to be built", async () => {
      const { id, outputs } = await create(TABLE, LEDGER);
      assert.equal(outputs.arn, "arn:aws:dynamodb:eu-central-1:123456789012:table/ledger");
      const tableId = () => store.get(TABLE, id)?.state._tableId;
      const before = tableId();
      const update = (news: Record<string, unknown>) => backend.update({ urn: urn(TABLE), id, olds: outputs, oldInputs: LEDGER, news });
      await update({ ...LEDGER, ttl: { enabled: false, attributeName: "expiresAt" } });
      assert.ok(before);
      assert.equal(tableId(), before);
      const { globalSecondaryIndexes: _none, ...without } = LEDGER;
      await assert.rejects(update({ ...without, attributes: LEDGER.attributes.slice(0, 2) }), /does not build indexes/);
    });

    it("needs a call for each setting that CreateTable does not take, and a grant for a customer's key", async () => {
      const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/k";
      const inputs = { ...LEDGER, tags: { team: "a" }, serverSideEncryption: { enabled: true, kmsKeyArn } };
      const { id, outputs } = await create(TABLE, inputs);
      const contexts = seen.map(({ action, context }) => [action, context]);
      const via = { "kms:ViaService": "dynamodb.eu-central-1.amazonaws.com" };
      assert.deepEqual(contexts, [
        ["dynamodb:CreateTable", { "aws:RequestTag/team": "a" }],
        ["dynamodb:TagResource", { "aws:RequestTag/team": "a" }],
        ["dynamodb:UpdateTimeToLive", { "aws:ResourceTag/team": "a" }],
        ["dynamodb:UpdateContinuousBackups", { "aws:ResourceTag/team": "a" }],
        ["kms:DescribeKey", via],
        ["kms:CreateGrant", { ...via, "kms:GrantIsForAWSResource": "true" }],
      ]);
      actions();
      const news = { ...inputs, deletionProtectionEnabled: true, pointInTimeRecovery: { enabled: false } };
      await backend.update({ urn: urn(TABLE), id, olds: outputs, oldInputs: inputs, news });
      assert.deepEqual(actions(), ["dynamodb:UpdateTable", "dynamodb:UpdateContinuousBackups"]);
    });
  });

  describe("aws.lambda.FunctionUrl and its permissions", () => {
    it("has an address of its own, which an update keeps", async () => {
      const news = { functionName: "hook", authorizationType: "NONE" };
      const { id, outputs } = await create(FUNCTION_URL, news);
      assert.match(outputs.functionUrl, /^https:\/\/[a-z2-7]{32}\.lambda-url\.eu-central-1\.on\.aws\/$/);
      assert.deepEqual(actions(), ["lambda:CreateFunctionUrlConfig", "lambda:AddPermission"]);
      const cors = { allowOrigins: ["*"] };
      const updated = await backend.update({ urn: urn(FUNCTION_URL), id, olds: outputs, oldInputs: news, news: { ...news, cors } });
      assert.equal(updated.outputs.functionUrl, outputs.functionUrl);
      assert.deepEqual(actions(), ["lambda:UpdateFunctionUrlConfig"]);
    });

    it("refuses an unknown type of authorisation and a function that does not exist", async () => {
      assert.match(reasons(FUNCTION_URL, { functionName: "hook", authorizationType: "PUBLIC" }), /AWS_IAM NONE/);
      await assert.rejects(create(FUNCTION_URL, { functionName: "none", authorizationType: "NONE" }), /Function not found/);
    });

    it("refuses a condition of a permission that belongs to the other action", () => {
      const base = { function: "hook", principal: "*" };
      assert.equal(reasons(PERMISSION, { ...base, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" }), "");
      assert.equal(reasons(PERMISSION, { ...base, action: "lambda:InvokeFunction", invokedViaFunctionUrl: true }), "");
      assert.match(reasons(PERMISSION, { ...base, action: "lambda:InvokeFunction", functionUrlAuthType: "NONE" }), /InvokeFunctionUrl/);
      assert.match(
        reasons(PERMISSION, { ...base, action: "lambda:InvokeFunctionUrl", invokedViaFunctionUrl: true }),
        /lambda:InvokeFunction,/,
      );
    });
  });

  describe("aws.cloudwatch.Dashboard and percentile alarms", () => {
    const body = (width: number) =>
      JSON.stringify({ widgets: [{ type: "text", x: 0, y: 0, width, height: 2, properties: { markdown: "a" } }] });

    it("fails at CloudWatch for a body that it refuses, after a plan that passes", async () => {
      const wrong = { dashboardName: "pool", dashboardBody: body(25) };
      assert.equal(reasons(DASHBOARD, wrong), "");
      await assert.rejects(
        create(DASHBOARD, wrong),
        /InvalidParameterInput: The dashboard body is invalid, there are 2 validation errors: .*\/widgets\/0\/width/,
      );
      const { id, outputs } = await create(DASHBOARD, { ...wrong, dashboardBody: body(24) });
      assert.equal(outputs.dashboardArn, "arn:aws:cloudwatch::123456789012:dashboard/pool");
      const update = { urn: urn(DASHBOARD), id, olds: outputs, oldInputs: outputs };
      await assert.rejects(backend.update({ ...update, news: wrong }), /InvalidParameterInput/);
      actions();
      await backend.update({ ...update, news: { ...wrong, dashboardBody: body(12) } });
      await backend.delete({ urn: urn(DASHBOARD), id, olds: outputs });
      assert.deepEqual(actions(), ["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"]);
    });

    it("refuses a body that is no JSON and a name with other characters, in the plan", () => {
      assert.match(reasons(DASHBOARD, { dashboardName: "pool", dashboardBody: "{" }), /malformed/);
      assert.match(reasons(DASHBOARD, { dashboardName: "my pool", dashboardBody: body(6) }), /letters, digits/);
    });

    it("takes either a statistic or a percentile", () => {
      const alarm = (more: object) =>
        reasons(ALARM, {
          name: "a",
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 1,
          metricName: "M",
          namespace: "N",
          ...more,
        });
      assert.equal(alarm({ extendedStatistic: "p99.9" }), "");
      assert.match(alarm({}), /must be set/);
      assert.match(alarm({ statistic: "Sum", extendedStatistic: "p99" }), /must be set/);
      assert.match(alarm({ extendedStatistic: "p101" }), /percentile/);
    });
  });
});
