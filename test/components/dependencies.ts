import type * as pulumi from "@pulumi/pulumi";

// The SDK's own, without types.
const { gatherExplicitDependencies } = require("@pulumi/pulumi/runtime/dependsOn");

/** What each resource of a program depends on explicitly, by `type name`, as its `dependsOn` says. */
export class Dependencies {
  private readonly declared = new Map<string, pulumi.Resource[]>();
  private readonly names = new Map<pulumi.Resource, string>();

  /** Give it to the component's options. */
  readonly transformation: pulumi.ResourceTransformation = ({ resource, type, name, opts }) => {
    const identity = `${type} ${name}`;
    this.names.set(resource, identity);
    const { dependsOn = [] } = opts as { dependsOn?: pulumi.Resource | pulumi.Resource[] };
    this.declared.set(identity, Array.isArray(dependsOn) ? dependsOn : [dependsOn]);
    return undefined;
  };

  of(identity: string): string[] {
    const found = this.declared.get(identity);
    if (!found) throw new Error(`no resource ${identity} among ${[...this.declared.keys()].join(", ")}`);
    return found.map((resource) => this.names.get(resource) ?? "unknown");
  }

  /** Also those of outputs among them, as Pulumi's SDK finds them. */
  async resolved(identity: string): Promise<string[]> {
    const found: pulumi.Resource[] = await gatherExplicitDependencies(this.declared.get(identity));
    return found.map((resource) => this.names.get(resource) ?? "unknown");
  }

  /** Also what these depend on. */
  allOf(identity: string): Set<string> {
    const all = new Set<string>();
    const pending = this.of(identity);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (all.has(next)) continue;
      all.add(next);
      pending.push(...this.of(next));
    }
    return all;
  }
}
