import type { PlannedStep } from "../../runner/steps/plan";
import type { WorkflowLibrary } from "./library";
import type { Node } from "./tokens";

const COMMON = ["id", "name", "if", "env", "continue-on-error", "timeout-minutes"];

/** The steps of a job or of a composite action. Steps without an id get one that no expression can name. */
export function readSteps(list: Node, library: WorkflowLibrary): PlannedStep[] {
  return list.items().map((step, index) => readStep(step, index, library));
}

function readStep(step: Node, index: number, library: WorkflowLibrary): PlannedStep {
  const isScript = step.get("run") !== undefined;
  step.only(...COMMON, ...(isScript ? ["run", "shell", "working-directory"] : ["uses", "with"]));
  const template = (key: string) => step.get(key)?.template();
  const planned: PlannedStep = {
    id: step.get("id")?.text ?? `__${index + 1}`,
    name: template("name"),
    if: readCondition(step.get("if"), library),
    env: template("env"),
    continueOnError: template("continue-on-error"),
    timeoutMinutes: template("timeout-minutes"),
  };
  if (isScript) {
    const shell = step.get("shell");
    if (shell?.text !== undefined && /^(pwsh|powershell|cmd)$/.test(shell.text)) shell.refuse(`shell: ${shell.text}`);
    return { ...planned, run: { script: template("run")!, shell: template("shell"), workingDirectory: template("working-directory") } };
  }
  return { ...planned, uses: { reference: step.get("uses")?.text ?? "", with: template("with") } };
}

/** GitHub adds `success()` to a condition without a function about the status. */
export function readCondition(node: Node | undefined, library: WorkflowLibrary): string {
  if (!node) return "success()";
  const text = node.isExpression ? (node.raw as unknown as { expression: string }).expression : (node.text ?? "").trim();
  return text === "" ? "success()" : library.conditions.ensureStatusFunction(text, node.raw.definitionInfo);
}
