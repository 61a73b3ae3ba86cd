import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
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

export function arn({ partition, region, accountId }: AwsEnvironment, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}
