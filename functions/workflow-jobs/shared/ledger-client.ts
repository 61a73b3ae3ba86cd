import { LEDGER } from "../../../contract/workflow-jobs/ledger";
import type { DynamoDb } from "../../shared/aws/clients";
import type { Clock } from "../../shared/lambda/clock";
import { LedgerTable } from "../../shared/ledger/table";

export function ledgerTable(client: DynamoDb, table: string, clock: Pick<Clock, "now">): LedgerTable {
  return new LedgerTable(client, table, LEDGER, () => clock.now());
}
