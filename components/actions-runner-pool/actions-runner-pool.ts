import * as pulumi from "@pulumi/pulumi";
import { artefacts } from "../shared/artefacts";
import { type AwsEnvironment, awsEnvironment } from "../shared/aws-environment";
import { type DeadLetterParts, createDeadLetters } from "../shared/dead-letters";
import { warnOfDeprecated } from "../shared/deprecated";
import { defaultTags } from "../shared/default-tags";
import { createHostBundle } from "../shared/host-bundle";
import { createHostLogGroup } from "../shared/host-log-group";
import { checkAwsSdk } from "../shared/sdk-version";
import { createSetupScript } from "../shared/setup-script-object";
import { createAlarms } from "./alarms";
import type { ActionsRunnerPoolArgs } from "./args";
import { createBundleSweep } from "./bundle-sweep";
import { createDemand } from "./demand";
import { createDemandSource, sourceOutputs } from "./demand-source";
import { createDestroyCheck } from "./destroy-check";
import { createEvents } from "./events";
import { createFinalSweep } from "./final-sweep";
import { createFunctions } from "./functions";
import { createGroup, createHooks } from "./group";
import { createOwnRole } from "./host-role";
import { instanceFacts } from "./instance-facts";
import { createLaunchTemplate } from "./launch-template";
import { createNetwork, functionNetwork } from "./network";
import { waitForReadiness } from "./readiness";
import { createRefreshCancel } from "./refresh-cancel";
import { scaleTriggers } from "./scale-triggers";
import { type PoolSettings, resolveSettings } from "./settings";
import { createStopDocument } from "./stop-document";
import { checkedTags } from "./tags";
import { triggers } from "./triggers";
import { validate } from "./validation";

/**
 * A pool of long-lived self-hosted GitHub Actions runners on an Auto Scaling group whose scale-in never kills a job: an
 * instance that must terminate, for whatever reason, accepts no further job, finishes the one it runs, and terminates.
 */
export class ActionsRunnerPool extends pulumi.ComponentResource {
  /** Name of the pool, from which its names in AWS derive. */
  public readonly poolName!: pulumi.Output<string>;
  /** Name of the Auto Scaling group. Attach scaling policies to it: deployments do not change its desired capacity. */
  public readonly groupName!: pulumi.Output<string>;
  /** ARN of the Auto Scaling group. */
  public readonly groupArn!: pulumi.Output<string>;
  /** Name of the lifecycle hook that holds an instance until it is installed and registered. */
  public readonly launchHookName!: pulumi.Output<string>;
  /** Name of the lifecycle hook that holds a terminating instance until its job has finished. */
  public readonly terminateHookName!: pulumi.Output<string>;
  /** ID of the instances' launch template. */
  public readonly launchTemplateId!: pulumi.Output<string>;
  /** ID of the AMI that new instances launch from. */
  public readonly imageId!: pulumi.Output<string>;
  /** ARN of the instances' role, for other accounts and resources to trust. */
  public readonly hostRoleArn!: pulumi.Output<string>;
  /** Name of the instances' role, for attaching policies. */
  public readonly hostRoleName!: pulumi.Output<string>;
  /** IDs of the instances' security groups. */
  public readonly securityGroupIds!: pulumi.Output<string[]>;
  /** Name of the function that provides registration tokens. */
  public readonly registerFunctionName!: pulumi.Output<string>;
  /** Name of the function that speeds up drains and cleans up after terminated instances. */
  public readonly deregisterFunctionName!: pulumi.Output<string>;
  /** Name of the function that handles what events missed. */
  public readonly sweepFunctionName!: pulumi.Output<string>;
  /** Name of the function that makes the pool follow its queue; absent without `demand`. */
  public readonly scaleFunctionName?: pulumi.Output<string>;
  /** Name of the source of demand, its own or another's; absent without `demand`. */
  public readonly workflowJobsName?: pulumi.Output<string>;
  /** Address to which GitHub delivers the pool's jobs; absent unless the pool makes its own source. */
  public readonly webhookUrl?: pulumi.Output<string>;
  /** ARN of the secret that signs these deliveries; absent unless the pool makes its own source. */
  public readonly webhookSecretArn?: pulumi.Output<string>;
  /** URL of the queue of events that could not be delivered or handled after all retries. */
  public readonly deadLetterQueueUrl!: pulumi.Output<string>;
  /** SHA-256, in hex, of the host bundle that new instances install. */
  public readonly hostBundleSha256!: pulumi.Output<string>;

