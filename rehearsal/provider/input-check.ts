import type { ResourceType } from "./resource-type";
import { containsUnknown, type Properties } from "./values";

export interface Failure {
  property: string;
  reason: string;
}

/** What the provider refuses before any call of AWS's API. A value that is known only after the update is checked then. */
export function checkInputs(token: string, type: ResourceType, inputs: Properties): Failure[] {
  const failures = [...unknownProperties(token, type, inputs), ...missingProperties(type, inputs)];
  if (failures.length > 0 || !type.validate) return failures;
  return type.validate(inputs).filter(({ property }) => !containsUnknown(inputs[property]));
}

function unknownProperties(token: string, type: ResourceType, inputs: Properties): Failure[] {
  return Object.keys(inputs)
    .filter((name) => !name.startsWith("__") && name !== "region" && !type.inputs.includes(name))
    .map((name) => ({
      property: name,
      reason:
        `${name} of ${token} is not supported by the rehearsal's provider: ` +
        "implement it and list it in rehearsal/provider/types/, or leave it out",
    }));
}

function missingProperties(type: ResourceType, inputs: Properties): Failure[] {
  return (type.required ?? [])
    .filter((name) => !(name in inputs))
    .map((name) => ({ property: name, reason: `missing required property '${name}'` }));
}
