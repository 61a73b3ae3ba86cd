import type { DeployedResource, Shape } from "../api";
import { validation } from "./errors";

interface Setting {
  enabled: boolean;
  attribute: string;
}

/**
 * The setting of a table's time to live, and no more: AWS deletes an expired item within days and promises no time, so here nothing
 * is ever deleted, and what depends on a deletion in time fails.
 */
export class TimeToLive {
  /** Set by calls, over what the program deployed. */
  private readonly changed = new Map<string, Setting>();

  describe(table: DeployedResource): Shape {
    const setting = this.setting(table);
    return {
      TimeToLiveDescription: setting?.enabled
        ? { TimeToLiveStatus: "ENABLED", AttributeName: setting.attribute }
        : { TimeToLiveStatus: "DISABLED" },
    };
  }

  update(table: DeployedResource, params: Shape): Shape {
    const { Enabled, AttributeName } = (params["TimeToLiveSpecification"] ?? {}) as Shape;
    if (typeof Enabled !== "boolean" || typeof AttributeName !== "string" || AttributeName === "") {
      throw validation("TimeToLiveSpecification must have Enabled and AttributeName");
    }
    const current = this.setting(table);
    if ((current?.enabled ?? false) === Enabled) throw validation(`TimeToLive is already ${Enabled ? "enabled" : "disabled"}`);
    if (!Enabled && current?.attribute !== AttributeName) {
      throw validation(`TimeToLive is active on a different AttributeName: current AttributeName is ${current?.attribute}`);
    }
    this.changed.set(table.id, { enabled: Enabled, attribute: AttributeName });
    return { TimeToLiveSpecification: { Enabled, AttributeName } };
  }

  forget(tableId: string): void {
    this.changed.delete(tableId);
  }

  private setting({ id, state }: DeployedResource): Setting | undefined {
    const deployed = state["ttl"] as { enabled?: boolean; attributeName?: string } | undefined;
    return (
      this.changed.get(id) ??
      (deployed?.attributeName ? { enabled: deployed.enabled ?? false, attribute: deployed.attributeName } : undefined)
    );
  }
}
