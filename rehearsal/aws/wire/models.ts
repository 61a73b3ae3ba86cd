import { NormalizedSchema } from "@smithy/core/schema";
import { SERVICES, type ServiceName } from "./services";

/** An operation of AWS's own model, as shipped in the SDK. */
export interface OperationModel {
  name: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
}

/**
 * Looks up an operation in the schemas of the SDK's client, so that names, nesting and types on the wire are AWS's own
 * rather than a handwritten copy. Clients are loaded on first use: EC2's alone is several megabytes.
 */
export function operationModel(service: ServiceName, operation: string): OperationModel | undefined {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(operation)) return undefined;
  const client = SERVICES[service].client?.();
  const schema = client?.[`${operation}$`];
  // A static operation schema: [9, namespace, name, traits, input, output], the last two possibly deferred.
  if (!Array.isArray(schema) || schema[0] !== 9) return undefined;
  return { name: operation, input: normalise(schema[4]), output: normalise(schema[5]) };
}

function normalise(reference: unknown): NormalizedSchema {
  const schema = typeof reference === "function" ? reference() : reference;
  return NormalizedSchema.of(schema as Parameters<typeof NormalizedSchema.of>[0]);
}
