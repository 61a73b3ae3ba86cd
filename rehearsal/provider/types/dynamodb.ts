import { randomUUID } from "node:crypto";
import { AwsError } from "../../aws/api";
import { check } from "../../aws/dynamodb/engine";
import { describeTable, TABLE } from "../../aws/dynamodb/tables";
import { findKey } from "../../aws/kms/keys";
import { arn, storedType, text, type ResourceContext, type ResourceType } from "../resource-type";
import { containsUnknown, same, type Json, type Properties } from "../values";
import { notOneOf, outOfRange, type Problem } from "./checks";

const BILLING_MODES = ["PAY_PER_REQUEST", "PROVISIONED"];
const PROJECTIONS = ["ALL", "INCLUDE", "KEYS_ONLY"];
/** Of one table. */
const MOST_INDEXES = 20;
/** Changes for which AWS would have to build an index from the items that the table has. */
const BUILDS_INDEXES = ["attributes", "globalSecondaryIndexes"];

/** What the provider refuses in its plan. Everything else is refused by AWS, when the table is created. */
function validateTable(inputs: Properties): Problem[] {
  const { ttl, serverSideEncryption: encryption, globalSecondaryIndexes: indexes = [] } = inputs;
  const problems = [
    ...notOneOf(inputs, "billingMode", BILLING_MODES),
    ...notOneOf(inputs, "tableClass", ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
    ...attributeProblems(inputs),
    ...capacityProblems(inputs),
    ...outOfRange(inputs.pointInTimeRecovery ?? {}, "recoveryPeriodInDays", 1, 35),
  ];
  for (const index of containsUnknown(indexes) ? [] : indexes) {
    if (index.hashKey === undefined || index.keySchemas !== undefined) {
      const reason = `index ${index.name}: the rehearsal's provider supports the keys of an index as hashKey and rangeKey only`;
      problems.push({ property: "globalSecondaryIndexes", reason });
    }
    problems.push(...notOneOf(index, "projectionType", PROJECTIONS));
  }
  if (ttl?.enabled === true && !ttl.attributeName) {
    problems.push({ property: "ttl", reason: `"ttl.attribute_name" must be set when "ttl.enabled" is true` });
  }
  if (encryption?.enabled === false && encryption.kmsKeyArn) {
    problems.push({ property: "serverSideEncryption", reason: `"kms_key_arn" must not be set when "enabled" is false` });
  }
  return problems;
}

function attributeProblems({ attributes = [], hashKey, rangeKey, globalSecondaryIndexes = [] }: Properties): Problem[] {
  if ([attributes, globalSecondaryIndexes].some(containsUnknown)) return [];
  const keys = globalSecondaryIndexes.flatMap((index: Json) => [index.hashKey, index.rangeKey]);
  const used = new Set<string>([hashKey, rangeKey, ...keys].filter((name) => name !== undefined));
  const defined = new Set<string>(attributes.map(({ name }: Json) => name));
  const list = (names: string[]) => `[${names.map((name) => `"${name}"`).join(" ")}]`;
  const unused = [...defined].filter((name) => !used.has(name)).sort();
  const unmatched = [...used].filter((name) => !defined.has(name)).sort();
  return [
    ...(unused.length > 0 ? [`all attributes must be indexed. Unused attributes: ${list(unused)}`] : []),
    ...(unmatched.length > 0 ? [`all indexes must match a defined attribute. Unmatched indexes: ${list(unmatched)}`] : []),
  ].map((reason) => ({ property: "attributes", reason }));
}

function capacityProblems(inputs: Properties): Problem[] {
  if ((inputs.billingMode ?? "PROVISIONED") !== "PROVISIONED") return [];
  return ["readCapacity", "writeCapacity"]
    .filter((property) => !(inputs[property] >= 1))
    .map((property) => ({ property, reason: `${property} must be at least 1 when billing_mode is "PROVISIONED"` }));
}

/** What DynamoDB itself refuses: names, types and counts. */
function createTable(inputs: Properties, context: ResourceContext): string {
  const failed = (reason: string) => new Error(`creating DynamoDB Table (${inputs.name}): ${reason}`);
  const { globalSecondaryIndexes: indexes = [], serverSideEncryption: encryption } = inputs;
  if (indexes.length > MOST_INDEXES) {
    throw failed(
      `ValidationException: One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of ${MOST_INDEXES}`,
    );
  }
  const onDemand = inputs.billingMode === "PAY_PER_REQUEST";
  const { TableName, AttributeDefinitions, KeySchema, ...described } = describeTable({ type: TABLE, id: "", state: inputs });
  const throughput = (from: Properties) => ({ ReadCapacityUnits: from.readCapacity, WriteCapacityUnits: from.writeCapacity });
  try {
    check("createTable", {
      TableName,
      AttributeDefinitions,
      KeySchema,
      BillingMode: inputs.billingMode ?? "PROVISIONED",
      ...(onDemand ? {} : { ProvisionedThroughput: throughput(inputs) }),
      ...(indexes.length > 0
        ? {
            GlobalSecondaryIndexes: (described.GlobalSecondaryIndexes ?? []).map((index, position) => ({
              IndexName: index.IndexName,
              KeySchema: index.KeySchema,
              Projection: index.Projection,
              ...(onDemand ? {} : { ProvisionedThroughput: throughput(indexes[position]) }),
            })),
          }
        : {}),
    });
  } catch (error) {
    if (error instanceof AwsError) throw failed(`${error.code}: ${error.message}`);
    throw error;
  }
  const key = encryption?.kmsKeyArn === undefined ? undefined : findKey(context.store, text(encryption.kmsKeyArn));
  if (key?.state.isEnabled === false) throw failed(`ValidationException: KMS validation error: Key ${encryption.kmsKeyArn} is disabled`);
  return inputs.name;
}

function outputs(id: string, inputs: Properties, { account }: ResourceContext): Properties {
  return {
    arn: arn(account, "dynamodb", `table/${id}`),
    billingMode: inputs.billingMode ?? "PROVISIONED",
    streamArn: "",
    streamLabel: "",
  };
}

const table: ResourceType = storedType({
  inputs: [
    "attributes",
    "billingMode",
    "deletionProtectionEnabled",
    "globalSecondaryIndexes",
    "hashKey",
    "name",
    "pointInTimeRecovery",
    "rangeKey",
    "readCapacity",
    "serverSideEncryption",
    "tableClass",
    "tags",
    "ttl",
    "writeCapacity",
  ],
  autoName: { property: "name", maxLength: 255 },
  replaceOn: ["hashKey", "name", "rangeKey"],
  validate: validateTable,
  id: createTable,
  once: () => ({ _tableId: randomUUID() }),
  outputs: (id, inputs, context) => ({ ...outputs(id, inputs, context), _createdAt: context.now() }),
  update(id, inputs, old, context) {
    const rebuilt = BUILDS_INDEXES.filter((name) => !same(old[name], inputs[name]));
    if (rebuilt.length > 0) {
      throw new Error(
        `updating DynamoDB Table (${id}): the rehearsal does not build indexes of a table that exists: ${rebuilt.join(", ")}`,
      );
    }
    return outputs(id, inputs, context);
  },
  delete(id, { deletionProtectionEnabled }) {
    if (!deletionProtectionEnabled) return;
    throw new Error(
      `deleting DynamoDB Table (${id}): ValidationException: ` +
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    );
  },
});

export const DYNAMODB_TYPES: Record<string, ResourceType> = { [TABLE]: table };
