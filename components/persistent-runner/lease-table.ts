import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { LEASE_KEY } from "../../contract/persistent-runner/lease";
import type { PersistentRunnerSettings } from "./settings";

export interface LeaseTableParts {
  settings: PersistentRunnerSettings;
  tags: pulumi.Output<Record<string, string>>;
}

/** The table with the machine's lease, one item. What it holds is of the machine's present, so a destroy deletes it, with the machine. */
export function createLeaseTable(name: string, parts: LeaseTableParts, opts: pulumi.CustomResourceOptions): aws.dynamodb.Table {
  const { names, kmsKeyArn, terminationProtection } = parts.settings;
  return new aws.dynamodb.Table(
    `${name}-lease`,
    {
      name: names.leaseTable,
      billingMode: "PAY_PER_REQUEST",
      attributes: [{ name: LEASE_KEY, type: "S" }],
      hashKey: LEASE_KEY,
      pointInTimeRecovery: { enabled: true },
      // Without a key of one's own the table is encrypted with one that AWS owns, which costs nothing per request.
      serverSideEncryption: kmsKeyArn === undefined ? undefined : { enabled: true, kmsKeyArn },
      tags: parts.tags,
    },
    // A machine without its lease could be started and stopped by no one.
    { ...opts, protect: terminationProtection },
  );
}
