/** Contents of the host bundle. Nothing in it depends on a machine: the agent renders the rest from the machine's configuration. */
import { type BundleEntry, HostBundle } from "../shared/agent-bundle";

const BUNDLE = new HostBundle("persistent-runner");

export function bundleEntries(): BundleEntry[] {
  return BUNDLE.entries();
}

export function bundleInputs(): string[] {
  return BUNDLE.inputs();
}
