/** Contents of the host bundle. Nothing in it depends on a pool: the installer renders the rest from the host's configuration. */
import { type BundleEntry, HostBundle } from "../shared/agent-bundle";

const BUNDLE = new HostBundle("actions-runner-pool");

export function bundleEntries(): BundleEntry[] {
  return BUNDLE.entries();
}

export function bundleInputs(): string[] {
  return BUNDLE.inputs();
}
