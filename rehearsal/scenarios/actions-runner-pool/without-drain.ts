import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UNITS } from "../../../contract/actions-runner-pool/host";

/** Removes the drain from the unit, as in the published design that this project builds on. */
const WITHOUT_DRAIN = `[Service]
ExecStartPre=
ExecStop=
`;

/** Removes the drain from a machine, for the control experiment. */
export function withoutDrain(root: string): void {
  const path = join(root, `/etc/systemd/system/${UNITS.runner}.d/control-experiment.conf`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, WITHOUT_DRAIN);
}
