import assert from "node:assert/strict";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { servedNames } from "../../../../rehearsal/aws/front/certificates";
import { endpointOf } from "../../../../rehearsal/aws/wire/endpoint";

const REGION = "us-east-1";
/** As the SDK resolves it; it knows the account from its credentials or from a table's ARN. */
const hostFor = (account?: string) => {
  const { endpointProvider } = new DynamoDBClient({ region: REGION }).config;
  const known = account === undefined ? {} : { AccountId: account, AccountIdEndpointMode: "preferred" as const };
  return endpointProvider({ Region: REGION, ...known }).url.hostname;
};

describe("the host names of the stand-in", () => {
  it("include DynamoDB's endpoint of one account, which the SDK uses as soon as it knows the account", () => {
    const host = hostFor("123456789012");
    assert.notEqual(host, hostFor());
    for (const name of [host, hostFor()]) assert.deepEqual(endpointOf(name), { service: "dynamodb", region: REGION });
    const wildcard = host.replace(/^[^.]+/, "*");
    assert.ok(servedNames(REGION).includes(wildcard), `the certificate does not name ${wildcard}`);
  });

  it("do not include another service's name below DynamoDB's", () => {
    assert.equal(endpointOf(`bucket.ddb.${REGION}.amazonaws.com`), undefined);
  });
});
