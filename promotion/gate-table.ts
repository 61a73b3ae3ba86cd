import type { PinChangeResult } from "./evaluate";

/** The results as plain text: a heading for each change, a line for each gate. */
export function gateTable(changes: readonly PinChangeResult[]): string {
  return changes.map(section).join("\n\n");
}

function section({ stack, from, to, rollback, outcome, gates }: PinChangeResult): string {
  const heading = `${stack}: ${from} -> ${to}${rollback ? " (rollback)" : ""}: ${outcome}`;
  const width = (column: (gate: PinChangeResult["gates"][number]) => string) => Math.max(...gates.map((gate) => column(gate).length));
  const [name, state] = [width(({ gate }) => gate), width((one) => one.state)];
  const lines = gates.map((one) => {
    const override = one.override === undefined ? "" : ` [overridden: ${one.override}]`;
    return `  ${one.gate.padEnd(name)}  ${one.state.padEnd(state)}  ${one.reason}${override}`;
  });
  return [heading, ...lines].join("\n");
}
