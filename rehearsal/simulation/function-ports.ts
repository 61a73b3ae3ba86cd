import { type LifecycleState, NO_ACTIVE_ACTION } from "../../contract/aws/lifecycle";
import { OWNER_TAG, POOL_TAG } from "../../contract/actions-runner-pool/names";
import type { DeregisterPorts } from "../../functions/actions-runner-pool/deregister/ports";
import type { TokenStore } from "../../functions/actions-runner-pool/shared/registration";
import type { Activity, Member, StoredSecret, SweepPorts } from "../../functions/actions-runner-pool/sweep/ports";
import type { Clock } from "../clock";
import { AwsError, type Shape } from "../aws/api";

/** One call to the cloud stand-in in the name of a function, with its client's retries. */
export type FunctionCall = (action: string, params: Shape) => Promise<Shape>;

type AwsPorts = Omit<SweepPorts, "gitHub"> &
  Pick<DeregisterPorts, "sendStop"> & { tokens: TokenStore; readSecret(secret: string): Promise<string> };

/** Ids in one DescribeAutoScalingInstances call. */
const BATCH = 50;
const PAGE = 100;

/**
 * The functions' ports to AWS, spoken straight to the cloud stand-in: same calls and parameters as `functions/` makes
 * through the SDK, no wire.
 */
export function functionPorts(call: FunctionCall, clock: Clock): AwsPorts {
  const describe = async (group: string) => {
    const { AutoScalingGroups } = await call("autoscaling:DescribeAutoScalingGroups", { AutoScalingGroupNames: [group] });
    return (AutoScalingGroups as { Instances?: MemberShape[] }[])[0];
  };
  return {
    clock,

    async members(group) {
      const found = await describe(group);
      if (!found) return [];
      const result = (found.Instances ?? []).map(toMember);
      let NextToken: unknown;
      do {
        const page = await call("autoscaling:DescribeWarmPool", { AutoScalingGroupName: group, NextToken });
        result.push(...((page.Instances as MemberShape[] | undefined) ?? []).map(toMember));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return [...new Map(result.map((member) => [member.instanceId, member])).values()];
    },

    groupExists: async (group) => (await describe(group)) !== undefined,

    async *activities(group) {
      let NextToken: unknown;
      do {
        const page: Shape = await unless(
          (error) => error.message.startsWith("AutoScalingGroup name not found"),
          () =>
            call("autoscaling:DescribeScalingActivities", {
              AutoScalingGroupName: group,
              IncludeDeletedGroups: true,
              MaxRecords: PAGE,
              NextToken,
            }),
          { Activities: [] },
        );
        yield (page.Activities as ActivityShape[]).map(toActivity);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    },

    async lifecycleStates(instanceIds) {
      const states = new Map<string, LifecycleState>();
      for (let start = 0; start < instanceIds.length; start += BATCH) {
        const InstanceIds = instanceIds.slice(start, start + BATCH);
        const { AutoScalingInstances } = await call("autoscaling:DescribeAutoScalingInstances", { InstanceIds });
        for (const found of AutoScalingInstances as MemberShape[]) states.set(found.InstanceId, found.LifecycleState);
      }
      return states;
    },

    continueAction: ({ group, hook, instanceId, token }) =>
      unless<"continued" | "none">(
        (error) => error.message.startsWith(NO_ACTIVE_ACTION),
        async () => {
          await call("autoscaling:CompleteLifecycleAction", {
            AutoScalingGroupName: group,
            LifecycleHookName: hook,
            InstanceId: instanceId,
            LifecycleActionToken: token,
            LifecycleActionResult: "CONTINUE",
          });
          return "continued";
        },
        "none",
      ),

    async terminate(instanceId) {
      await call("autoscaling:TerminateInstanceInAutoScalingGroup", {
        InstanceId: instanceId,
        ShouldDecrementDesiredCapacity: false,
      });
    },

    async *secrets(prefix) {
      let NextToken: unknown;
      do {
        const filters = [{ Key: "name", Values: [prefix] }];
        const page = await call("secretsmanager:ListSecrets", { Filters: filters, MaxResults: PAGE, NextToken });
        yield ((page.SecretList as SecretShape[] | undefined) ?? []).map(toSecret);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    },

    deleteSecret: (name) =>
      unless<"deleted" | "gone">(
        (error) => error.code === "ResourceNotFoundException",
        async () => {
          await call("secretsmanager:DeleteSecret", { SecretId: name, ForceDeleteWithoutRecovery: true });
          return "deleted";
        },
        "gone",
      ),

    sendStop: (document, instanceId) =>
      unless<"sent" | "unreachable">(
        (error) => error.code === "InvalidInstanceId",
        async () => {
          await call("ssm:SendCommand", { DocumentName: document, InstanceIds: [instanceId], TimeoutSeconds: 600 });
          return "sent";
        },
        "unreachable",
      ),

    async readSecret(secret) {
      return (await call("secretsmanager:GetSecretValue", { SecretId: secret })).SecretString as string;
    },

    tokens: {
      async put({ name, value, owner, pool }) {
        const tags = [
          { Key: POOL_TAG, Value: pool },
          { Key: OWNER_TAG, Value: owner },
        ];
        const created = await unless(
          (error) => error.code === "ResourceExistsException",
          async () => {
            await call("secretsmanager:CreateSecret", { Name: name, SecretString: value, Tags: tags });
            return true;
          },
          false,
        );
        if (created) return "created";
        return unless<"replaced" | "taken">(
          (error) => error.code === "ResourceNotFoundException",
          async () => {
            await call("secretsmanager:PutSecretValue", { SecretId: name, SecretString: value });
            return "replaced";
          },
          "taken",
        );
      },
    },
  };
}

interface MemberShape {
  InstanceId: string;
  LifecycleState: LifecycleState;
}

interface ActivityShape {
  Description: string;
  StartTime: Date;
  EndTime?: Date;
  StatusCode: string;
}

interface SecretShape {
  Name: string;
  LastChangedDate?: Date;
  CreatedDate?: Date;
}

const toMember = ({ InstanceId, LifecycleState }: MemberShape): Member => ({ instanceId: InstanceId, lifecycleState: LifecycleState });

const toActivity = ({ Description, StartTime, EndTime, StatusCode }: ActivityShape): Activity => ({
  description: Description,
  startedAt: StartTime,
  ...(EndTime ? { endedAt: EndTime } : {}),
  status: StatusCode,
});

const toSecret = ({ Name, LastChangedDate, CreatedDate }: SecretShape): StoredSecret => ({
  name: Name,
  changedAt: LastChangedDate ?? CreatedDate ?? new Date(0),
});

async function unless<T>(expected: (error: AwsError) => boolean, act: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AwsError && expected(error)) return otherwise;
    throw error;
  }
}
