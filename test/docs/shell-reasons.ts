import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** The reasons for a failed bootstrap in user data, installer and preparation; variable parts are an ellipsis. */
export function shellReasons(): string[] {
  return [...scriptReasons(), ...prepareReasons()];
}

function scriptReasons(): string[] {
  const scripts = ["host-config/actions-runner-pool/user-data.ts", "host-config/actions-runner-pool/install.sh"].map(read);
  return scripts.flatMap((script) =>
    // A substitution may contain quotes: `$(tail … "$log" …)`.
    [...script.matchAll(/\bfail "((?:\$\([^\n]*\)|[^"])+)"/g)].map(([, text]) => text!.replaceAll(/\$\(.*\)|\$\w+/g, "…")),
  );
}

/** Of each `new PrepareError(…)`, whose text must be written there. */
function prepareReasons(): string[] {
  const files = readdirSync(join(ROOT, "host-config"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return files.flatMap((path) => reasonsIn(read(join("host-config", path)), path));
}

export function reasonsIn(source: string, path: string): string[] {
  const calls = source.split(/\bnew PrepareError\(\s*/).slice(1);
  return calls.map((rest) => {
    const [, quoted, template] = /^(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/.exec(rest) ?? [];
    const text = quoted ?? template;
    if (text === undefined) throw new Error(`${path}: a PrepareError without its text: ${rest.slice(0, 60)}`);
    return text.replaceAll(/\$\{[^}]*\}/g, "…").replaceAll('\\"', '"');
  });
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
