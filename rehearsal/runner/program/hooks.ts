import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { ROOT } from "./root";

/** How a job hook's file is run: `.sh` by `bash -e`, `.js` by the runner's own Node, `.ps1` by pwsh. */
export interface HookCommand {
  file: string;
  arguments: string[];
}

/** Throws for a file that is not there or of another kind, upon which the step fails, and the job with it. */
export function hookCommand(path: string): HookCommand {
  if (!existsSync(path)) throw new Error(`File doesn't exist: ${path}`);
  switch (extname(path)) {
    case ".sh":
      return { file: "bash", arguments: ["-e", path] };
    case ".js":
      return { file: join(ROOT, "externals", "node20", "bin", "node"), arguments: [path] };
    case ".ps1":
      return { file: "pwsh", arguments: ["-command", `. '${path}'`] };
    default:
      throw new Error(`${path} is not a valid path to a script. Make sure it ends in '.sh', '.ps1' or '.js'.`);
  }
}
