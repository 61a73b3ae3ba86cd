import * as pulumi from "@pulumi/pulumi";
import type { PinnedObject } from "../../contract/persistent-runner/order";
import { bundleKey } from "../../contract/shared/host-bundle";
import { artefacts } from "../shared/artefacts";
import { type AwsEnvironment, awsEnvironment } from "../shared/aws-environment";
import { createDeadLetters } from "../shared/dead-letters";
import { defaultTags } from "../shared/default-tags";
import { createEventTrigger } from "../shared/event-trigger";
import { type HostBundle, createHostBundle } from "../shared/host-bundle";
import { createHostLogGroup } from "../shared/host-log-group";
import { checkAwsSdk } from "../shared/sdk-version";
import { createSetupScript } from "../shared/setup-script-object";
import { createAlarms } from "./alarms";
import type { PersistentRunnerArgs } from "./args";
import { attachCacheVolume, createCacheVolume } from "./cache-volume";
import { createConfiguration } from "./configuration-object";
import { createFunctions } from "./functions";
import { createOwnRole } from "./host-role";
import { hostSettings } from "./host-settings";
import { createLeaseTable } from "./lease-table";
import { createMachine } from "./machine";
import { machineFacts } from "./machine-facts";
import { accountKeysArn } from "./policies/arns";
import type { MachineGrants } from "./policies/power";
import { createProvisioning } from "./provisioning";
import { createSecurityGroups } from "./security-groups";
import { type PersistentRunnerSettings, resolveSettings } from "./settings";
import { checkedTags } from "./tags";
import { triggers } from "./triggers";
import { validate } from "./validation";
import { createWorkflowRole } from "./workflow-role";
import { workflowYaml } from "./workflow-yaml";

/**
 * A run finds its machine as the last one left it, never shares it by accident, and never leaves it running: one EC2 instance, made once
 * and never terminated, that a workflow starts, that keeps its caches, and that a lease, an idle stop and a reaper switch off again.
 */
export class PersistentRunner extends pulumi.ComponentResource {
  /** Name of the machine, from which its names in AWS derive. */
  public readonly persistentRunnerName!: pulumi.Output<string>;
  /** ID of the instance. */
  public readonly instanceId!: pulumi.Output<string>;
  /** ARN of the role that workflows assume. */
  public readonly roleArn!: pulumi.Output<string>;
  /** Region of the machine. */
  public readonly region!: pulumi.Output<string>;
  /** What the label of each start begins with, before its random part, which only the run that started the machine gets. */
  public readonly label!: pulumi.Output<string>;
  /** Concurrency group of the rendered workflow. */
  public readonly concurrencyGroup!: pulumi.Output<string>;
  /** Name of the table with the machine's lease. */
  public readonly leaseTableName!: pulumi.Output<string>;
  /** ID of the cache volume; absent without `cacheVolume`. */
  public readonly cacheVolumeId?: pulumi.Output<string>;
  /** A workflow that starts the machine, runs a job on it and stops it, for `.github/workflows/` of a repository. */
  public readonly workflowYaml!: pulumi.Output<string>;
  /** SHA-256 of the setup script, in hex; absent without `setupScript`. */
  public readonly setupScriptSha?: pulumi.Output<string>;
  /** Name of the function that starts and stops the machine. */
  public readonly controlFunctionName!: pulumi.Output<string>;
  /** Name of the function that stops what no run holds. */
  public readonly reapFunctionName!: pulumi.Output<string>;
  /** ARN of the machine's role, for other accounts and resources to trust. */
  public readonly hostRoleArn!: pulumi.Output<string>;
  /** Name of the machine's role, for attaching policies. */
  public readonly hostRoleName!: pulumi.Output<string>;
  /** URL of the queue of events that could not be delivered or handled after all retries. */
  public readonly deadLetterQueueUrl!: pulumi.Output<string>;

