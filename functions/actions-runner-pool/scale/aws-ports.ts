import { LEDGER } from "../../../contract/workflow-jobs/ledger";
import type { AutoScaling, DynamoDb } from "../../shared/aws/clients";
import type { Clock } from "../../shared/lambda/clock";
import { LedgerTable } from "../../shared/ledger/table";
import { activities } from "../shared/activities";
import { groupCapacity } from "./group";
import { ledgerRows } from "./ledger-rows";
import type { ScalePorts } from "./ports";
import { scalerState } from "./scaler-state";
import { workflowJobsSource } from "./workflow-jobs-source";

export interface ScaleClients {
  autoScaling: AutoScaling;
  dynamoDb: DynamoDb;
}

/** @param tableName name or ARN of the ledger's table. */
export function scalePorts(
  { autoScaling, dynamoDb }: ScaleClients,
  tableName: string,
  pool: string,
  decide: ScalePorts["decide"],
  clock: Clock,
): ScalePorts {
  const table = new LedgerTable(dynamoDb, tableName, LEDGER, () => clock.now());
  return {
    ...groupCapacity(autoScaling),
    ...ledgerRows(table),
    ...scalerState(table, pool),
    source: workflowJobsSource(table, pool),
    activities: (group) => activities(autoScaling, group),
    decide,
    clock,
  };
}
