import * as pulumi from "@pulumi/pulumi";
import { artefacts } from "../shared/artefacts";
import { awsEnvironment } from "../shared/aws-environment";
import { createHostBundle } from "../shared/host-bundle";
import { createAlarms } from "./alarms";
import type { ActionsRunnerPoolArgs } from "./args";
import { createDeadLetters } from "./dead-letters";
import { createEvents } from "./events";
import { createFinalSweep } from "./final-sweep";
import { createFunctions } from "./functions";
import { createGroup, createHooks } from "./group";
import { createHostRole } from "./host-role";
import { instanceFacts } from "./instance-facts";
import { createLaunchTemplate } from "./launch-template";
import { createNetwork } from "./network";
import { resolveSettings } from "./settings";
import { createStopDocument } from "./stop-document";
import { checkedTags } from "./tags";
import { validate } from "./validation";

/**
 * A pool of long-lived self-hosted GitHub Actions runners on an Auto Scaling group that never kills a job: an
 * instance that should go, for whatever reason, takes no further job, ends the one that it has, and goes.
 */
export class ActionsRunnerPool extends pulumi.ComponentResource {
  /** Name of the pool, from which the names in AWS derive. */
  public readonly poolName!: pulumi.Output<string>;
  /** Auto Scaling group. Attach scaling policies to it: the pool leaves its desired capacity alone. */
  public readonly groupName!: pulumi.Output<string>;
  /** ARN of the Auto Scaling group. */
  public readonly groupArn!: pulumi.Output<string>;
  /** Lifecycle hook that holds an instance until it is installed and registered. */
  public readonly launchHookName!: pulumi.Output<string>;
  /** Lifecycle hook that holds an instance until its job has ended. */
  public readonly terminateHookName!: pulumi.Output<string>;
  /** Launch template of the instances. */
  public readonly launchTemplateId!: pulumi.Output<string>;
  /** Image that new instances start from. */
  public readonly imageId!: pulumi.Output<string>;
  /** Role of the instances, for other accounts and resources to trust. */
  public readonly hostRoleArn!: pulumi.Output<string>;
  /** Name of the instances' role, to attach policies to. */
  public readonly hostRoleName!: pulumi.Output<string>;
  /** Security groups of the instances. */
  public readonly securityGroupIds!: pulumi.Output<string[]>;
  /** Function that provides registration tokens. */
  public readonly registerFunctionName!: pulumi.Output<string>;
  /** Function that hurries drains and cleans up after instances. */
  public readonly deregisterFunctionName!: pulumi.Output<string>;
  /** Function that finds what events have missed. */
  public readonly sweepFunctionName!: pulumi.Output<string>;
  /** Queue of events that no try could deliver or handle. */
  public readonly deadLetterQueueUrl!: pulumi.Output<string>;
  /** SHA-256 of the host bundle that new instances install, in hex. */
  public readonly hostBundleSha256!: pulumi.Output<string>;

  /**
   * @param name identity in the stack, and beginning of the names that AWS needs unique; at most 43 characters.
   * @throws InputPropertyError or InputPropertiesError for arguments that cannot work, before anything is created.
   */
  constructor(name: string, args: ActionsRunnerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = resolveSettings(name, args, { project: pulumi.getProject(), stack: pulumi.getStack() });
    validate(name, settings);
    const built = artefacts();
    super("ci-runners:index:ActionsRunnerPool", name, {}, opts);

    const child = { parent: this };
    const facts = pulumi.output(settings.imageId).apply((imageId) => instanceFacts(settings, imageId, child));
    const tags = checkedTags(settings, facts);
    const common = { settings, tags, environment: awsEnvironment(child) };

    const network = createNetwork(name, common, child);
    const bundle = createHostBundle(name, { built: built.hostBundle("actions-runner-pool"), tags }, child);
    const hostRole = createHostRole(name, { ...common, bucketArn: bundle.bucket.arn }, child);
    const { queue: deadLetters, ready: admitted } = createDeadLetters(name, common, child);
    const functions = createFunctions(name, { ...common, deadLetters, hostRole: hostRole.role, artefacts: built.functions }, child);
    const events = createEvents(name, { ...common, functions, deadLetters }, child);
    const stopDocument = createStopDocument(name, common, child);
    const launchTemplate = createLaunchTemplate(name, { ...common, facts, network, hostRole, bundle }, child);
    const working = [...Object.values(functions).flatMap(({ ready }) => ready), ...events];
    const finalSweep = createFinalSweep(name, { settings, sweep: functions.sweep, dependsOn: working }, child);
    const beforeGroup = [bundle.object, ...hostRole.ready, ...admitted, ...working, finalSweep, stopDocument];
    const group = createGroup(name, { ...common, launchTemplate, network, dependsOn: beforeGroup }, child);
    createHooks(name, { settings, group }, child);
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
    this.registerOutputs(outputs);
  }
}

/** What the class declares, no more and no less. */
type Outputs = Omit<ActionsRunnerPool, keyof pulumi.ComponentResource>;
