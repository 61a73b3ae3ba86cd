import * as pulumi from "@pulumi/pulumi";
import { artefacts } from "../../build/artefacts";
import { createHostBundle } from "../shared/host-bundle";
import { place } from "../shared/aws-environment";
import { createAlarms } from "./alarms";
import type { ActionsRunnerPoolArgs } from "./args";
import { admitRules, createDeadLetterQueue } from "./dead-letters";
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
  public readonly poolName: pulumi.Output<string>;
  /** Auto Scaling group. Attach scaling policies to it: the pool leaves its desired capacity alone. */
  public readonly groupName: pulumi.Output<string>;
  /** ARN of the Auto Scaling group. */
  public readonly groupArn: pulumi.Output<string>;
  /** Lifecycle hook that holds an instance until it is installed and registered. */
  public readonly launchHookName: pulumi.Output<string>;
  /** Lifecycle hook that holds an instance until its job has ended. */
  public readonly terminateHookName: pulumi.Output<string>;
  /** Launch template of the instances. */
  public readonly launchTemplateId: pulumi.Output<string>;
  /** Image that new instances start from. */
  public readonly imageId: pulumi.Output<string>;
  /** Role of the instances, for other accounts and resources to trust. */
  public readonly hostRoleArn: pulumi.Output<string>;
  /** Name of the instances' role, to attach policies to. */
  public readonly hostRoleName: pulumi.Output<string>;
  /** Security groups of the instances. */
  public readonly securityGroupIds: pulumi.Output<string[]>;
  /** Function that provides registration tokens. */
  public readonly registerFunctionName: pulumi.Output<string>;
  /** Function that hurries drains and cleans up after instances. */
  public readonly deregisterFunctionName: pulumi.Output<string>;
  /** Function that finds what events have missed. */
  public readonly sweepFunctionName: pulumi.Output<string>;
  /** Queue of events that no try could deliver or handle. */
  public readonly deadLetterQueueUrl: pulumi.Output<string>;
  /** SHA-256 of the host bundle that new instances install, in hex. */
  public readonly hostBundleSha256: pulumi.Output<string>;

  /**
   * @param name identity in the stack, and beginning of the names that AWS needs unique; at most 43 characters.
   * @throws InputPropertyError or InputPropertiesError for arguments that cannot work, before anything is created.
   */
  constructor(name: string, args: ActionsRunnerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = resolveSettings(name, args);
    validate(name, settings);
    const built = artefacts();
    super("ci-runners:index:ActionsRunnerPool", name, {}, opts);

    const facts = pulumi.output(settings.imageId).apply((imageId) => instanceFacts(settings, imageId, { parent: this }));
    const tags = checkedTags(settings, facts);
    const where = place({ parent: this });

    const network = createNetwork(name, settings, tags, this);
    const bundle = createHostBundle(name, built.hostBundle, tags, this);
    const hostRole = createHostRole(name, settings, where, bundle.bucket.arn, tags, this);
    const deadLetters = createDeadLetterQueue(name, settings, tags, this);
    const admitted = admitRules(name, settings, deadLetters, where, this);
    const functions = createFunctions(
      name,
      settings,
      { place: where, deadLetters, hostRole: hostRole.role, artefacts: built.functions, tags },
      this,
    );
    const events = createEvents(name, settings, { functions, deadLetters, tags }, this);
    const stopDocument = createStopDocument(name, settings, tags, this);
    const launchTemplate = createLaunchTemplate(
      name,
      settings,
      { facts, place: where, tags, network, hostRole, bundle, bundleSha256: built.hostBundle.sha256 },
      this,
    );
    const working = Object.values(functions).flatMap(({ ready }) => ready);
    const finalSweep = createFinalSweep(name, settings, { sweep: functions.sweep, dependsOn: [...working, ...events] }, this);
    const group = createGroup(
      name,
      settings,
      {
        launchTemplate,
        network,
        tags,
        dependsOn: [bundle.object, ...hostRole.ready, admitted, ...working, ...events, finalSweep, stopDocument],
      },
      this,
    );
    createHooks(name, settings, group, this);
    createAlarms(name, settings, { functions, deadLetters, tags }, this);

    this.poolName = pulumi.output(settings.poolName);
    this.groupName = group.name;
    this.groupArn = group.arn;
    this.launchHookName = pulumi.output(settings.names.launchHook);
    this.terminateHookName = pulumi.output(settings.names.terminateHook);
    this.launchTemplateId = launchTemplate.id;
    this.imageId = facts.imageId;
    this.hostRoleArn = hostRole.role.arn;
    this.hostRoleName = hostRole.role.name;
    this.securityGroupIds = network.securityGroupIds;
    this.registerFunctionName = functions.register.function.name;
    this.deregisterFunctionName = functions.deregister.function.name;
    this.sweepFunctionName = functions.sweep.function.name;
    this.deadLetterQueueUrl = deadLetters.url;
    this.hostBundleSha256 = pulumi.output(built.hostBundle.sha256);
    this.registerOutputs({
      poolName: this.poolName,
      groupName: this.groupName,
      groupArn: this.groupArn,
      launchHookName: this.launchHookName,
      terminateHookName: this.terminateHookName,
      launchTemplateId: this.launchTemplateId,
      imageId: this.imageId,
      hostRoleArn: this.hostRoleArn,
      hostRoleName: this.hostRoleName,
      securityGroupIds: this.securityGroupIds,
      registerFunctionName: this.registerFunctionName,
      deregisterFunctionName: this.deregisterFunctionName,
      sweepFunctionName: this.sweepFunctionName,
      deadLetterQueueUrl: this.deadLetterQueueUrl,
      hostBundleSha256: this.hostBundleSha256,
    });
  }
}
