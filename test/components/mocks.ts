import { afterEachTest } from "../support/after-each";
import * as pulumi from "@pulumi/pulumi";

/** A resource that the engine would have registered. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, any>;
  provider: string | undefined;
}

interface InstanceTypeFact {
  architecture: string;
  memoryMib: number;
  hibernation: boolean;
  /** GB of its instance store. */
  storage?: number;
}

const INSTANCE_TYPES: Record<string, InstanceTypeFact> = {
  "m7i.large": { architecture: "x86_64", memoryMib: 8192, hibernation: true },
  "m6a.large": { architecture: "x86_64", memoryMib: 8192, hibernation: true },
  "t3.medium": { architecture: "x86_64", memoryMib: 4096, hibernation: true },
  "m7a.large": { architecture: "x86_64", memoryMib: 8192, hibernation: false },
  "m6i.large": { architecture: "x86_64", memoryMib: 8192, hibernation: true },
  "m6id.large": { architecture: "x86_64", memoryMib: 8192, hibernation: true, storage: 118 },
  "m7g.xlarge": { architecture: "arm64", memoryMib: 16384, hibernation: true },
  "x2idn.16xlarge": { architecture: "x86_64", memoryMib: 1048576, hibernation: true },
  "c8i.xlarge": { architecture: "x86_64", memoryMib: 8192, hibernation: true },
  "c8i-flex.xlarge": { architecture: "x86_64", memoryMib: 8192, hibernation: true },
  "m8i.xlarge": { architecture: "x86_64", memoryMib: 16384, hibernation: true },
  "mac2.metal": { architecture: "arm64_mac", memoryMib: 16384, hibernation: false },
};

interface ImageFact {
  architecture: string;
  /** GiB; undefined if the answer lacks the root device. */
  rootVolumeSize?: number;
  [property: string]: unknown;
}

const IMAGES: Record<string, ImageFact> = {
  "ami-0a0000000000000a1": { architecture: "x86_64", rootVolumeSize: 8 },
  "ami-0a0000000000000b2": { architecture: "arm64", rootVolumeSize: 8 },
};

interface DeploymentOptions {
  project?: string;
  stack?: string;
  preview?: boolean;
  /** Where the provider deploys. */
  place?: { region: string; partition: string; dnsSuffix: string };
  /** The provider's setting. */
  defaultTags?: Record<string, string>;
}

/**
 * A deployment without an engine: records every registration and answers the component's lookups as AWS would.
 */
export class Deployment {
  readonly registered: Registered[] = [];
  /** What the sweep function answers in turn, the last one for ever. By default a group that is to have no instance. */
  readiness: unknown[] = [{ ageSeconds: 0, inService: 0, wanted: 0, underway: {}, failedLaunches: 0 }];
  /** What the control function of a persistent runner answers to `postponed`; an error is the call's. */
  postponed: number | Error = 0;
  readonly calls: { token: string; inputs: any; provider: string | undefined }[] = [];
  /** Images besides the usual ones, by id. */
  images: Record<string, ImageFact> = {};
  private place = { region: "us-east-1", partition: "aws", dnsSuffix: "amazonaws.com" };
  private defaultTags: Record<string, string> = {};

  /**
   * Pulumi's SDK takes a stack trace for each of its thousands of promises, and mapping them all back to TypeScript
   * takes nine tenths of a test's time. So stack traces are off during a deployment.
   */
  static async start(options: DeploymentOptions = {}): Promise<Deployment> {
    const deployment = new Deployment();
    deployment.place = options.place ?? deployment.place;
    deployment.defaultTags = options.defaultTags ?? {};
    Error.stackTraceLimit = 0;
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => deployment.register(args),
        call: (args) => deployment.answer(args),
      },
      options.project ?? "ci-runners",
      options.stack ?? "test",
      options.preview ?? false,
    );
    return deployment;
  }

  /** Waits until every child is registered, including those that depend on an output. */
  async settled(): Promise<Registered[]> {
    await settled();
    return this.registered;
  }

  /** Resources that exist in AWS, as opposed to components and providers. */
  get children(): Registered[] {
    return this.registered.filter(({ type }) => type.startsWith("aws:"));
  }

  of(type: string): Registered[] {
    return this.registered.filter((resource) => resource.type === type);
  }

  only(type: string): Registered {
    const found = this.of(type);
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}, expected one`);
    return found[0]!;
  }

  named(type: string, name: string): Registered {
    const found = this.of(type).find((resource) => resource.name === name);
    if (!found) throw new Error(`no ${type} named ${name} among ${this.of(type).map((resource) => resource.name)}`);
    return found;
  }

  private register(args: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, any> } {
    const { type, name, inputs, provider } = args;
    const { region, partition, dnsSuffix } = this.place;
    this.registered.push({ type, name, inputs, provider });
    const physical = inputs.name ?? inputs.bucket ?? `${name}-1a2b3c4`;
    return {
      id: `${name}-id`,
      state: {
        ...inputs,
        name: physical,
        bucket: inputs.bucket ?? physical,
        arn: `arn:${partition}:mock:${region}:123456789012:${type.split("/").pop()}/${physical}`,
        uniqueId: "AROAEXAMPLEEXAMPLE123",
        latestVersion: 1,
        url: `https://sqs.${region}.${dnsSuffix}/123456789012/${physical}`,
        vpcId: inputs.vpcId ?? "vpc-0mock",
        privateSubnetIds: ["subnet-0private1", "subnet-0private2"],
        functionUrl: `https://abcdefghijklmnop.lambda-url.${region}.on.aws/`,
        result: type.endsWith(":Invocation") ? this.invoke(inputs) : undefined,
      },
    };
  }

  /** As the functions answer; the setup function alone says something. */
  private invoke({ input }: Record<string, any>): string {
    const { task, workflowJobs } = JSON.parse(input);
    const secretArn = `arn:aws:secretsmanager:${this.place.region}:123456789012:secret:ci-runners-webhook/${workflowJobs}-AbCdEf`;
    return JSON.stringify(task === "own-webhook" ? { secretArn, left: [] } : {});
  }

  private answer(args: pulumi.runtime.MockCallArgs): Record<string, any> {
    this.calls.push({ token: args.token, inputs: args.inputs, provider: args.provider });
    try {
      return this.lookup(args);
    } catch (error) {
      // The engine's wording.
      const { message } = error as Error;
      throw Object.assign(new Error(message), {
        details: `invocation of ${args.token} returned an error: invoking ${args.token}: ${message}`,
      });
    }
  }

  private lookup({ token, inputs }: pulumi.runtime.MockCallArgs): Record<string, any> {
    switch (token) {
      case "aws:index/getRegion:getRegion":
        return { region: this.place.region };
      case "aws:index/getPartition:getPartition":
        return { partition: this.place.partition, dnsSuffix: this.place.dnsSuffix };
      case "aws:index/getDefaultTags:getDefaultTags":
        return { tags: this.defaultTags };
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { accountId: "123456789012" };
      case "aws:ec2/getSubnet:getSubnet":
        return { id: inputs.id, vpcId: "vpc-0given", availabilityZone: `${this.place.region}a` };
      case "aws:ec2/getInstanceType:getInstanceType":
        return instanceType(inputs.instanceType);
      case "aws:ssm/getParameter:getParameter":
        return { name: inputs.name, value: parameter(inputs.name) };
      case "aws:ec2/getAmi:getAmi":
        return image(inputs.filters[0].values[0], { ...IMAGES, ...this.images });
      case "aws:lambda/getInvocation:getInvocation":
        if (JSON.parse(inputs.input).action === "postponed") {
          if (this.postponed instanceof Error) throw this.postponed;
          return { ...inputs, result: JSON.stringify({ postponed: this.postponed }) };
        }
        return { ...inputs, result: JSON.stringify(this.readiness.length > 1 ? this.readiness.shift() : this.readiness[0]) };
      default:
        throw new Error(`no mock answers ${token}`);
    }
  }
}

