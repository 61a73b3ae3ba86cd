import { CONDITION_OPERATORS, isKnownKey } from "./vocabulary";

/**
 * A policy document in normal form. Parsing is strict and rejects whatever this evaluator does not support: if it
 * silently skipped a statement, a rehearsal could pass where AWS would fail.
 */
export interface Statement {
  sid: string;
  effect: "Allow" | "Deny";
  actions: string[];
  /** Absent in a trust policy. */
  resources?: string[];
  /** Only in resource and trust policies: `{Service: [...]}`, or `{Any: ["*"]}` for everyone. */
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

/** The policy is invalid or uses something that this evaluator does not support. */
export class UnsupportedPolicyError extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}. The rehearsal rejects what it cannot evaluate; add support in rehearsal/aws/iam.`);
    this.name = "UnsupportedPolicyError";
  }
}

export type PolicyKind = "identity" | "resource" | "trust";

const FIELDS = new Set(["Sid", "Effect", "Action", "Resource", "Principal", "Condition"]);

/** Parses a document (JSON text or object). `where` names it in errors. */
export function parsePolicy(document: unknown, where: string, kind: PolicyKind): Statement[] {
  const policy = typeof document === "string" ? parseJson(document, where) : document;
  if (!isRecord(policy)) throw new UnsupportedPolicyError(where, "not a JSON object");
  for (const field of Object.keys(policy)) {
    if (!["Version", "Id", "Statement"].includes(field)) throw new UnsupportedPolicyError(where, `unknown field ${field}`);
  }
  if (policy["Version"] !== "2012-10-17") {
    throw new UnsupportedPolicyError(
      where,
      `Version ${JSON.stringify(policy["Version"])}, which does not support policy variables; use 2012-10-17`,
    );
  }
  const statements = Array.isArray(policy["Statement"]) ? policy["Statement"] : [policy["Statement"]];
  return statements.map((statement: unknown, index: number) => parseStatement(statement, `${where}, statement ${index}`, index, kind));
}

function parseStatement(statement: unknown, where: string, index: number, kind: PolicyKind): Statement {
  if (!isRecord(statement)) throw new UnsupportedPolicyError(where, "not a JSON object");
  for (const field of Object.keys(statement)) {
    if (!FIELDS.has(field)) throw new UnsupportedPolicyError(where, `field ${field} is not supported`);
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new UnsupportedPolicyError(where, `Effect ${JSON.stringify(effect)}`);
  const result: Statement = {
    sid: typeof statement["Sid"] === "string" ? statement["Sid"] : `#${index}`,
    effect,
    actions: strings(statement["Action"], `${where}, Action`),
    conditions: parseConditions(statement["Condition"], where),
  };
  if (kind === "identity" && statement["Principal"] !== undefined) {
    throw new UnsupportedPolicyError(where, "an identity policy has no Principal");
  }
  if (kind !== "trust") result.resources = strings(statement["Resource"], `${where}, Resource`);
  if (kind !== "identity") result.principals = parsePrincipals(statement["Principal"], where, kind);
  return result;
}

function parsePrincipals(principal: unknown, where: string, kind: PolicyKind): Record<string, string[]> {
  if (principal === "*") return { Any: ["*"] };
  if (!isRecord(principal)) throw new UnsupportedPolicyError(where, "Principal is missing");
  const result: Record<string, string[]> = {};
  for (const [type, names] of Object.entries(principal)) {
    const known = type === "Service" || type === "AWS" || (type === "Federated" && kind === "trust");
    if (!known) throw new UnsupportedPolicyError(where, `Principal of type ${type}`);
    const listed = strings(names, `${where}, Principal.${type}`);
    // `{"AWS": "*"}` means everyone, like a plain "*".
    if (type === "AWS" && listed.includes("*")) result["Any"] = ["*"];
    else result[type] = listed;
  }
  return result;
}

function parseConditions(block: unknown, where: string): Condition[] {
  if (block === undefined) return [];
  if (!isRecord(block)) throw new UnsupportedPolicyError(where, "Condition is not an object");
  return Object.entries(block).flatMap(([fullOperator, keys]) => {
    const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(fullOperator);
    const operator = match?.[2];
    if (!operator || !CONDITION_OPERATORS.has(operator)) throw new UnsupportedPolicyError(where, `condition operator ${fullOperator}`);
    if (!isRecord(keys)) throw new UnsupportedPolicyError(where, `Condition.${fullOperator} is not an object`);
    return Object.entries(keys).map(([key, values]) => {
      if (!isKnownKey(key)) throw new UnsupportedPolicyError(where, `condition key ${key}`);
      return {
        operator,
        ifExists: match[3] !== undefined,
        quantifier: match[1] as Condition["quantifier"],
        key,
        values: strings(values, `${where}, Condition.${fullOperator}.${key}`),
      };
    });
  });
}

function strings(value: unknown, where: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === "boolean") return String(item);
    if (typeof item !== "string" || item === "")
      throw new UnsupportedPolicyError(where, `${JSON.stringify(item)} is not a non-empty string`);
    return item;
  });
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnsupportedPolicyError(where, `not JSON (${(error as Error).message})`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
