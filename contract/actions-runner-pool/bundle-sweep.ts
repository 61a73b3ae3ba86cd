import type { FinalSweepInput } from "./final-sweep";

/** Input of the invocation that follows each update of the group that brings another host bundle or setup script. */
export interface BundleSweepInput extends FinalSweepInput {
  task: "sweep-bundles";
  bucket: string;
  /** Key of the bundle that the group's launch template names. */
  deployed: string;
  /** The same of its setup script; absent without one. */
  setup?: string;
}
