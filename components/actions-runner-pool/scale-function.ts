import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ENV } from "../../contract/actions-runner-pool/environment";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import type { artefacts } from "../shared/artefacts";
import type { AwsEnvironment } from "../shared/aws-environment";
import { powertools } from "../shared/function-variables";
import { type PackagedFunction, createPackagedFunction } from "../shared/packaged-function";
import { scalingSettings } from "./demand-settings";
import type { DemandSource } from "./demand-source";
import type { FunctionNetwork } from "./network";
import { type ScaleGrants, scalePolicy } from "./policies/scale";
import type { PoolSettings } from "./settings";

export interface ScaleFunctionParts {
  settings: PoolSettings;
  source: DemandSource;
  environment: pulumi.Output<AwsEnvironment>;
  deadLetters: aws.sqs.Queue;
  network: FunctionNetwork;
  artefacts: ReturnType<typeof artefacts>["functions"];
  tags: pulumi.Output<Record<string, string>>;
}

/** Makes the pool follow its queue. It knows the ledger and the group, and has no access to GitHub. */
export function createScaleFunction(name: string, parts: ScaleFunctionParts, opts: pulumi.CustomResourceOptions): PackagedFunction {
  const { settings, source, deadLetters, artefacts, tags } = parts;
  const { poolName, names } = settings;
  return createPackagedFunction(
    `${name}-scale`,
    {
      functionName: names.scaleFunction,
      description: `${poolName}: makes the pool follow its queue`,
      // A signalled pass is on the way of a job that waits, and the processor's share grows with the memory.
      memorySize: 512,
      timeout: TIMING.scaleTimeout,
      // The next pass is the retry.
      retries: 0,
      maximumEventAge: TIMING.shortestEventAge,
      dir: artefacts("actions-runner-pool", "scale").dir,
      environment: {
        [ENV.pool]: poolName,
        [ENV.workflowJobsTable]: source.tableArn.apply(tableName),
        [ENV.demand]: JSON.stringify(scalingSettings(source.demand)),
        ...powertools("scale"),
      },
      policy: grants(parts).apply(scalePolicy),
      deadLetterQueueArn: deadLetters.arn,
      logRetentionDays: settings.logRetentionDays,
      kmsKeyArn: settings.kmsKeyArn,
      vpc: parts.network,
      permissionsBoundaryArn: settings.permissionsBoundaryArn,
      tags,
    },
    opts,
  );
}

/**
 * By a table's ARN, the SDK calls an endpoint of the account's own, `ACCOUNT.ddb.REGION.amazonaws.com`, which a firewall or the private
 * DNS of an interface endpoint may not know.
 */
function tableName(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

function grants({ settings, source, environment, deadLetters, network }: ScaleFunctionParts): pulumi.Output<ScaleGrants> {
  const { names, poolName } = settings;
  return pulumi
    .all([environment, source.tableArn, source.kmsKeyArn, pulumi.output(settings.kmsKeyArn), deadLetters.arn])
    .apply(([environment, tableArn, tableKmsKeyArn, kmsKeyArn, deadLetterQueueArn]) => ({
      environment,
      names,
      poolName,
      tableArn,
      // Another language gives an absent output as null.
      tableKmsKeyArn: tableKmsKeyArn ?? undefined,
      kmsKeyArn,
      deadLetterQueueArn,
      inVpc: network !== undefined,
    }));
}
