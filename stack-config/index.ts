import * as pulumi from "@pulumi/pulumi";
import { type PoolConfig, readActionsRunnerPool } from "./actions-runner-pool";
import { type PersistentRunnerConfig, readPersistentRunner } from "./persistent-runner";
import { Reader } from "./reader";
import { readRelease } from "./release";
import { type WorkflowJobsConfig, readWorkflowJobs } from "./workflow-jobs";

/** A stack's configuration: its release, its network, and one entry for each component, undefined if it is not deployed. */
export interface StackConfig {
  release: string;
  network: {
    /** Undefined: the program creates a VPC. */
    subnetIds: string[] | undefined;
    vpcCidrBlock: string;
  };
  pool: PoolConfig | undefined;
  workflowJobs: WorkflowJobsConfig | undefined;
  persistentRunner: PersistentRunnerConfig | undefined;
}

/** Address range of the VPC that the program creates; does not overlap the common 10.0.0.0/16 and 172.31.0.0/16. */
const VPC_CIDR_BLOCK = "10.180.0.0/16";

/** Reads the stack's configuration. */
export function readStackConfig(config = new pulumi.Config()): StackConfig {
  const read = new Reader(config);
  const subnetIds = read.list("subnetIds");
  return {
    release: readRelease(read),
    network: { subnetIds, vpcCidrBlock: read.text("vpcCidrBlock") ?? VPC_CIDR_BLOCK },
    pool: readActionsRunnerPool(read),
    workflowJobs: readWorkflowJobs(read),
    persistentRunner: readPersistentRunner(read, subnetIds),
  };
}
