import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { participantFaults } from "./mermaid";

const ROOT = resolve(__dirname, "../..");
const GUIDE = readFileSync(join(ROOT, "docs/lifecycle.md"), "utf8");
const UNITS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

interface Timer {
  milliseconds: number;
  constant: string;
  file: string;
}

function timers(): Timer[] {
  return GUIDE.split("\n").flatMap((line) => {
    const match = /^\|.*\| *(\d+) (ms|s|min|h) *\| *`([\w.]+)` *\| *`([^`]+)` *\|$/.exec(line);
    return match ? [{ milliseconds: Number(match[1]) * UNITS[match[2]!]!, constant: match[3]!, file: match[4]! }] : [];
  });
}

/** The constant's value, computed from the source; anything but a number, a product or a known name is an error. */
function constant(file: string, path: string): number {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest, true);
  const declared = new Map<string, ts.Expression>();
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) if (initializer) declared.set(name.getText(), initializer);
  }
  const value = (node: ts.Expression | undefined): number => {
    if (node && ts.isNumericLiteral(node)) return Number(node.text);
    if (node && ts.isIdentifier(node)) return value(declared.get(node.text));
    if (node && ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskToken) {
      return value(node.left) * value(node.right);
    }
    throw new Error(`${file}: ${path} is ${node?.getText() ?? "not there"}`);
  };
  const [name = "", ...fields] = path.split(".");
  return value(fields.reduce(member, declared.get(name)));
}

function member(node: ts.Expression | undefined, field: string): ts.Expression | undefined {
  const object = node && (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) ? node.expression : node;
  if (!object || !ts.isObjectLiteralExpression(object)) return undefined;
  const property = object.properties.find((candidate) => candidate.name?.getText() === field);
  return property && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}

describe("docs/lifecycle.md", () => {
  it("gives each timer the value from the source, so that no operator relies on an outdated number", () => {
    const documented = timers();
    const rows =
      GUIDE.split("\n## Timers\n")[1]!
        .split("\n")
        .filter((line) => line.startsWith("| ")).length - 1;
    assert.equal(documented.length, rows, "a row that cannot be read: value and unit, then constant and file in backticks");
    const wrong = documented.filter(({ milliseconds, constant: name, file }) => {
      const unit = name.endsWith("_MS") ? 1 : 1000;
      return constant(file, name) * unit !== milliseconds;
    });
    assert.deepEqual(wrong, []);
  });

  it("draws sequences in which every participant is declared and every block is closed", () => {
    const blocks = [...GUIDE.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, block]) => block!);
    assert.equal(blocks.length, 7);
    assert.deepEqual(blocks.flatMap(participantFaults), []);
  });

  it("would detect an undeclared participant, an open block, a reserved character, an unknown line and an unused participant", () => {
    const faults = (body: string) => participantFaults(`sequenceDiagram\n  participant A as one\n${body}\n`).length;
    assert.equal(faults("  A->>A: fine"), 0);
    assert.equal(faults("  A->>B: undeclared"), 1);
    assert.equal(faults("  loop forever\n  A->>A: again"), 1);
    assert.equal(faults("  A->>A: first; second"), 1);
    assert.equal(faults("  A->>A: fine\n  A=>A: no such arrow"), 1);
    assert.equal(faults("  A->>A: fine\n  participant C as unused"), 1);
  });
});
