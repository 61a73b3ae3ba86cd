import { randomBytes } from "node:crypto";
import { PERSISTENT_RUNNER_TAG } from "../../../contract/persistent-runner/names";
import { OWNER_TAG, secretOwner } from "../../../contract/shared/owned-secret";
import type { DynamoDb, Ec2, SecretsManager } from "../../shared/aws/clients";
import { consoleLines, consoleOutputs } from "../../shared/aws/console-output";
import { instancePower } from "../../shared/aws/instance-power";
import { putSecret } from "../../shared/aws/put-secret";
import { setInstanceType, startInstance } from "../../shared/aws/start-instance";
import { stopInstance } from "../../shared/aws/stop-instance";
import type { GitHubJit } from "../../shared/github/jit";
import type { Clock } from "../../shared/lambda/clock";
import { leaseTable } from "../shared/lease-table";
import type { ControlPorts } from "../shared/ports";
import { forceStopAfter } from "../shared/power-off";
import { runnerPorts } from "../shared/runner-ports";
import type { OrderSecretSettings, StartSettings } from "../shared/settings";

/** Lines of a console that are read when a machine does not become ready. */
const CONSOLE_LINES = 60;

export interface ControlClients {
  dynamoDb: DynamoDb;
  ec2: Ec2;
  secretsManager: SecretsManager;
}

/** @param orderSecret read only when an order is written, so that a mistake in it cannot prevent a stop */
export function controlPorts(
  { dynamoDb, ec2, secretsManager }: ControlClients,
  gitHub: () => GitHubJit,
  clock: Clock,
  settings: StartSettings,
  orderSecret: () => OrderSecretSettings,
): ControlPorts {
  const { name, names, instanceId, runnerGroup } = settings;
  return {
    clock,
    forceStopAfter: forceStopAfter(settings),
    random: (digits) =>
      randomBytes(Math.ceil(digits / 2))
        .toString("hex")
        .slice(0, digits),
    lease: leaseTable(dynamoDb, name),
    power: {
      state: (signal) => instancePower(ec2, instanceId, signal),
      start: (signal) => startInstance(ec2, instanceId, signal),
      stop: (force, signal) => stopInstance(ec2, instanceId, force, signal),
      setType: (type, signal) => setInstanceType(ec2, instanceId, type, signal),
      console: async (signal) => {
        const outputs = await consoleOutputs(ec2, instanceId, signal);
        return consoleLines(outputs.at(-1) ?? "", CONSOLE_LINES);
      },
    },
    order: {
      put(order, signal) {
        const { tags, hostRoleId, kmsKeyArn } = orderSecret();
        return putSecret(
          secretsManager,
          {
            name: names.orderSecret,
            description: "What one machine is started for; deleted by it on first use",
            value: JSON.stringify(order),
            replacesTags: true,
            tags: { ...tags, [PERSISTENT_RUNNER_TAG]: name, [OWNER_TAG]: secretOwner(hostRoleId, instanceId) },
            ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
          },
          signal,
        );
      },
    },
    runners: {
      ...runnerPorts(() => gitHub().runners, settings),
      async create(label, signal) {
        const { runnerId, configuration } = await gitHub().create(
          { name: label, labels: [label], ...(runnerGroup !== undefined && { runnerGroup }) },
          signal,
        );
        return { runnerId, configuration };
      },
      registrationToken: async (signal) => (await gitHub().runners.createRegistrationToken(signal)).token,
    },
  };
}
