import { TABLE } from "../../../../rehearsal/aws/dynamodb/tables";
import { ACCOUNT, type AwsHarness } from "../harness";

/** ARN of a table in the harness's account. */
function tableArn(name: string): string {
  return `arn:aws:dynamodb:${ACCOUNT.region}:${ACCOUNT.accountId}:table/${name}`;
}
export const TABLE_ARN = tableArn("ledger");

/** Keys, index and expiry of the ledger of jobs, as a program declares them. */
const LEDGER = {
  name: "ledger",
  billingMode: "PAY_PER_REQUEST",
  hashKey: "pk",
  rangeKey: "sk",
  attributes: ["pk", "sk", "list", "at"].map((name) => ({ name, type: "S" })),
  globalSecondaryIndexes: [{ name: "lists", hashKey: "list", rangeKey: "at", projectionType: "ALL" }],
  ttl: { attributeName: "expiresAt", enabled: true },
};

/** Deploys a table with the keys and the index of the ledger of jobs, as the program would. */
export function deployTable(store: AwsHarness["store"], change: Record<string, unknown> = {}, name = "ledger"): void {
  store.put({
    type: TABLE,
    id: name,
    state: {
      ...LEDGER,
      name,
      arn: tableArn(name),
      _createdAt: Date.UTC(2026, 0, 1),
      _tableId: "11111111-1111-4111-8111-111111111111",
      ...change,
    },
  });
}
