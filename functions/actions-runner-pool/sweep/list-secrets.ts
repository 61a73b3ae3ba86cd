import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CLIENT_OPTIONS } from "../../shared/aws/client";
import type { StoredSecret } from "./ports";

const client = new SecretsManagerClient(CLIENT_OPTIONS);

/** The largest page that the service gives. */
const PAGE = 100;

export async function* secrets(prefix: string): AsyncGenerator<StoredSecret[]> {
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListSecretsCommand({ Filters: [{ Key: "name", Values: [prefix] }], MaxResults: PAGE, NextToken }));
    yield (page.SecretList ?? []).map(({ Name = "", LastChangedDate, CreatedDate }) => ({
      name: Name,
      changedAt: LastChangedDate ?? CreatedDate ?? new Date(0),
    }));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}
