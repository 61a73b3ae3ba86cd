/** The ports of the report on a real machine. */
import type { PersistentHostConfig } from "../../../contract/persistent-runner/host";
import { awsClients } from "./aws-clients";
import { leaseWrites } from "./lease";
import { bootId } from "./machine";
import { readOrder } from "./order";
import type { ReportHost } from "./report";

export function reportHost({ name, region, proxy, leaseTable: table }: PersistentHostConfig): ReportHost {
  const { dynamodb: client, cloudwatch } = awsClients(region, proxy);
  const { generation } = readOrder();
  return { name, cloudwatch, lease: leaseWrites({ client, table, name, generation, bootId: bootId(), now: Date.now }) };
}
