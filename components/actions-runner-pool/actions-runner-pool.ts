import * as pulumi from "@pulumi/pulumi";
import { artefacts } from "../shared/artefacts";
import { awsEnvironment } from "../shared/aws-environment";
import { defaultTags } from "../shared/default-tags";
import { createHostBundle } from "../shared/host-bundle";
import { checkAwsSdk } from "../shared/sdk-version";
import { createAlarms } from "./alarms";
import type { ActionsRunnerPoolArgs } from "./args";
import { createBundleSweep } from "./bundle-sweep";
import { createDeadLetters } from "./dead-letters";
import { createDestroyCheck } from "./destroy-check";
import { createEvents } from "./events";
import { createFinalSweep } from "./final-sweep";
import { createFunctions } from "./functions";
import { createGroup, createHooks } from "./group";
import { createHostRole } from "./host-role";
import { instanceFacts } from "./instance-facts";
import { createLaunchTemplate } from "./launch-template";
import { createNetwork, functionNetwork } from "./network";
import { waitForReadiness } from "./readiness";
import { createRefreshCancel } from "./refresh-cancel";
import { resolveSettings } from "./settings";
import { createStopDocument } from "./stop-document";
import { checkedTags } from "./tags";
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

    const child = { parent: this };
    const facts = pulumi.output(settings.imageId).apply((imageId) => instanceFacts(settings, imageId, child));
    const environment = awsEnvironment(child);
    const tags = checkedTags({ settings, facts, environment, defaults: defaultTags(child) });
    const common = { settings, tags, environment };

    const network = createNetwork(name, common, child);
    const bundle = createHostBundle(name, { built: built.hostBundle("actions-runner-pool"), kmsKeyArn: settings.kmsKeyArn, tags }, child);
    const hostRole = createHostRole(name, { ...common, bucketArn: bundle.bucket.arn }, child);
    const { queue: deadLetters, ready: deadLettersReady } = createDeadLetters(name, common, child);
    const functionParts = {
      deadLetters,
      bundle,
      hostRole: hostRole.role,
      network: functionNetwork(settings, network),
      artefacts: built.functions,
    };
    const functions = createFunctions(name, { ...common, ...functionParts }, child);
    const events = createEvents(name, { ...common, functions, deadLetters }, child);
    const stopDocument = createStopDocument(name, common, child);
    const launchTemplate = createLaunchTemplate(name, { ...common, facts, network, hostRole, bundle }, child);
    const eventHandling = [...Object.values(functions).flatMap(({ ready }) => ready), ...events];
    const finalSweep = createFinalSweep(name, { settings, sweep: functions.sweep, dependsOn: eventHandling }, child);
    const beforeGroup = [bundle.object, ...hostRole.ready, ...deadLettersReady, ...eventHandling, finalSweep, stopDocument];
    const cancelled = createRefreshCancel(name, { settings, sweep: functions.sweep, launchTemplate, dependsOn: beforeGroup }, child);
    const group = createGroup(name, { ...common, launchTemplate, network, dependsOn: [...beforeGroup, cancelled] }, child);
    createHooks(name, { settings, group }, child);
    const ready = waitForReadiness(this, { settings, sweep: functions.sweep, group });
    const bundleSweep = createBundleSweep(name, { settings, sweep: functions.sweep, bundle, group }, child);
    createDestroyCheck(name, { settings, sweep: functions.sweep, dependsOn: [group, bundleSweep] }, child);
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
      deadLetterQueueUrl: deadLetters.url,
      hostBundleSha256: pulumi.output(bundle.sha256),
    };
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs, ready });
  }
}

/** Exactly the outputs that the class declares. */
type Outputs = Omit<ActionsRunnerPool, keyof pulumi.ComponentResource>;
