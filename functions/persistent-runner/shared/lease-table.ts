import { LEASE_KEY, leaseKey } from "../../../contract/persistent-runner/lease";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import type { DynamoDb } from "../../shared/aws/clients";
import { SingleItem } from "../../shared/ledger/single-item";
import { readLease } from "./lease";
import type { LeasePorts } from "./ports";

export function leaseTable(client: DynamoDb, name: string): LeasePorts {
  const item = new SingleItem(client, persistentRunnerNames(name).leaseTable, LEASE_KEY, leaseKey(name));
  return {
    read: async (signal) => readLease(await item.read(signal)),
    write: async (write, signal) => (await item.update(write, signal)) === "applied",
  };
}
