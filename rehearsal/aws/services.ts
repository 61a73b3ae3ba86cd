import { AutoScaling, DeployedResolver, type EventBridgeEvent } from "./autoscaling";
import { CloudWatch } from "./cloudwatch/cloudwatch";
import { Credentials } from "./credentials";
import { DynamoDb } from "./dynamodb";
import { createEc2, type Ec2Services, Fleet, publicParameters } from "./ec2";
import { publishStateChanges } from "./ec2/state-events";
import { EventsApi } from "./events/events-api";
import { Queues } from "./events/queues";
import { AwsGateway, type Denial } from "./gateway";
import { Iam } from "./iam/iam";
import { Logs } from "./logs/logs";
import { KmsKeys } from "./kms/keys";
import type { AwsOptions } from "./aws-options";
import { S3 } from "./s3/s3";
import { SecretsManager } from "./secrets/secrets-manager";
import { Sts } from "./sts/sts";
import { Agents } from "./ssm/agents";
import { SystemsManager } from "./ssm/systems-manager";
import { MemoryStore } from "./store";

/** The services that handle calls, with what they share: the deployed resources, IAM and the instances. */
export interface AwsServices extends Ec2Services {
  gateway: AwsGateway;
  store: MemoryStore;
  iam: Iam;
  credentials: Credentials;
  fleet: Fleet;
  autoscaling: AutoScaling;
  secrets: SecretsManager;
  ssm: SystemsManager;
  queues: Queues;
  sts: Sts;
  dynamodb: DynamoDb;
  cloudwatch: CloudWatch;
  logs: Logs;
  /** Records a denial by a resource's own policy. */
  refused(denial: Denial): void;
}

/** Creates the services and registers each with the gateway. `publish` receives the events for EventBridge. */
export function createServices(options: AwsOptions, publish: (event: EventBridgeEvent) => void): AwsServices {
  const { clock, timeline, random, driver, region, accountId, network } = options;
  const account = { region, accountId };
  const store = new MemoryStore();
  const iam = new Iam(store, account);
  const gateway = new AwsGateway({ clock, timeline, iam });
  const credentials = new Credentials(clock, random, iam);
  const cloudwatch = new CloudWatch(clock, store);
  const keys = new KmsKeys(store, iam, account, options.accountParts?.keys);
  const queues = new Queues(store, iam, keys, clock, cloudwatch.metrics);
  const secrets = new SecretsManager(clock, random, account, keys);
  const fleet = new Fleet({ clock, random, driver, ...(network ? { network } : {}) });
  const refused = (denial: Denial): void => gateway.recordDenial(denial);
  const resolver = new DeployedResolver(store, account, options.accountParts);
  const autoscaling = new AutoScaling({ ...options.autoscaling, clock, random, timeline, fleet, account, resolver, publish });
  const { images } = options.accountParts ?? {};
  const { ec2Delays: delays, onDefect } = options;
  const instances = createEc2({ fleet, clock, random, timeline, driver, account, store, keys, images, delays, onDefect });
  publishStateChanges({ fleet, clock, random, account, store, publish });
  const logs = new Logs({ clock, store, account });
  const dynamodb = new DynamoDb({ clock, store, keys, account });
  const ssm = createSystemsManager(options, { store, iam, fleet, refused });
  gateway.register(autoscaling, instances.ec2, secrets, ssm, new S3(store, iam, keys), cloudwatch, logs, queues, dynamodb);
  gateway.register(new EventsApi({ clock, random, account, publish }));
  const providers = options.accountParts?.identityProviders ?? [];
  const read = options.readDocument ?? ((url) => Promise.reject(new Error(`no route to ${url}`)));
  const sts = new Sts({ clock, account, store, iam, credentials, providers, read });
  gateway.register(sts);
  const others = { gateway, store, sts, iam, credentials, fleet, autoscaling, secrets, ssm, queues, dynamodb, cloudwatch, logs, refused };
  return { ...others, ...instances };
}

function createSystemsManager(
  { clock, timeline, random, driver, region, accountId, ssm = {} }: AwsOptions,
  { store, iam, fleet, refused }: Pick<AwsServices, "store" | "iam" | "fleet" | "refused">,
): SystemsManager {
  const account = { region, accountId };
  const agents = new Agents({ clock, iam, account, instances: fleet, registrationMs: ssm.registrationMs ?? 10_000, refused });
  return new SystemsManager({
    clock,
    timeline,
    random,
    account,
    store,
    driver,
    publicParameters,
    instances: fleet,
    agentOnline: (id) => agents.online(id),
    ...(ssm.delivery ? { delivery: ssm.delivery } : {}),
  });
}
