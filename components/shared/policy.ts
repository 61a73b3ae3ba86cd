import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../contract/aws/partitions";
import type { AwsEnvironment } from "./aws-environment";

type AwsStatement = pulumi.Unwrap<aws.iam.PolicyStatement>;
type AwsDocument = pulumi.Unwrap<aws.iam.PolicyDocument>;

/** One statement per purpose; the `Sid` names it. */
export interface Statement extends AwsStatement {
  Sid: string;
  Action: string[];
  Resource?: string[];
}

export interface PolicyDocument extends AwsDocument {
  Statement: Statement[];
}

export function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

export function allow(sid: string, actions: string[], resources: string[], condition?: Statement["Condition"]): Statement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resources, ...(condition && { Condition: condition }) };
}

/** Allows an AWS service to assume the role. */
export function trust(service: string): PolicyDocument {
  return policy({ Sid: "Assume", Effect: "Allow", Principal: { Service: service }, Action: ["sts:AssumeRole"] });
}

/**
 * Use of a customer's key, only through one service, which calls KMS with the caller's permissions. So the role cannot
 * decrypt anything that it holds itself.
 *
 * @param service as in the name of its endpoint: `secretsmanager`, `sqs`, `s3`
 */
export function allowKey(sid: string, environment: AwsEnvironment, keyArn: string, service: string, actions: string[]): Statement {
  const through = `${service}.${environment.region}.${partitionOf(environment.region).dnsSuffix}`;
  return allow(sid, actions, [keyArn], { StringEquals: { "kms:ViaService": through } });
}

export function arn({ partition, region, accountId }: AwsEnvironment, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}
