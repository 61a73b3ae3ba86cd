type Client = Record<string, unknown>;

interface WireService {
  /** Prefix of its actions in IAM. */
  iam: string;
  protocols: ("query" | "ec2query" | "json" | "cbor" | "rest" | "s3")[];
  /** XML namespace of replies, and version of the API in query requests. */
  version?: string;
  /** The prefix before the dot in X-Amz-Target, and the Smithy service name in CBOR paths. */
  target?: string;
  /** The SDK's client with the model; only S3 and Lambda are served without one. */
  client?: () => Client;
}

const NAMESPACE = "com.amazonaws.sts";
/** Missing in the client of STS that the SDK's other clients contain; schemas as in `operationModel`: 3 is a structure, 0 a text. */
const CALLER_IDENTITY: Client = {
  GetCallerIdentity$: [
    9,
    NAMESPACE,
    "GetCallerIdentity",
    0,
    () => [3, NAMESPACE, "GetCallerIdentityRequest", 0, [], []],
    () => [3, NAMESPACE, "GetCallerIdentityResponse", 0, ["UserId", "Account", "Arn"], [0, 0, 0]],
  ],
};

/** The services that are served over the wire, by their signing name. */
const TABLE = {
  autoscaling: {
    iam: "autoscaling",
    protocols: ["query"],
    version: "2011-01-01",
    client: (): Client => require("@aws-sdk/client-auto-scaling") as Client,
  },
  ec2: {
    iam: "ec2",
    protocols: ["ec2query"],
    version: "2016-11-15",
    client: (): Client => require("@aws-sdk/client-ec2") as Client,
  },
  secretsmanager: {
    iam: "secretsmanager",
    protocols: ["json"],
    target: "secretsmanager",
    client: (): Client => require("@aws-sdk/client-secrets-manager") as Client,
  },
  ssm: {
    iam: "ssm",
    protocols: ["json"],
    target: "AmazonSSM",
    client: (): Client => require("@aws-sdk/client-ssm") as Client,
  },
  dynamodb: {
    iam: "dynamodb",
    protocols: ["json"],
    target: "DynamoDB_20120810",
    client: (): Client => require("@aws-sdk/client-dynamodb") as Client,
  },
  events: {
    iam: "events",
    protocols: ["json"],
    target: "AWSEvents",
    client: (): Client => require("@aws-sdk/client-eventbridge") as Client,
  },
  logs: {
    iam: "logs",
    protocols: ["json"],
    target: "Logs_20140328",
    client: (): Client => require("@aws-sdk/client-cloudwatch-logs") as Client,
  },
  monitoring: {
    iam: "cloudwatch",
    protocols: ["query", "json", "cbor"],
    version: "2010-08-01",
    target: "GraniteServiceVersion20100801",
    client: (): Client => require("@aws-sdk/client-cloudwatch") as Client,
  },
  sts: {
    iam: "sts",
    protocols: ["query"],
    version: "2011-06-15",
    client: (): Client => ({ ...(require("@aws-sdk/nested-clients/sts") as Client), ...CALLER_IDENTITY }),
  },
  lambda: { iam: "lambda", protocols: ["rest"] },
  s3: { iam: "s3", protocols: ["s3"] },
} satisfies Record<string, WireService>;

export type ServiceName = keyof typeof TABLE;

export const SERVICES: Readonly<Record<ServiceName, WireService>> = TABLE;

export function serviceNamed(name: string): (WireService & { name: ServiceName }) | undefined {
  const found = Object.hasOwn(SERVICES, name) ? SERVICES[name as ServiceName] : undefined;
  return found && { ...found, name: name as ServiceName };
}

/** XML namespace of a query service's replies. */
export function xmlNamespace(service: ServiceName): string {
  const { version } = SERVICES[service];
  if (service === "ec2") return `http://ec2.amazonaws.com/doc/${version}/`;
  const scheme = service === "sts" ? "https" : "http";
  return `${scheme}://${service}.amazonaws.com/doc/${version}/`;
}
