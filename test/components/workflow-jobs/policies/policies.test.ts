import assert from "node:assert/strict";
import { WorkflowJobs } from "../../../../components";
import type { PolicyDocument } from "../../../../components/shared/policy";
import { Deployment } from "../../mocks";
import { importedActions } from "../../used-actions";
import { jobsArgs } from "../jobs-args";

const KEYS = ["setup", "webhook", "reconcile"] as const;
/** Used by Lambda on behalf of a function: for its log and its dead-letter queue. */
const LAMBDA_SERVICE = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
/** CreateSecret with tags requires TagResource, and Secrets Manager decrypts with its caller's permissions. */
const IMPLIED: Record<string, string[]> = { setup: ["secretsmanager:TagResource", "kms:Decrypt"], webhook: ["kms:Decrypt"] };

async function policies(): Promise<Record<string, PolicyDocument>> {
  const deployment = await Deployment.start();
  new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue" }));
  await deployment.settled();
  const of = (key: string) => JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", `jobs-${key}`).inputs.policy);
  return Object.fromEntries(KEYS.map((key) => [key, of(key)]));
}

const actions = (document: PolicyDocument) => [...new Set(document.Statement.flatMap(({ Action }) => Action))].sort();
const isOfTable = (action: string) => action.startsWith("dynamodb:");

describe("the policies of a source's functions", () => {
  for (const key of KEYS) {
    it(`grant ${key} exactly the actions that its code calls, and of the ledger's calls no other than these`, async () => {
      const granted = actions((await policies())[key]!);
      const imported = [...importedActions(`functions/workflow-jobs/${key}/index.ts`), ...(IMPLIED[key] ?? []), ...LAMBDA_SERVICE];
      const others = (all: string[]) => all.filter((action) => !isOfTable(action)).sort();
      assert.deepEqual(others(granted), others(imported));
      // All of them load the whole of the ledger's table access; what each calls of it, ledger-policies.test.ts shows.
      assert.deepEqual(
        granted.filter((action) => isOfTable(action) && !imported.includes(action)),
        [],
      );
    });
  }

  it("give the public function no way to the App's key, and the setup function none to the ledger", async () => {
    const { webhook, setup } = await policies();
    assert.ok(!JSON.stringify(webhook).includes("github-app"));
    assert.deepEqual(actions(setup!).filter(isOfTable), []);
    assert.ok(actions(webhook!).some(isOfTable));
  });

  it("name resources, each for one purpose with a Sid of its own", async () => {
    for (const [key, document] of Object.entries(await policies())) {
      const sids = document.Statement.map(({ Sid }) => Sid);
      assert.deepEqual(sids, [...new Set(sids)], key);
      for (const { Sid, Action, Resource } of document.Statement) {
        assert.match(Sid, /^[A-Za-z]+$/);
        assert.ok(!Resource!.includes("*"), `${key}: ${Sid}`);
        assert.ok(!Action.some((action) => action.includes("*")), `${key}: ${Sid}`);
      }
    }
  });
});
