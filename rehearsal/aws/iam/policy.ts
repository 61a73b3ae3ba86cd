import { CONDITION_OPERATORS, isKnownKey } from "./vocabulary";

/**
 * A policy document in normal form. Reading one is strict: whatever this evaluator does not know it refuses, because
 * a statement that is skipped in silence would let a rehearsal pass that AWS would fail.
 */
export interface Statement {
  sid: string;
  effect: "Allow" | "Deny";
  actions: string[];
  /** Absent in a trust policy. */
  resources?: string[];
  /** Only in resource and trust policies: `{Service: [...]}`; `["*"]` under `Any` for everyone. */
  principals?: Record<string, string[]>;
  conditions: Condition[];
}

export interface Condition {
  operator: string;
  ifExists: boolean;
  /** Set operators for keys with several values. */
  quantifier?: "ForAllValues" | "ForAnyValue";
  key: string;
  values: string[];
}

/** The policy uses something that this evaluator does not know, or is no policy. */
export class PolicyNotUnderstood extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}. The rehearsal refuses what it cannot evaluate; teach rehearsal/aws/iam about it.`);
    this.name = "PolicyNotUnderstood";
  }
}

export type PolicyKind = "identity" | "resource" | "trust";

const FIELDS = new Set(["Sid", "Effect", "Action", "Resource", "Principal", "Condition"]);

/** Reads a document (JSON text or object). `where` names it in errors. */
export function parsePolicy(document: unknown, where: string, kind: PolicyKind): Statement[] {
  const policy = typeof document === "string" ? parseJson(document, where) : document;
  if (!isRecord(policy)) throw new PolicyNotUnderstood(where, "not a JSON object");
  for (const field of Object.keys(policy)) {
    if (!["Version", "Id", "Statement"].includes(field)) throw new PolicyNotUnderstood(where, `unknown field ${field}`);
  }
  if (policy["Version"] !== "2012-10-17") {
    throw new PolicyNotUnderstood(where, `Version ${JSON.stringify(policy["Version"])}, in which variables do not work; use 2012-10-17`);
  }
  const statements = Array.isArray(policy["Statement"]) ? policy["Statement"] : [policy["Statement"]];
  return statements.map((statement: unknown, index: number) => parseStatement(statement, `${where}, statement ${index}`, index, kind));
}

function parseStatement(statement: unknown, where: string, index: number, kind: PolicyKind): Statement {
  if (!isRecord(statement)) throw new PolicyNotUnderstood(where, "not a JSON object");
  for (const field of Object.keys(statement)) {
    if (!FIELDS.has(field)) throw new PolicyNotUnderstood(where, `field ${field} is not supported`);
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new PolicyNotUnderstood(where, `Effect ${JSON.stringify(effect)}`);
  const result: Statement = {
    sid: typeof statement["Sid"] === "string" ? statement["Sid"] : `#${index}`,
    effect,
    actions: strings(statement["Action"], `${where}, Action`),
    conditions: parseConditions(statement["Condition"], where),
  };
  if (kind === "identity" && statement["Principal"] !== undefined) {
    throw new PolicyNotUnderstood(where, "an identity policy has no Principal");
  }
  if (kind !== "trust") result.resources = strings(statement["Resource"], `${where}, Resource`);
  if (kind !== "identity") result.principals = parsePrincipals(statement["Principal"], where);
  return result;
}

function parsePrincipals(principal: unknown, where: string): Record<string, string[]> {
  if (principal === "*") return { Any: ["*"] };
  if (!isRecord(principal)) throw new PolicyNotUnderstood(where, "Principal is missing");
  const result: Record<string, string[]> = {};
  for (const [type, names] of Object.entries(principal)) {
    if (type !== "Service" && type !== "AWS") throw new PolicyNotUnderstood(where, `Principal of type ${type}`);
    const listed = strings(names, `${where}, Principal.${type}`);
    // `{"AWS": "*"}` means everyone, like the bare star.
    if (type === "AWS" && listed.includes("*")) result["Any"] = ["*"];
    else result[type] = listed;
  }
  return result;
}

function parseConditions(block: unknown, where: string): Condition[] {
  if (block === undefined) return [];
  if (!isRecord(block)) throw new PolicyNotUnderstood(where, "Condition is not an object");
  return Object.entries(block).flatMap(([spelled, keys]) => {
    const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(spelled);
    const operator = match?.[2];
    if (!operator || !CONDITION_OPERATORS.has(operator)) throw new PolicyNotUnderstood(where, `condition operator ${spelled}`);
    if (!isRecord(keys)) throw new PolicyNotUnderstood(where, `Condition.${spelled} is not an object`);
    return Object.entries(keys).map(([key, values]) => {
      if (!isKnownKey(key)) throw new PolicyNotUnderstood(where, `condition key ${key}`);
      return {
        operator,
        ifExists: match[3] !== undefined,
        quantifier: match[1] as Condition["quantifier"],
        key,
        values: strings(values, `${where}, Condition.${spelled}.${key}`),
      };
    });
  });
}

function strings(value: unknown, where: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === "boolean") return String(item);
    if (typeof item !== "string" || item === "") throw new PolicyNotUnderstood(where, `${JSON.stringify(item)} where text belongs`);
    return item;
  });
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyNotUnderstood(where, `not JSON (${(error as Error).message})`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
