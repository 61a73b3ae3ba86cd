import { createHash } from "node:crypto";
import { arn, storedType, text, type ResourceType } from "../resource-type";
import { jsonProblem, notOneOf } from "./checks";

const document = storedType({
  inputs: ["content", "documentFormat", "documentType", "name", "permissions", "tags", "targetType", "versionName"],
  required: ["content", "documentType"],
  autoName: { property: "name", maxLength: 128 },
  replaceOn: ["name", "documentType"],
  volatile: ["latestVersion", "defaultVersion", "documentVersion", "hash"],
  validate: (inputs) => [
    ...(inputs.documentFormat === undefined || inputs.documentFormat === "JSON" ? jsonProblem(inputs, "content", "schemaVersion") : []),
    ...notOneOf(inputs, "documentType", ["Command", "Automation", "Policy", "Session", "Package"]),
    ...(/^[a-zA-Z0-9_\-.]{3,128}$/.test(text(inputs.name))
      ? []
      : [{ property: "name", reason: `must be 3 to 128 letters, digits, _, - or ., got ${inputs.name}` }]),
  ],
  id: (inputs) => inputs.name,
  outputs: (id, inputs, { account, store }) => {
    const earlier = store.get("aws:ssm/document:Document", id);
    const version = String(Number(earlier?.state.latestVersion ?? 0) + (earlier?.state.content === inputs.content ? 0 : 1));
    return {
      arn: arn(account, "ssm", `document/${id}`),
      documentFormat: inputs.documentFormat ?? "JSON",
      latestVersion: version,
      defaultVersion: version,
      documentVersion: version,
      schemaVersion: schemaVersion(inputs.content),
      hash: createHash("sha256").update(text(inputs.content)).digest("hex"),
      hashType: "Sha256",
      platformTypes: ["Linux", "MacOS"],
      status: "Active",
    };
  },
});

function schemaVersion(content: unknown): string {
  return /"?schemaVersion"?\s*:\s*"([\d.]+)"/.exec(text(content))?.[1] ?? "2.2";
}

const parameter = storedType({
  inputs: ["dataType", "description", "insecureValue", "keyId", "name", "overwrite", "tags", "tier", "type", "value"],
  required: ["type"],
  autoName: { property: "name", maxLength: 1011 },
  replaceOn: ["name"],
  secret: ["value"],
  validate: (inputs) => notOneOf(inputs, "type", ["String", "StringList", "SecureString"]),
  id: (inputs) => inputs.name,
  outputs: (id, _inputs, { account }) => ({ arn: arn(account, "ssm", `parameter/${id.replace(/^\//, "")}`), version: 1 }),
});

export const SYSTEMS_MANAGER_TYPES: Record<string, ResourceType> = {
  "aws:ssm/document:Document": document,
  "aws:ssm/parameter:Parameter": parameter,
};
