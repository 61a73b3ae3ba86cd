import { AwsError } from "../api";

interface Step {
  action?: string;
  name?: string;
  inputs?: { runCommand?: string[]; timeoutSeconds?: string | number };
}

/**
 * Shell commands of a Command document (schema 2.2, JSON) with `{{ parameters }}` filled in. Rejects steps other than
 * aws:runShellScript.
 */
export function commandsOf(name: string, content: string, given: Record<string, string[]>): string[] {
  const document = JSON.parse(content) as {
    schemaVersion?: string;
    parameters?: Record<string, { default?: string | string[]; type?: string; allowedPattern?: string }>;
    mainSteps?: Step[];
  };
  if (document.schemaVersion !== "2.2") {
    throw new Error(`document ${name}: the rehearsal does not support schemaVersion ${document.schemaVersion}; use 2.2`);
  }
  const declared = document.parameters ?? {};
  const values: Record<string, string[]> = {};
  for (const [parameter, { default: fallback, allowedPattern }] of Object.entries(declared)) {
    const value = given[parameter] ?? (fallback === undefined ? undefined : [fallback].flat());
    if (value === undefined) throw invalidParameters(`Parameter ${parameter} is required by document ${name}`);
    if (allowedPattern && !value.every((item) => new RegExp(`^(?:${allowedPattern})$`).test(item))) {
      throw invalidParameters(`Parameter ${parameter} does not match the allowed pattern ${allowedPattern}`);
    }
    values[parameter] = value;
  }
  const unknown = Object.keys(given).find((parameter) => !(parameter in declared));
  if (unknown !== undefined) throw invalidParameters(`document ${name} has no parameter ${unknown}`);
  return (document.mainSteps ?? []).flatMap((step) => {
    if (step.action !== "aws:runShellScript") throw new Error(`document ${name}: the rehearsal does not run step action ${step.action}`);
    return (step.inputs?.runCommand ?? []).flatMap((line) => fill(line, values));
  });
}

/** AWS-RunShellScript, the only AWS document in the rehearsal. */
export const RUN_SHELL_SCRIPT = JSON.stringify({
  schemaVersion: "2.2",
  parameters: {
    commands: { type: "StringList" },
    workingDirectory: { type: "String", default: "" },
    executionTimeout: { type: "String", default: "3600" },
  },
  mainSteps: [{ action: "aws:runShellScript", name: "runShellScript", inputs: { runCommand: ["{{ commands }}"] } }],
});

function fill(line: string, values: Record<string, string[]>): string[] {
  // A line that consists of a list parameter expands to all its lines.
  const whole = /^\{\{\s*(\w+)\s*\}\}$/.exec(line);
  if (whole) return values[whole[1] ?? ""] ?? [line];
  return [line.replace(/\{\{\s*(\w+)\s*\}\}/g, (text, parameter: string) => values[parameter]?.join(" ") ?? text)];
}

function invalidParameters(message: string): AwsError {
  return new AwsError("InvalidParameters", message);
}
