import type { TargetState } from "../../../contract/aws/lifecycle";

export interface Imds {
  instanceId(): Promise<string>;
  /** Where the instance is being moved to; undefined where the metadata has no answer yet (404). Rejects on any other failure. */
  targetState(): Promise<TargetState | undefined>;
}
