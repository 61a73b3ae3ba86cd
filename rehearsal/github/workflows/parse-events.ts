import type { EventFilter, InputDefinition, WorkflowFile } from "./model";
import type { Node } from "./tokens";

/** Keys of a filter in the file, and here. */
const FILTERS = {
  types: "types",
  branches: "branches",
  "branches-ignore": "branchesIgnore",
  tags: "tags",
  "tags-ignore": "tagsIgnore",
  paths: "paths",
  "paths-ignore": "pathsIgnore",
  workflows: "workflows",
} as const;

/** Events that the stand-in does not raise by itself, or that need more than a trigger. */
const UNSUPPORTED = ["schedule", "image_version"];

/** `on:`: what starts the workflow. */
export function readEvents(on: Node): Pick<WorkflowFile, "events" | "inputs" | "call"> {
  const result: Pick<WorkflowFile, "events" | "inputs" | "call"> = { events: {}, inputs: [] };
  for (const [name, value] of eventsOf(on)) {
    if (UNSUPPORTED.includes(name)) (value ?? on).refuse(`on.${name}`);
    if (name === "workflow_call") result.call = readCall(value);
    else if (name === "workflow_dispatch") {
      value?.only("inputs");
      result.events[name] = {};
      result.inputs = readInputs(value?.get("inputs"));
    } else result.events[name] = readFilter(value);
  }
  return result;
}

function eventsOf(on: Node): [string, Node | undefined][] {
  if (on.isMapping) return on.entries().map(([name, value]) => [name, value.isNull ? undefined : value]);
  return on.texts().map((name) => [name, undefined]);
}

function readFilter(value: Node | undefined): EventFilter {
  const filter: EventFilter = {};
  value?.only(...Object.keys(FILTERS));
  for (const [key, name] of Object.entries(FILTERS)) {
    const given = value?.get(key);
    if (given) filter[name] = given.texts();
  }
  const both = (["branches", "tags", "paths"] as const).find((one) => filter[one] && filter[`${one}Ignore`]);
  if (both) value!.fault(`you may only define one of \`${both}\` and \`${both}-ignore\` for a single event`);
  return filter;
}

function readCall(value: Node | undefined): WorkflowFile["call"] {
  value?.only("inputs", "secrets", "outputs");
  const secrets = value?.get("secrets")?.entries() ?? [];
  const outputs = value?.get("outputs")?.entries() ?? [];
  return {
    inputs: readInputs(value?.get("inputs")),
    secrets: secrets.map(([id, secret]) => ({ id, required: secret.get("required")?.literal === true })),
    outputs: outputs.map(([id, output]) => ({ id, value: output.get("value")!.template() })),
  };
}

function readInputs(inputs: Node | undefined): InputDefinition[] {
  return (inputs?.entries() ?? []).map(([id, input]) => {
    input.only("description", "required", "default", "type", "options", "deprecationMessage");
    return {
      id,
      type: (input.get("type")?.text ?? "string") as InputDefinition["type"],
      required: input.get("required")?.literal === true,
      default: input.get("default")?.template(),
      options: input.get("options")?.texts(),
    };
  });
}