  /**
   * @param name identity in the stack, and prefix of the generated names in AWS; at most 43 characters.
   * @throws InputPropertyError or InputPropertiesError for invalid arguments, and an error for an `@pulumi/aws` that is too
   *   old, before anything is created.
   */
  constructor(name: string, args: PersistentRunnerArgs, opts?: pulumi.ComponentResourceOptions) {
    checkAwsSdk();
    const settings = resolveSettings(name, args, { project: pulumi.getProject(), stack: pulumi.getStack() });
    validate(name, settings);
    const built = artefacts();
    super("ci-runners:index:PersistentRunner", name, {}, opts);

    const child = { parent: this };
    const { names, kmsKeyArn } = settings;
    const facts = pulumi.output(settings.imageId).apply((imageId) => machineFacts(settings, imageId, child));
    const environment = awsEnvironment(child);
    const tags = checkedTags({ settings, facts, environment, defaults: defaultTags(child) });
    const common: Common = { settings, tags, environment };

    // What the machine needs at its first boot.
    const leaseTable = createLeaseTable(name, common, child);
    const bundle = createHostBundle(name, { built: built.hostBundle("persistent-runner"), kmsKeyArn, tags }, child);
    const setupScript = createSetupScript(name, { script: settings.script, bundle, kmsKeyArn }, child);
    const hostLogGroup = createHostLogGroup(name, { settings: hostSettings(settings), groupName: names.hostLogGroup, tags }, child);
    const hostRole = createOwnRole(name, { ...common, bucketArn: bundle.bucket.arn }, child);
    const volume = createCacheVolume(name, common, child);
    const configuration = createConfiguration(name, { ...common, facts, volumeId: volume?.id, bundle }, child);
    const installed = [bundle.object, ...setupScript, configuration.object];

    const securityGroupIds = createSecurityGroups(name, common, child);
    const beforeMachine = [leaseTable, ...installed, ...hostLogGroup, ...hostRole.ready];
    const machine = createMachine(name, { ...common, facts, securityGroupIds, hostRole, dependsOn: beforeMachine }, child);
    const attachment = attachCacheVolume(name, { volume, instance: machine }, child);

    // Who may start and stop it.
    const grants = machineGrants(common, machine.id);
    const rules = triggers(settings).map(({ rule }) => rule);
    const queueParts = { queueName: names.deadLetterQueue, rules, environment, kmsKeyArn, tags };
    const { queue: deadLetters, ready: deadLettersReady } = createDeadLetters(name, queueParts, child);
    const pinned = { bundle: pinnedBundle(bundle), configuration: configuration.pinned };
    const functionParts = {
      ...common,
      ...pinned,
      bucketArn: bundle.bucket.arn,
      machine: grants,
      hostRole: hostRole.role,
      deadLetters,
      artefacts: built.functions,
    };
    const functions = createFunctions(name, functionParts, { ...child, dependsOn: [leaseTable] });
    const reaping = triggers(settings).flatMap(({ eventPattern, ...trigger }) =>
      createEventTrigger(
        `${name}-${trigger.suffix}`,
        {
          trigger: { ...trigger, eventPattern: eventPattern && machine.id.apply(eventPattern) },
          handler: functions.reap.function,
          deadLetters,
          tags,
        },
        { ...child, dependsOn: deadLettersReady },
      ),
    );
    const role = createWorkflowRole(name, { settings, grants, tags }, child);
    const dependsOn = [...attachment, ...installed, ...Object.values(functions).flatMap(({ ready }) => ready), ...reaping];
    const provisioning = createProvisioning(
      name,
      { settings, control: functions.control.function, instanceId: machine.id, ...pinned, dependsOn },
      child,
    );
    createAlarms(name, { settings, functions, deadLetters, tags }, child);

    // Not before the machine is prepared: a workflow that is rendered earlier would find it busy.
    const instanceId = pulumi.all([machine.id, ...provisioning.map(({ urn }) => urn)]).apply(([id]) => id!);
    const region = environment.apply((known) => known.region);
    const outputs: Outputs = {
      persistentRunnerName: pulumi.output(settings.persistentRunnerName),
      instanceId,
      roleArn: role.arn,
      region,
      label: pulumi.output(settings.persistentRunnerName),
      concurrencyGroup: pulumi.output(settings.concurrencyGroup),
      leaseTableName: leaseTable.name,
      ...(volume === undefined ? {} : { cacheVolumeId: volume.id }),
      workflowYaml: pulumi
        .all([instanceId, role.arn, region])
        .apply(([id, roleArn, where]) => workflowYaml(settings, { instanceId: id, roleArn, region: where })),
      ...(settings.script === undefined ? {} : { setupScriptSha: pulumi.output(settings.script.sha256) }),
      controlFunctionName: functions.control.function.name,
      reapFunctionName: functions.reap.function.name,
      hostRoleArn: hostRole.role.arn,
      hostRoleName: hostRole.role.name,
      deadLetterQueueUrl: deadLetters.url,
    };
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs });
  }
}

/** What nearly every part needs. */
interface Common {
  settings: PersistentRunnerSettings;
  tags: pulumi.Output<Record<string, string>>;
  environment: pulumi.Output<AwsEnvironment>;
}

function machineGrants({ settings, environment }: Common, instanceId: pulumi.Output<string>): pulumi.Output<MachineGrants> {
  const { names, persistentRunnerName, kmsKeyArn, cacheVolume } = settings;
  return pulumi
    .all([environment, instanceId, pulumi.output(kmsKeyArn), pulumi.output(cacheVolume?.kmsKeyArn)])
    .apply(([known, id, key, ofCache]) => {
      const keys = [key, ...(cacheVolume === undefined ? [] : [ofCache ?? key])].map((one) => one ?? accountKeysArn(known));
      return { environment: known, names, persistentRunnerName, instanceId: id, kmsKeyArn: key, volumeKeyArns: [...new Set(keys)] };
    });
}

function pinnedBundle({ bucket, sha256 }: HostBundle): pulumi.Output<PinnedObject> {
  return bucket.bucket.apply((name) => ({ bucket: name, key: bundleKey(sha256), sha256 }));
}

/** Exactly the outputs that the class declares. */
type Outputs = Omit<PersistentRunner, keyof pulumi.ComponentResource>;
