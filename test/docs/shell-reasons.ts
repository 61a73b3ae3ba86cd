import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** What user data and installer can give as the reason of a failed bootstrap; what differs stands as an ellipsis. */
export function shellReasons(): string[] {
  const scripts = ["host-config/actions-runner-pool/user-data.ts", "host-config/actions-runner-pool/install.sh"].map((path) =>
    readFileSync(join(ROOT, path), "utf8"),
  );
  return scripts.flatMap((script) =>
    // A substitution may hold quotes of its own: `$(tail … "$home/install.log" …)`.
    [...script.matchAll(/\bfail "((?:\$\([^\n]*\)|[^"])+)"/g)].map(([, text]) => text!.replaceAll(/\$\(.*\)|\$\w+/g, "…")),
  );
}
