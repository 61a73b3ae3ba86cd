import { LEASE_ATTRIBUTES_OF_HOST, LEASE_KEY, leaseKey } from "../../../contract/persistent-runner/lease";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { TABLE } from "../../../rehearsal/aws/dynamodb/tables";
import type { AwsStandIn } from "../../../rehearsal/aws";
import { CONFIG } from "../../host-config/persistent-runner/fixtures";

export const REGION = "eu-west-1";
export const ACCOUNT = "123456789012";
export const ROLE = "e2e-host";
export const UNIQUE_ID = "AROAE2EHOST";
export const BUCKET = "artefacts";
export const NAMES = persistentRunnerNames(CONFIG.name);

/** What the component deploys for a machine: its role with exactly what it needs, the table, the bucket. */
export function deployMachine(store: AwsStandIn["store"]): void {
  const document = (statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const owned = { StringEquals: { "secretsmanager:ResourceTag/ci-runners:owner": "${aws:userid}" } };
  const statements = [
    {
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"],
      Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${NAMES.orderSecret}-*`,
      Condition: owned,
    },
    { Effect: "Allow", Action: "cloudwatch:PutMetricData", Resource: "*" },
    { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${BUCKET}/host-bundles/*` },
    {
      Effect: "Allow",
      Action: "dynamodb:UpdateItem",
      Resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${NAMES.leaseTable}`,
      Condition: {
        "ForAllValues:StringEquals": {
          "dynamodb:LeadingKeys": [leaseKey(CONFIG.name)],
          "dynamodb:Attributes": [LEASE_KEY, ...LEASE_ATTRIBUTES_OF_HOST],
        },
      },
    },
  ];
  const assumeRolePolicy = document([{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }]);
  const arn = `arn:aws:iam::${ACCOUNT}:role/${ROLE}`;
  store.put({ type: "aws:iam/role:Role", id: ROLE, state: { name: ROLE, arn, uniqueId: UNIQUE_ID, assumeRolePolicy } });
  store.put({
    type: "aws:iam/rolePolicy:RolePolicy",
    id: `${ROLE}:main`,
    state: { name: "main", role: ROLE, policy: document(statements) },
  });
  store.put({ type: "aws:s3/bucket:Bucket", id: BUCKET, state: { bucket: BUCKET } });
  store.put({
    type: TABLE,
    id: NAMES.leaseTable,
    state: {
      name: NAMES.leaseTable,
      arn: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${NAMES.leaseTable}`,
      billingMode: "PAY_PER_REQUEST",
      hashKey: LEASE_KEY,
      attributes: [{ name: LEASE_KEY, type: "S" }],
      _createdAt: Date.UTC(2026, 0, 1),
      _tableId: "11111111-1111-4111-8111-111111111111",
    },
  });
}
