/** docs/faults.md, rendered from rows and compared with them. Pure. */
import { FAULTS } from "./required";

/** Where a fault was made to happen: on machines with a real systemd, or on simulated hosts with a virtual clock. */
export type Where = "systemd" | "simulated";

export interface SeenRow {
  fault: string;
  expected: string;
  /** Measured in the run, in words that do not change from one run to the next. */
  seen: string;
  where: Where;
}

const HEAD = `# Faults

Each row is a fault that a test makes happen, what must then be so, and what the test saw. The test run writes this
page, so it cannot say what did not happen: \`npm run faults\` makes every fault happen and writes it, and \`npm test\`
fails where a row differs from what it sees. *systemd*: on machines with a real systemd, real processes and the
bundles that go to production; *simulated*: the same decision code on a virtual clock, for what takes hours.
`;

export function renderDocument(rows: readonly SeenRow[]): string {
  const tables = Object.entries(FAULTS).flatMap(([group, names]) => {
    const lines = inOrder(rows, names).map(renderRow);
    if (lines.length === 0) return [];
    return [`\n## ${group}\n\n| fault | expected | seen | where |\n|---|---|---|---|\n${lines.join("\n")}\n`];
  });
  return HEAD + tables.join("");
}

/** Rows that the document does not have exactly so; each as a line for a person. Faults that did not run are not looked for. */
export function differences(document: string, rows: readonly SeenRow[]): string[] {
  const lines = document.split("\n");
  return rows
    .map(renderRow)
    .filter((line) => !lines.includes(line))
    .map((line) => {
      const [, fault] = line.split(" | ", 1)[0]!.split("| ");
      const stale = lines.find((other) => other.startsWith(`| ${fault} | `) && other.endsWith(line.slice(line.lastIndexOf(" | "))));
      return `seen: ${line}\nsaid: ${stale ?? "no such row"}`;
    });
}

function inOrder(rows: readonly SeenRow[], names: readonly string[]): SeenRow[] {
  const position = ({ fault, where }: SeenRow) => names.indexOf(fault) * 2 + (where === "systemd" ? 0 : 1);
  return rows.filter(({ fault }) => names.includes(fault)).sort((one, other) => position(one) - position(other));
}

function renderRow({ fault, expected, seen, where }: SeenRow): string {
  return `| ${[fault, expected, seen, where].map(cell).join(" | ")} |`;
}

/** A bar would end the cell, a line break the row. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
}
