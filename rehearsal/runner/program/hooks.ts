import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { ROOT } from "./root";

/** The command that runs a job hook's file: `bash -e` for `.sh`, the runner's own Node for `.js`, pwsh for `.ps1`. */
export interface HookCommand {
  file: string;
  arguments: string[];
}

/** Throws for a missing file or an unsupported extension, which fails the step and the job. */
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