  /**
   * @param name identity in the stack, and prefix of the generated names in AWS; at most 43 characters.
   * @throws InputPropertyError or InputPropertiesError for invalid arguments, and an error for an `@pulumi/aws` that is too
   *   old, before anything is created.
   */
  constructor(name: string, args: ActionsRunnerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    checkAwsSdk();
    const settings = resolveSettings(name, args, { project: pulumi.getProject(), stack: pulumi.getStack() });
    validate(name, settings);
    const built = artefacts();
    super("ci-runners:index:ActionsRunnerPool", name, {}, opts);
    warnOfDeprecated(settings, this);

    const child = { parent: this };
    const facts = pulumi.output(settings.imageId).apply((imageId) => instanceFacts(settings, imageId, child));
    const environment = awsEnvironment(child);
    const tags = checkedTags({ settings, facts, environment, defaults: defaultTags(child) });
    const common: Common = { settings, tags, environment };

    const network = createNetwork(name, common, child);
    const bundle = createHostBundle(name, { built: built.hostBundle("actions-runner-pool"), kmsKeyArn: settings.kmsKeyArn, tags }, child);
    const setupScript = createSetupScript(name, { script: settings.script, bundle, kmsKeyArn: settings.kmsKeyArn }, child);
    const hostLogGroup = createHostLogGroup(name, { settings, groupName: settings.names.hostLogGroup, tags }, child);
    const hostRole = createOwnRole(name, { ...common, bucketArn: bundle.bucket.arn }, child);
    const { queue: deadLetters, ready: deadLettersReady } = createDeadLetters(name, deadLetterParts(common), child);
    const functionParts = {
      deadLetters,
      bundle,
      hostRole: hostRole.role,
      network: functionNetwork(settings, network),
      artefacts: built.functions,
    };
    const source = createDemandSource(name, { settings, network: functionParts.network }, child);
    const functions = createFunctions(name, { ...common, ...functionParts }, child);
    const events = createEvents(name, { ...common, functions, deadLetters }, child);
    const stopDocument = createStopDocument(name, common, child);
    const launchTemplate = createLaunchTemplate(name, { ...common, facts, network, hostRole, bundle }, child);
    const eventHandling = [...Object.values(functions).flatMap(({ ready }) => ready), ...events];
    const finalSweep = createFinalSweep(name, { settings, sweep: functions.sweep, dependsOn: eventHandling }, child);
    const beforeGroup = [
      bundle.object,
      ...setupScript,
      ...hostLogGroup,
      ...hostRole.ready,
      ...deadLettersReady,
      ...eventHandling,
      finalSweep,
      stopDocument,
      ...(source?.own ?? []),
    ];
    const cancelled = createRefreshCancel(name, { settings, sweep: functions.sweep, launchTemplate, dependsOn: beforeGroup }, child);
    // Of a source beside the pool only outputs are known. One in `dependsOn` passes on the resources from which its value comes.
    const sourceSetUp = source === undefined ? [] : [source.setUp.apply(() => finalSweep)];
    const dependsOn = [...beforeGroup, ...sourceSetUp, cancelled];
    const group = createGroup(name, { ...common, launchTemplate, network, dependsOn }, child);
    createHooks(name, { settings, group }, child);
    const ready = waitForReadiness(this, { settings, sweep: functions.sweep, group });
    const bundleSweep = createBundleSweep(name, { settings, sweep: functions.sweep, bundle, group }, child);
    const demand = source && createDemand(name, { ...common, ...functionParts, source, facts, deadLettersReady, group }, child);
    createDestroyCheck(name, { settings, sweep: functions.sweep, dependsOn: [group, bundleSweep, ...(demand?.ready ?? [])] }, child);
    createAlarms(name, { ...common, functions, deadLetters }, child);

    const outputs: Outputs = {
      poolName: pulumi.output(settings.poolName),
      groupName: group.name,
      groupArn: group.arn,
      launchHookName: pulumi.output(settings.names.launchHook),
      terminateHookName: pulumi.output(settings.names.terminateHook),
      launchTemplateId: launchTemplate.id,
      imageId: facts.imageId,
      hostRoleArn: hostRole.role.arn,
      hostRoleName: hostRole.role.name,
      securityGroupIds: network.securityGroupIds,
      registerFunctionName: functions.register.function.name,
      deregisterFunctionName: functions.deregister.function.name,
      sweepFunctionName: functions.sweep.function.name,
      ...(demand === undefined ? {} : { scaleFunctionName: demand.scale.name }),
      ...(source === undefined ? {} : sourceOutputs(source)),
      deadLetterQueueUrl: deadLetters.url,
      hostBundleSha256: pulumi.output(bundle.sha256),
    };
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs, ready });
  }
}

function deadLetterParts({ settings, tags, environment }: Common): DeadLetterParts {
  const rules = [...triggers(settings), ...(settings.demand === undefined ? [] : scaleTriggers(settings))].map(({ rule }) => rule);
  return { queueName: settings.names.deadLetterQueue, rules, environment, kmsKeyArn: settings.kmsKeyArn, tags };
}

/** What nearly every part of the pool needs. */
interface Common {
  settings: PoolSettings;
  tags: pulumi.Output<Record<string, string>>;
  environment: pulumi.Output<AwsEnvironment>;
}

/** Exactly the outputs that the class declares. */
type Outputs = Omit<ActionsRunnerPool, keyof pulumi.ComponentResource>;
