/** The machine's writes to its lease. Whether they count is decided by the table, where control function and reaper write, too. */
import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { LEASE_KEY, leaseKey } from "../../../contract/persistent-runner/lease";
import type { LeaseWrites } from "./ports/lease-writes";

/** Characters of a reason; an item has room for much more. */
const LONGEST_REASON = 1_000;

export interface LeaseOptions {
  client: Pick<DynamoDBClient, "send">;
  table: string;
  name: string;
  generation: number;
  /** Of the kernel, so that a write which is repeated because its answer was lost is not refused. */
  bootId: string;
  now(): number;
}

export function leaseWrites({ client, table, name, generation, bootId, now }: LeaseOptions): LeaseWrites {
  const key = { [LEASE_KEY]: { S: leaseKey(name) } };
  const names = { "#generation": "generation", "#phase": "phase" };
  const values = { ":generation": { N: String(generation) }, ":starting": { S: "starting" }, ":ready": { S: "ready" } };
  const write = async (input: Partial<ConstructorParameters<typeof UpdateItemCommand>[0]>): Promise<boolean> => {
    try {
      await client.send(new UpdateItemCommand({ TableName: table, Key: key, ...input }));
      return true;
    } catch (error) {
      if ((error as Error).name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  };
  return {
    ready: (prepared) =>
      write({
        UpdateExpression: "SET #phase = :ready, #bootId = :boot, #changedAt = :now, #prepared = :prepared REMOVE #failure",
        ConditionExpression: "#generation = :generation AND (#phase = :starting OR (#phase = :ready AND #bootId = :boot))",
        ExpressionAttributeNames: {
          ...names,
          "#bootId": "bootId",
          "#changedAt": "changedAt",
          "#prepared": "prepared",
          "#failure": "failure",
        },
        ExpressionAttributeValues: { ...values, ":boot": { S: bootId }, ":now": { N: String(now()) }, ":prepared": { S: prepared } },
      }),
    async failed(reason) {
      await write({
        UpdateExpression: "SET #failure = :failure",
        ConditionExpression: "#generation = :generation AND #phase IN (:starting, :ready)",
        ExpressionAttributeNames: { ...names, "#failure": "failure" },
        ExpressionAttributeValues: { ...values, ":failure": { S: `${generation}: ${reason}`.slice(0, LONGEST_REASON) } },
      });
    },
  };
}
