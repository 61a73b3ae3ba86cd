import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { LEDGER } from "../../contract/workflow-jobs/ledger";
import type { WorkflowJobsSettings } from "./settings";

export interface TableParts {
  settings: WorkflowJobsSettings;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The ledger. On demand, because a push brings a hundred jobs at once and a night none. What it holds can be read again from GitHub
 * within half an hour, so a destroy deletes it; recovery to a point in time serves an investigation.
 */
export function createTable(name: string, parts: TableParts, opts: pulumi.CustomResourceOptions): aws.dynamodb.Table {
  const { names, kmsKeyArn } = parts.settings;
  const keys = [LEDGER.partitionKey, LEDGER.sortKey, LEDGER.indexPartitionKey, LEDGER.indexSortKey];
  return new aws.dynamodb.Table(
    name,
    {
      name: names.table,
      billingMode: "PAY_PER_REQUEST",
      attributes: keys.map((key) => ({ name: key, type: "S" })),
      hashKey: LEDGER.partitionKey,
      rangeKey: LEDGER.sortKey,
      globalSecondaryIndexes: [
        { name: LEDGER.index, hashKey: LEDGER.indexPartitionKey, rangeKey: LEDGER.indexSortKey, projectionType: "ALL" },
      ],
      ttl: { attributeName: LEDGER.timeToLive, enabled: true },
      pointInTimeRecovery: { enabled: true },
      // Without a key of one's own the table is encrypted with one that AWS owns, which costs nothing per request.
      serverSideEncryption: kmsKeyArn === undefined ? undefined : { enabled: true, kmsKeyArn },
      tags: parts.tags,
    },
    opts,
  );
}
