import * as pulumi from "@pulumi/pulumi";
import type { HostSettings } from "./host-args/settings";

/** Warns of each deprecated argument that is given, once per component: a docstring alone is seen by no one who has it already. */
export function warnOfDeprecated({ jobsMayUseDocker }: Pick<HostSettings, "jobsMayUseDocker">, component: pulumi.Resource): void {
  if (jobsMayUseDocker === undefined) return;
  const remedy = jobsMayUseDocker ? "use docker: root, which is the same" : "remove it, which is the same";
  void pulumi.log.warn(`jobsMayUseDocker is deprecated: ${remedy}`, component).catch(() => undefined);
}
