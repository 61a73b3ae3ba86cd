import type { ActionDefinition, Files } from "../../runner/steps/plan";
import { workflowLibrary } from "./library";
import { readSteps } from "./parse-steps";
import { Node } from "./tokens";
import { WorkflowError } from "./workflow-error";

/**
 * The `action.yml` of a folder of a tree, read by GitHub's own parser.
 *
 * @param folder relative to the tree; empty: its root
 * @param label of the tree in errors
 * @throws WorkflowError if there is none, GitHub refuses it, or it is not modelled: Docker actions
 */
export function parseAction(files: Files, folder: string, label: string): ActionDefinition {
  const path = ["action.yml", "action.yaml"]
    .map((name) => (folder === "" ? name : `${folder}/${name}`))
    .find((one) => files[one] !== undefined);
  if (path === undefined) throw new WorkflowError(label, [`it has no action.yml in ${folder === "" ? "its root" : folder}`]);
  const { actions } = workflowLibrary();
  const trace = { info: () => {}, verbose: () => {}, error: () => {} };
  const { context, value } = actions.parseAction({ name: path, content: files[path]! }, trace);
  const problems = context.errors.getErrors().map(({ message }) => message);
  if (problems.length === 0 && value) {
    actions.convertActionTemplate(context, value);
    problems.push(...context.errors.getErrors().map(({ message }) => message));
  }
  const definition = value && problems.length === 0 ? readAction(new Node(value, "", problems)) : undefined;
  if (!definition || problems.length > 0) throw new WorkflowError(`${label}: ${path}`, problems.length > 0 ? problems : ["it is empty"]);
  return definition;
}

function readAction(root: Node): ActionDefinition {
  root.only("name", "description", "author", "inputs", "outputs", "runs", "branding");
  const inputs = root.get("inputs")?.entries() ?? [];
  const outputs = root.get("outputs")?.entries() ?? [];
  return {
    name: root.get("name")?.text ?? "",
    inputs: inputs.map(([id, input]) => ({
      id,
      required: input.get("required")?.text === "true",
      default: input.get("default")?.template(),
    })),
    outputs: outputs.map(([id, output]) => ({ id, value: output.get("value")?.template() })),
    runs: readRuns(root.get("runs")!),
  };
}

function readRuns(runs: Node): ActionDefinition["runs"] {
  const using = runs.get("using")?.text ?? "";
  if (using === "composite") {
    runs.only("using", "steps");
    return { using: "composite", steps: readSteps(runs.get("steps")!, workflowLibrary()) };
  }
  if (!/^node\d+$/.test(using)) runs.refuse(`runs.using: ${using}`);
  runs.only("using", "main", "pre", "pre-if", "post", "post-if");
  const text = (key: string) => runs.get(key)?.text;
  return {
    using: "node",
    version: using,
    main: text("main") ?? "",
    pre: text("pre"),
    preIf: text("pre-if"),
    post: text("post"),
    postIf: text("post-if"),
  };
}
