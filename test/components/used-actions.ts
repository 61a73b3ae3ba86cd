import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(__dirname, "../..");

const PREFIX: Record<string, string> = {
  "client-auto-scaling": "autoscaling",
  "client-cloudwatch": "cloudwatch",
  "client-cloudwatch-logs": "logs",
  "client-dynamodb": "dynamodb",
  "client-ec2": "ec2",
  "client-eventbridge": "events",
  "client-s3": "s3",
  "client-secrets-manager": "secretsmanager",
  "client-ssm": "ssm",
};

/** Operations that IAM knows by another name. */
const IAM_NAME: Record<string, string> = { "s3:ListObjectsV2": "s3:ListBucket" };

/**
 * IAM actions that a program may use: every command that it, or a local module that it loads, imports from the AWS SDK.
 * An imported command counts as used, because unused imports do not compile.
 */
export function importedActions(entry: string): Set<string> {
  const actions = new Set<string>();
  const seen = new Set<string>();
  const pending = [join(ROOT, entry)];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { module, names } of imports(file)) {
      if (module.startsWith("@aws-sdk/")) for (const name of names) addCommand(actions, module, name);
      const local = resolveLocal(module, file);
      if (local) pending.push(local);
    }
  }
  if (seen.size < 3) throw new Error(`${entry} loads only ${seen.size} files: the search for imports is broken`);
  return actions;
}

function addCommand(actions: Set<string>, module: string, name: string): void {
  const command = /^(.+)Command$/.exec(name)?.[1];
  if (!command) return;
  const prefix = PREFIX[module.slice("@aws-sdk/".length)];
  if (!prefix) throw new Error(`${module} has no entry in PREFIX: add its IAM prefix`);
  const operation = `${prefix}:${command}`;
  actions.add(IAM_NAME[operation] ?? operation);
}

/** Static and dynamic imports, without type-only ones. */
function imports(file: string): { module: string; names: string[] }[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: { module: string; names: string[] }[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const module = (node.moduleSpecifier as ts.StringLiteral).text;
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
      const names = bindings && ts.isNamedImports(bindings) ? bindings.elements.map((element) => element.name.text) : [];
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly : node.isTypeOnly;
      if (!typeOnly) found.push({ module, names });
    }
    if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === "require")) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push({ module: argument.text, names: [] });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function resolveLocal(module: string, from: string): string | undefined {
  if (!module.startsWith(".")) return undefined;
  return ts.resolveModuleName(module, from, { moduleResolution: ts.ModuleResolutionKind.Node10 }, ts.sys).resolvedModule?.resolvedFileName;
}

/** Actions that a shell script calls with curl: `Action=CompleteLifecycleAction` of Auto Scaling, `target=SERVICE.ACTION`, and the download from S3. */
export function signedCurlActions(script: string): Set<string> {
  const actions = new Set<string>();
  for (const [, action] of script.matchAll(/\bAction=([A-Za-z]+)/g)) actions.add(`autoscaling:${action}`);
  for (const [, service, action] of script.matchAll(/\btarget=([a-z]+)\.([A-Za-z]+)/g)) actions.add(`${service}:${action}`);
  if (/\bsigned s3\b/.test(script)) actions.add("s3:GetObject");
  return actions;
}
