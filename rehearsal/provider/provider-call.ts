import { revealAll, type Properties } from "./values";

/** One call by the engine, as the plugin process forwards it. */
export interface ProviderCall {
  urn: string;
  id?: string;
  olds?: Properties;
  oldInputs?: Properties;
  news?: Properties;
  seed?: string;
  preview?: boolean;
  timeoutSeconds?: number;
  ignoreChanges?: string[];
}

/** The values of a call without their wrappers. */
interface PlainCall {
  olds: Properties;
  oldInputs: Properties;
  news: Properties;
  /** Names of those in `news` that are secret. */
  secrets: Set<string>;
  ignored: string[];
}

export function plainCall(call: ProviderCall): PlainCall {
  const { plain: news, secrets } = revealAll(call.news ?? {});
  return {
    olds: revealAll(call.olds ?? {}).plain,
    oldInputs: revealAll(call.oldInputs ?? {}).plain,
    news,
    secrets,
    ignored: call.ignoreChanges ?? [],
  };
}

/** The type in a URN, such as `aws:s3/bucket:Bucket`, without the types of its parents. */
export function typeToken(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

export function logicalName(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
