/** What this boot is for, as the boot script has stored it. */
import { readFileSync } from "node:fs";
import { PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import type { BootOrder, PinnedObject, RunOrder } from "../../../contract/persistent-runner/order";

export function readOrder(path: string = PERSISTENT_PATHS.order): BootOrder {
  return parseOrder(readFileSync(path, "utf8"));
}

/** Throws an error that contains nothing of the order, which holds the runner's credentials. */
export function parseOrder(text: string): BootOrder {
  let order: Partial<Omit<RunOrder, "purpose">> & { purpose?: unknown };
  try {
    order = JSON.parse(text) as typeof order;
  } catch {
    throw new Error("the order is not JSON");
  }
  if (!Number.isSafeInteger(order.generation)) throw new Error("the order has no generation");
  if (order.purpose !== "run" && order.purpose !== "provision") throw new Error("the order has no purpose");
  for (const name of ["bundle", "configuration"] as const) {
    if (!isPinned(order[name])) throw new Error(`the order has no ${name} with bucket, key and digest`);
  }
  if (order.purpose === "run") checkRun(order);
  return order as BootOrder;
}

function checkRun({ holder = "", label = "", jitConfiguration }: Partial<Omit<RunOrder, "purpose">>): void {
  if (!/^[\w.-]+\/[\w.-]+#\d+#\d+$/.test(holder)) throw new Error("the order has no holder");
  if (!/^[\w-]+$/.test(label)) throw new Error("the order has no label");
  // Only this alphabet can stand in a file of systemd's variables as it is.
  if (jitConfiguration !== undefined && !/^[A-Za-z0-9+/=]+$/.test(jitConfiguration))
    throw new Error("the runner's configuration is not base64");
}

function isPinned(object: Partial<PinnedObject> | undefined): boolean {
  return typeof object?.bucket === "string" && typeof object.key === "string" && /^[0-9a-f]{64}$/.test(object.sha256 ?? "");
}
