import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./package-layout";

/** This package's semantic version, from its `package.json`, the only place where it is defined. */
export const VERSION: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
