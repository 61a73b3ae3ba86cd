#!/usr/bin/env node
/**
 * The library as a plugin of the Pulumi engine, for programs in Python, Go, .NET, Java and YAML. It serves the schema that
 * the package contains. Pulumi's own host would type-check the sources at every start, which takes 10 s and needs a
 * compiler that the package does not otherwise use.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { main, type ConstructResult, type Provider } from "@pulumi/pulumi/provider";
import { ROOT, SCHEMA } from "../components/shared/package-layout";
import { VERSION } from "../components/shared/package-version";
import * as library from "../components";

type ComponentClass = new (name: string, args: never, opts?: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;
const COMPONENTS = library as unknown as Record<string, ComponentClass | undefined>;

/** @internal Exported for the tests: the engine communicates with the process. */
export class Plugin implements Provider {
  readonly version = VERSION;
  private readonly packageSchema = JSON.parse(readFileSync(join(ROOT, SCHEMA), "utf8"));

  async getSchema(): Promise<string> {
    return JSON.stringify({ ...this.packageSchema, version: this.version });
  }

  /** @throws if the schema has no such component; the message lists the existing ones. */
  async construct(name: string, type: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions): Promise<ConstructResult> {
    const resource = this.packageSchema.resources[type];
    const component = COMPONENTS[type.split(":").at(-1)!];
    if (!resource || !component) {
      throw new Error(
        `${type} is not a component of ci-runners ${VERSION}, which has ${Object.keys(this.packageSchema.resources).join(", ")}`,
      );
    }
    const instance = new component(name, inputs as never, options);
    const outputs = Object.keys(resource.properties ?? {}).map((key) => [key, (instance as unknown as pulumi.Inputs)[key]]);
    return { urn: instance.urn, state: Object.fromEntries(outputs) };
  }
}

if (require.main === module) void main(new Plugin(), process.argv.slice(2));
