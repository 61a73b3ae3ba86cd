import { AwsError, type Shape } from "../api";
import type { Ec2Parts, Operation } from "./parts";

interface Tag {
  Key: string;
  Value?: string;
}

/** Tags of instances and volumes. Those of what only Pulumi's program deploys are in its store. */
export const TAG_OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateTags(parts, params) {
    for (const tags of tagged(parts, params)) for (const { Key, Value = "" } of tagsIn(params)) tags[Key] = Value;
    return {};
  },

  /** Without tags, it takes all. */
  DeleteTags(parts, params) {
    for (const tags of tagged(parts, params)) {
      const keys = tagsIn(params).map(({ Key }) => Key);
      for (const key of keys.length > 0 ? keys : Object.keys(tags)) delete tags[key];
    }
    return {};
  },
};

function tagsIn(params: Shape): Tag[] {
  return (params.Tags as Tag[] | undefined) ?? [];
}

function tagged(parts: Ec2Parts, params: Shape): Record<string, string>[] {
  return ((params.Resources as string[] | undefined) ?? []).map((id) => {
    if (id.startsWith("i-")) return parts.known(id).tags;
    if (id.startsWith("vol-")) return parts.volumes.get(id).tags;
    throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
  });
}
