/** A page of faults, rendered from rows and compared with them. Pure. */

/** Where a fault was injected: on machines with a real systemd, or on simulated hosts with a virtual clock. */
export type Where = "systemd" | "simulated";

export interface SeenRow {
  fault: string;
  expected: string;
  /** Measured in the run; the wording must be the same in every run. */
  seen: string;
  where: Where;
}

export interface FaultPage {
  /** What comes before the tables. */
  head: string;
  /** Names of the faults by heading, in the page's order. */
  groups: Readonly<Record<string, readonly string[]>>;
  /** What comes after them. */
  tail?: string;
}

export function renderDocument({ head, groups, tail = "" }: FaultPage, rows: readonly SeenRow[]): string {
  const tables = Object.entries(groups).flatMap(([group, names]) => {
    const lines = inOrder(rows, names).map(renderRow);
    if (lines.length === 0) return [];
    return [`\n## ${group}\n\n| fault | expected | seen | where |\n|---|---|---|---|\n${lines.join("\n")}\n`];
  });
  return head + tables.join("") + tail;
}

/** Rows that the document lacks or words differently, each as a readable line. Faults that did not run are not checked. */
export function differences(document: string, rows: readonly SeenRow[]): string[] {
  const lines = document.split("\n");
  return rows
    .map(renderRow)
    .filter((line) => !lines.includes(line))
    .map((line) => {
      const [, fault] = line.split(" | ", 1)[0]!.split("| ");
      const stale = lines.find((other) => other.startsWith(`| ${fault} | `) && other.endsWith(line.slice(line.lastIndexOf(" | "))));
      return `seen: ${line}\ndocumented: ${stale ?? "no such row"}`;
    });
}

function inOrder(rows: readonly SeenRow[], names: readonly string[]): SeenRow[] {
  const position = ({ fault, where }: SeenRow) => names.indexOf(fault) * 2 + (where === "systemd" ? 0 : 1);
  return rows.filter(({ fault }) => names.includes(fault)).sort((one, other) => position(one) - position(other));
}

function renderRow({ fault, expected, seen, where }: SeenRow): string {
  return `| ${[fault, expected, seen, where].map(cell).join(" | ")} |`;
}

/** A `|` would end the cell, a line break the row. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
}
