import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** The reasons for a failed bootstrap in user data and installer; variable parts are an ellipsis. */
export function shellReasons(): string[] {
  const scripts = ["host-config/actions-runner-pool/user-data.ts", "host-config/actions-runner-pool/install.sh"].map((path) =>
    readFileSync(join(ROOT, path), "utf8"),
  );
  return scripts.flatMap((script) =>
    // A substitution may contain quotes: `$(tail … "$home/install.log" …)`.
    [...script.matchAll(/\bfail "((?:\$\([^\n]*\)|[^"])+)"/g)].map(([, text]) => text!.replaceAll(/\$\(.*\)|\$\w+/g, "…")),
  );
}
