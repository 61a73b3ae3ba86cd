import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRIPTS, stepOf } from "./files";

/** A call of a stand-in: its name, its arguments and the files that they name. */
export interface Call {
  program: string;
  args: string[];
  /** Contents of the files that arguments name. */
  files: Record<string, string>;
  /** Whether it could read a token of GitHub: in its own environment, or in that of a process above it, through /proc. */
  hasToken: boolean;
}

/** What a stand-in does when its arguments contain `when`; the first matching answer applies. */
export interface Answer {
  program: string;
  when?: string;
  stdout?: string;
  stderr?: string;
  exitCode?: number;
  /** Files that it writes into the working folder. */
  writes?: Record<string, string>;
}

const PROGRAM = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const program = require("node:path").basename(process.argv[1]);
const args = process.argv.slice(2);
const named = args.map((arg) => arg.replace(/^\\w+=@/, "")).filter((arg) => /\\.(md|json|txt)$/.test(arg) && existsSync(arg));
const files = Object.fromEntries(named.map((file) => [file, readFileSync(file, "utf8")]));
const above = [];
for (let pid = process.ppid; pid > 1 && pid !== Number(process.env.TEST_PID); ) {
  above.push(readFileSync("/proc/" + pid + "/environ", "utf8"));
  pid = Number(/^PPid:\\s*(\\d+)$/m.exec(readFileSync("/proc/" + pid + "/status", "utf8"))[1]);
}
const own = Object.entries(process.env).map((pair) => pair.join("=")).join("\\0");
const hasToken = [own, ...above].some((one) => one.split("\\0").some((entry) => /^(GH|GITHUB)_TOKEN=./.test(entry)));
appendFileSync(process.env.CALLS, JSON.stringify({ program, args, files, hasToken }) + "\\n");
const answer = JSON.parse(readFileSync(process.env.ANSWERS, "utf8")).find((one) => one.program === program && args.join(" ").includes(one.when ?? ""));
if (!answer) { console.error("no answer is defined for " + program + " " + args.join(" ")); process.exit(99); }
for (const [file, text] of Object.entries(answer.writes ?? {})) writeFileSync(file, text);
process.stdout.write(answer.stdout ?? "");
process.stderr.write(answer.stderr ?? "");
process.exitCode = answer.exitCode ?? 0;
`;

/** A folder in which real bash runs a script of the workflows, with stand-ins for the programs that use the network. */
export class ScriptFixture {
  readonly folder = mkdtempSync(join(tmpdir(), "ci-runners-workflow-"));

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Runs a script with exactly the environment that its step in the workflow names.
   *
   * @param values values of the variables that the step sets; a name that the step does not set is an error of the test.
   * @param programs the programs to replace by stand-ins.
   */
  run(workflow: string, script: string, values: Record<string, string>, answers: Answer[], programs = ["npm", "gh", "pulumi", "git"]) {
    const bin = join(this.folder, "bin");
    rmSync(bin, { recursive: true, force: true });
    mkdirSync(bin);
    for (const program of programs) {
      writeFileSync(join(bin, program), PROGRAM);
      chmodSync(join(bin, program), 0o755);
    }
    const given = stepOf(workflow, script).env ?? {};
    for (const name of Object.keys(values)) if (!(name in given)) throw new Error(`${workflow} does not set ${name} for ${script}`);
    const calls = join(this.folder, "calls.jsonl");
    const answersFile = join(this.folder, "answers");
    writeFileSync(answersFile, JSON.stringify(answers));
    const output = join(this.folder, "output");
    const summary = join(this.folder, "summary");
    for (const file of [calls, output, summary]) writeFileSync(file, "");
    const unset = Object.fromEntries(Object.keys(given).map((name) => [name, ""]));
    const { status, stdout, stderr } = spawnSync("bash", [join(SCRIPTS, script)], {
      cwd: this.folder,
      encoding: "utf8",
      env: {
        ...unset,
        ...values,
        PATH: `${bin}:${process.env.PATH}`,
        LANG: "C.UTF-8",
        TEST_PID: String(process.pid),
        CALLS: calls,
        ANSWERS: answersFile,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
      },
    });
    const lines = readFileSync(calls, "utf8").trim();
    return {
      status,
      stdout,
      stderr,
      calls: lines === "" ? [] : (lines.split("\n").map((line) => JSON.parse(line)) as Call[]),
      output: readFileSync(output, "utf8"),
      summary: readFileSync(summary, "utf8"),
    };
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string | undefined {
    const file = join(this.folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }
}
