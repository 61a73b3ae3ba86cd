import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "../../shared/aws/clients";
import type { StoredSecret } from "./ports";

/** The service's maximum page size. */
const PAGE_SIZE = 100;

export async function* listSecrets(client: SecretsManager, prefix: string): AsyncGenerator<StoredSecret[]> {
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListSecretsCommand({ Filters: [{ Key: "name", Values: [prefix] }], MaxResults: PAGE_SIZE, NextToken }),
    );
    yield (page.SecretList ?? []).map(({ Name = "", LastChangedDate, CreatedDate }) => ({
      name: Name,
      changedAt: LastChangedDate ?? CreatedDate ?? new Date(0),
    }));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}
