import type { ResourceType } from "./resource-type";
import { tagRefusal } from "./types/tag-rules";
import type { Properties } from "./values";

type Tags = Record<string, string>;

/** The provider's setting `defaultTags`: tags that each resource of the provider gets besides its own. */
export class DefaultTags {
  constructor(readonly tags: Tags = {}) {}

  /** `tagsAll` of a resource that is created; undefined if its type has no tags. */
  atCreation(type: ResourceType, inputs: Properties): Tags | undefined {
    if (!hasTags(type)) return undefined;
    return overrides(type, inputs) ? this.withoutDefaults(inputs) : this.merged(inputs);
  }

  /** `tagsAll` of a resource after an update. `before` is what it has. */
  atUpdate(type: ResourceType, { news, ignored }: { news: Properties; ignored: string[] }, before: Properties): Tags | undefined {
    if (!hasTags(type)) return undefined;
    const keeps = overrides(type, news) && ignored.includes("tagsAll");
    return keeps ? before.tagsAll : this.merged(news);
  }

  /**
   * Whether an update of this resource is planned for its tags alone. A resource that overrides the default tags is created
   * without them, but from then on the provider plans and applies them, unless the program ignores that change.
   */
  planned(type: ResourceType, { news, ignored }: { news: Properties; ignored: string[] }): boolean {
    return overrides(type, news) && Object.keys(this.tags).length > 0 && !ignored.includes("tagsAll");
  }

  /** Without an override of a resource. */
  merged(inputs: Properties): Tags {
    return { ...this.tags, ...(inputs.tags ?? {}) };
  }

  /** As the provider does it: an own tag that equals a default tag is left out as well. */
  private withoutDefaults(inputs: Properties): Tags {
    const own: [string, string][] = Object.entries(inputs.tags ?? {});
    return Object.fromEntries(own.filter(([key, value]) => this.tags[key] !== value));
  }
}

/** @throws AWS's error for the first tag that it refuses. @param doing `creating NAME` or `updating NAME` */
export function checkTags(doing: string, token: string, inputs: Properties, tagsAll: Tags | undefined): void {
  if (tagsAll === undefined || Array.isArray(inputs.tags)) return;
  const refusal = tagRefusal(token, tagsAll, inputs.tagSpecifications);
  if (refusal !== undefined) throw new Error(`${doing}: ${refusal}`);
}

function hasTags(type: ResourceType): boolean {
  return type.hasTags ?? type.inputs.includes("tags");
}

function overrides(type: ResourceType, inputs: Properties): boolean {
  return type.overridesDefaultTags?.(inputs) ?? false;
}
