import { readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { LOG } from "../../contract/actions-runner-pool/host";
import { PERSISTENT_LOG } from "../../contract/persistent-runner/host";
import { stopAgainScript } from "../../host-config/actions-runner-pool/units/runner-unit";
import { endServiceScript } from "../../host-config/actions-runner-pool/units/end-service";

const ROOT = resolve(__dirname, "../..");
/** Messages of a contract, by the name of the constant that has them. */
const CONSTANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = { LOG, PERSISTENT_LOG };
const LEVELS = new Set(["info", "warn", "error"]);

export interface LogMessage {
  level: "info" | "warn" | "error";
  /** The logged text; a variable part is the name of its expression, in angle brackets. */
  text: string;
  /** Path and line, for the test's error. */
  where: string;
}

/** Every message that the functions and the agent can log, read from the source; a call that cannot be parsed is an error. */
export function logMessages(): LogMessage[] {
  return ["functions", "host-config"].flatMap((folder) => sources(join(ROOT, folder)).flatMap(messagesOf));
}

/** What the shell scripts on a host write to the journal when they intervene. */
export function scriptMessages(): string[] {
  const scripts = [stopAgainScript({ drainDeadline: 1 } as Parameters<typeof stopAgainScript>[0]), endServiceScript()];
  return scripts.flatMap((script) => [...script.matchAll(/^ *echo "([^"]+)" >&2$/gm)].map(([, text]) => text!));
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
}

function messagesOf(file: string): LogMessage[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: LogMessage[] = [];
  const visit = (node: ts.Node): void => {
    const call = ts.isCallExpression(node) ? logCall(node) : undefined;
    if (call) {
      const where = `${relative(ROOT, file)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      // A wrapper that passes its parameter on has no message itself.
      if (!isParameter(call.message)) found.push({ level: call.level, text: textOf(call.message, where), where });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `….warn(message, …)`, or the drain's `say("warn", message, …)`, whose caller logs the messages. */
function logCall(node: ts.CallExpression): { level: LogMessage["level"]; message: ts.Expression } | undefined {
  const [first, second] = node.arguments;
  if (ts.isPropertyAccessExpression(node.expression) && LEVELS.has(node.expression.name.text) && first) {
    return { level: node.expression.name.text as LogMessage["level"], message: first };
  }
  if (ts.isIdentifier(node.expression) && node.expression.text === "say" && first && second && ts.isStringLiteral(first)) {
    return { level: first.text as LogMessage["level"], message: second };
  }
  return undefined;
}

function isParameter(node: ts.Expression): boolean {
  if (!ts.isIdentifier(node)) return false;
  for (let scope: ts.Node | undefined = node.parent; scope; scope = scope.parent) {
    if (ts.isArrowFunction(scope) && scope.parameters.some(({ name }) => name.getText() === node.text)) return true;
  }
  return false;
}

function textOf(node: ts.Expression, where: string): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ expression, literal }) => `<${name(expression)}>${literal.text}`).join("");
  }
  const constants = ts.isPropertyAccessExpression(node) ? CONSTANTS[node.expression.getText()] : undefined;
  if (constants !== undefined) return constants[(node as ts.PropertyAccessExpression).name.text]!;
  throw new Error(
    `${where} logs ${node.getText()}, which this test cannot parse: log a string or a member of ${Object.keys(CONSTANTS).join(" or ")}`,
  );
}

const name = (expression: ts.Expression) => (ts.isIdentifier(expression) ? expression.text : "…");
