import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** What Debian's packages ask before they start a service. */
const POLICY = "/usr/sbin/policy-rc.d";
/** 101: the action is not allowed. */
const FORBID = "#!/bin/sh\n# By ci-runners, for the time of an installation.\nexit 101\n";

/**
 * No service of a package starts while this work is done. An image's own policy is put aside meanwhile. What a killed
 * bootstrap left is recognized.
 */
export async function withoutStarts<T>(work: () => Promise<T>, policy = POLICY): Promise<T> {
  const aside = `${policy}.ci-runners`;
  if (existsSync(policy) && readFileSync(policy, "utf8") !== FORBID) renameSync(policy, aside);
  writeFileSync(policy, FORBID);
  chmodSync(policy, 0o755);
  try {
    return await work();
  } finally {
    if (existsSync(aside)) renameSync(aside, policy);
    else rmSync(policy, { force: true });
  }
}
