import type { TargetState } from "../../../contract/aws/lifecycle";

export interface Imds {
  instanceId(): Promise<string>;
  /** The target lifecycle state; undefined while the metadata has none (404). Rejects on any other failure. */
  targetState(): Promise<TargetState | undefined>;
}
