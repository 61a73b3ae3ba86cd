/** The argument reference: every argument and output of each component as Markdown tables, from `schema.json`. */

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
  description?: string;
}

interface EnumValue {
  value: string;
  description?: string;
}

interface ObjectType {
  type: string;
  properties?: Record<string, Property>;
  required?: string[];
  enum?: EnumValue[];
  description?: string;
}

/** What the reference needs of Pulumi's package schema. */
export interface PackageSchema {
  types: Record<string, ObjectType>;
  resources: Record<
    string,
    {
      description?: string;
      inputProperties: Record<string, Property>;
      requiredInputs?: string[];
      properties: Record<string, Property>;
    }
  >;
}

/** One argument, with its docstring split up. */
export interface Argument {
  /** As a user writes it: `drain.heartbeatTimeout`, or `volumes[].size` of each element of a list. */
  path: string;
  type: string;
  required: boolean;
  /** What it is for. */
  purpose: string;
  /** The bounds on its value, with their source. */
  limits?: string;
  default?: string;
}

const HEADER = `# Argument reference

Generated from \`schema.json\` by \`npm run schema\`; the text is that of the sources' docstrings. Names are those of TypeScript, YAML
and the configuration; Python spells them with underscores. Times are in seconds unless the text says otherwise.
`;

/** The whole page. */
export function reference(schema: PackageSchema): string {
  const sections = Object.entries(schema.resources).map(([token, { description = "", properties }]) => {
    const rows = argumentsOf(schema, token).map(
      ({ path, type, required, purpose, limits, default: usual }) =>
        `| \`${path}\` | ${type} | ${required ? "**required**" : cell(usual)} | ${cell(limits)} | ${cell(purpose)} |`,
    );
    const outputs = Object.entries(properties).map(
      ([name, property]) => `| \`${name}\` | ${typeOf(schema, property)} | ${cell(property.description)} |`,
    );
    return [
      `## ${token.split(":").at(-1)}`,
      "",
      description.split("\n\n")[0]!.replaceAll("\n", " "),
      "",
      "### Arguments",
      "",
      "| argument | type | default | limits | purpose |",
      "|---|---|---|---|---|",
      ...rows,
      "",
      "### Outputs",
      "",
      "| output | type | what it is |",
      "|---|---|---|",
      ...outputs,
      "",
    ].join("\n");
  });
  return `${HEADER}\n${sections.join("\n")}`;
}

/** Every argument of a component in the order of the sources, objects before what is in them. */
export function argumentsOf(schema: PackageSchema, token: string): Argument[] {
  const { inputProperties, requiredInputs = [] } = schema.resources[token]!;
  return flattened(schema, inputProperties, requiredInputs, "");
}

function flattened(schema: PackageSchema, properties: Record<string, Property>, required: string[], prefix: string): Argument[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const own: Argument = { path, type: typeOf(schema, property), required: required.includes(name), ...sentences(property.description) };
    const type = typeNamed(schema, property);
    const values = (type?.enum ?? []).map(({ value, description = "" }) => `\`${value}\`: ${description}`);
    own.purpose = [own.purpose, ...values].join(" ");
    const element = property.items && typeNamed(schema, property.items);
    return [
      own,
      ...flattened(schema, type?.properties ?? {}, type?.required ?? [], `${path}.`),
      ...flattened(schema, element?.properties ?? {}, element?.required ?? [], `${path}[].`),
    ];
  });
}

/** A docstring's parts: what is said first, then `Limits: ...` and `Default: ...`, each up to the next or the end. */
function sentences(description = ""): Pick<Argument, "purpose" | "limits" | "default"> {
  const text = description.replaceAll("\n", " ");
  const part = (label: string) => new RegExp(`\\b${label}: (.*?)\\.?(?=\\s*(?:Limits|Default):|\\s*$)`).exec(text)?.[1]?.trim();
  return { purpose: text.replace(/\s*\b(?:Limits|Default): .*$/, ""), limits: part("Limits"), default: part("Default") };
}

function typeNamed(schema: PackageSchema, { $ref }: Property): ObjectType | undefined {
  return $ref === undefined ? undefined : schema.types[$ref.replace("#/types/", "")];
}

function typeOf(schema: PackageSchema, property: Property): string {
  const named = typeNamed(schema, property);
  if (named) return named.enum ? named.enum.map(({ value }) => `\`${value}\``).join(" or ") : "object";
  if (property.items) return `list of ${typeOf(schema, property.items)}s`;
  if (property.additionalProperties) return `map of ${typeOf(schema, property.additionalProperties)}s`;
  return property.type ?? "any";
}

function cell(text = ""): string {
  return text.replaceAll("\n", " ").replaceAll("|", "\\|");
}
