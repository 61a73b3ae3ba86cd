/** One purpose, one statement: the `Sid` says what it is for. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Principal?: { Service: string };
  Action: string[];
  Resource?: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

export function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

export function allow(sid: string, actions: string[], resources: string[], condition?: Statement["Condition"]): Statement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resources, ...(condition && { Condition: condition }) };
}

/** Lets an AWS service act as the role. */
export function trust(service: string): PolicyDocument {
  return policy({ Sid: "Assume", Effect: "Allow", Principal: { Service: service }, Action: ["sts:AssumeRole"] });
}

/** Where resources live; part of every ARN. The partition is `aws-us-gov` or `aws-cn` for some. */
export interface Place {
  partition: string;
  region: string;
  accountId: string;
}

export function arn({ partition, region, accountId }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}
