import { type Authorisation, AwsError, type Principal, type Service, type Shape } from "../api";
import { consoleOutput } from "./console-output";
import { describeImages, describeInstanceTypes } from "./describe-catalogue";
import { describeInstances, describeInstanceStatus } from "./describe-instances";
import { dryRunReply } from "./dry-run";
import { instanceIdMalformed, instanceNotFound } from "./errors";
import type { Instance } from "./instance";
import { describeVersions } from "./launch-templates";
import { ATTRIBUTE_OPERATIONS } from "./instance-attributes";
import { runInstances } from "./launch";
import type { Ec2Parts, Operation } from "./parts";
import { POWER_OPERATIONS } from "./power-operations";
import { resourcesOf } from "./resources";
import { TAG_OPERATIONS } from "./tag-operations";
import { VOLUME_OPERATIONS } from "./volume-operations";

/** After its end. */
const SHOWN_MS = 3_600_000;

export type Ec2Options = Omit<Ec2Parts, "isForgotten" | "known" | "requests">;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypes: (_parts, params) => describeInstanceTypes(params),
  DescribeImages: describeImages,
  DescribeLaunchTemplateVersions: ({ store }, params) => describeVersions(store, params),
  GetConsoleOutput: (parts, { InstanceId, Latest }) => {
    const instance = parts.known(String(InstanceId));
    return consoleOutput(instance, { now: parts.clock.now(), latest: Latest === true, text: () => parts.console(instance.id) });
  },
  RunInstances: runInstances,
  ...POWER_OPERATIONS,
  ...ATTRIBUTE_OPERATIONS,
  ...TAG_OPERATIONS,
  ...VOLUME_OPERATIONS,
};

/** The part of EC2's API for instances of their own, for their volumes, and for the inspection of every instance. */
export class Ec2 implements Service {
  readonly prefix = "ec2";
  private readonly parts: Ec2Parts;

  constructor(options: Ec2Options) {
    const isForgotten = (instance: Instance) => this.isForgotten(instance);
    this.parts = { ...options, requests: new Map(), isForgotten, known: (id) => this.known(id) };
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    const act = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    if (!act) throw new AwsError("InvalidAction", `The action ${operation} is not valid for this web service.`);
    const dryRun = dryRunReply(operation, params);
    if (dryRun) throw dryRun;
    return act(this.parts, params, principal);
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    return resourcesOf(this.parts, operation, params);
  }

  private isForgotten({ endedAt }: Instance): boolean {
    return endedAt !== undefined && this.parts.clock.now() - endedAt > SHOWN_MS;
  }

  private known(id: string): Instance {
    const instance = this.parts.fleet.get(id);
    if (instance && !this.isForgotten(instance)) return instance;
    throw /^i-[0-9a-f]{1,17}$/.test(id) ? instanceNotFound(id) : instanceIdMalformed(id);
  }
}
