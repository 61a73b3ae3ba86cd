import type { Shape } from "../api";
import { validation } from "./errors";

/** Reads the parameters of a call. A missing value or one of the wrong type is a ValidationError that names the field. */

export function text(params: Shape, field: string): string {
  const value = params[field];
  if (typeof value === "string" && value !== "") return value;
  throw validation(`1 validation error detected: Value at '${camel(field)}' failed to satisfy constraint: Member must not be null`);
}

export function optionalText(params: Shape, field: string): string | undefined {
  return params[field] === undefined ? undefined : text(params, field);
}

export function whole(params: Shape, field: string): number {
  const value = Number(params[field]);
  if (params[field] !== undefined && Number.isInteger(value)) return value;
  throw validation(`1 validation error detected: Value at '${camel(field)}' failed to satisfy constraint: Member must not be null`);
}

export function optionalWhole(params: Shape, field: string): number | undefined {
  return params[field] === undefined ? undefined : whole(params, field);
}

/** The Query protocol encodes booleans as text. */
export function flag(params: Shape, field: string): boolean {
  const value = params[field];
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  throw validation(`1 validation error detected: Value at '${camel(field)}' failed to satisfy constraint: Member must not be null`);
}

export function optionalFlag(params: Shape, field: string): boolean | undefined {
  return params[field] === undefined ? undefined : flag(params, field);
}

export function texts(params: Shape, field: string, max = Infinity): string[] {
  const value = (params[field] as string[] | undefined) ?? [];
  if (value.length <= max) return value;
  throw validation(
    `1 validation error detected: Value '[${value.join(", ")}]' at '${camel(field)}' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${max}`,
  );
}

/** One page of a list, with the pagination of Auto Scaling's Describe operations. */
export function page<T>(items: T[], params: Shape, max: number): { items: T[]; NextToken?: string } {
  const size = Math.min(optionalWhole(params, "MaxRecords") ?? 50, max);
  const token = optionalText(params, "NextToken");
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw validation(`The NextToken value is not valid: ${token}`);
  const end = start + size;
  return { items: items.slice(start, end), ...(end < items.length && { NextToken: String(end) }) };
}

function camel(field: string): string {
  return field[0]!.toLowerCase() + field.slice(1);
}