function instanceType(type: string): Record<string, any> {
  const fact = INSTANCE_TYPES[type];
  if (!fact)
    throw new Error(`reading EC2 Instance Type: InvalidInstanceType: The following supplied instance types do not exist: [${type}]`);
  return {
    instanceType: type,
    supportedArchitectures: [fact.architecture],
    memorySize: fact.memoryMib,
    totalInstanceStorage: fact.storage ?? 0,
    hibernationSupported: fact.hibernation,
    supportedVirtualizationTypes: ["hvm"],
    enaSupport: "required",
    bootModes: fact.architecture === "arm64" ? ["uefi"] : ["legacy-bios", "uefi"],
  };
}

function parameter(name: string): string {
  if (name.startsWith("/nowhere")) throw new Error(`reading SSM Parameter (${name}): couldn't find resource`);
  return name.includes("arm64") ? "ami-0a0000000000000b2" : "ami-0a0000000000000a1";
}

function image(id: string, images: Record<string, ImageFact>): Record<string, any> {
  const fact = images[id];
  if (!fact) throw new Error("Your query returned no results. Please change your search criteria and try again.");
  const { rootVolumeSize, ...properties } = fact;
  const other = { deviceName: "/dev/sdf", ebs: { volume_size: "500" }, noDevice: "", virtualName: "" };
  const root = { deviceName: "/dev/sda1", ebs: { volume_size: String(rootVolumeSize) }, noDevice: "", virtualName: "" };
  return {
    id,
    imageId: id,
    name: `image-of-${id}`,
    state: "available",
    platform: "",
    rootDeviceName: "/dev/sda1",
    rootDeviceType: "ebs",
    virtualizationType: "hvm",
    enaSupport: true,
    bootMode: "uefi-preferred",
    // In no certain order: the device of a second volume may come first.
    blockDeviceMappings: [other, ...(rootVolumeSize === undefined ? [] : [root])],
    ...properties,
  };
}

/** Waits until every child is registered, including those that depend on an output. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect();
  Error.stackTraceLimit = STACK_TRACE_LIMIT;
}

const STACK_TRACE_LIMIT = Error.stackTraceLimit;

// A deployment that a test did not await must not leave stack traces off in other test files.
afterEachTest(() => {
  Error.stackTraceLimit = STACK_TRACE_LIMIT;
});

/** Event-loop iterations after the first error, in which a second error or a late registration would appear. */
const ITERATIONS = 100;

/**
 * The single error with which a program ends. Rejected outputs surface as unhandled rejections; the engine's own host
 * detects them that way too.
 */
export async function failure(build: () => unknown): Promise<Error> {
  const seen = new Set<unknown>();
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const rejected = new Promise<void>((resolve) => {
    process.on("unhandledRejection", (error) => {
      seen.add(error);
      resolve();
    });
  });
  try {
    build();
    await rejected;
    for (let iteration = 0; iteration < ITERATIONS; iteration++) await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    seen.add(error);
  } finally {
    Error.stackTraceLimit = STACK_TRACE_LIMIT;
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
    // Children of a failed resource wait forever; new mocks discard them, so that they do not affect the next test or the exit code.
    await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) });
  }
  if (seen.size !== 1) throw new Error(`${seen.size} errors instead of one: ${[...seen].join(" | ")}`);
  return [...seen][0] as Error;
}
