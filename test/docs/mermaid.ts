/** Errors in a `sequenceDiagram`, for the syntax that this project uses. Mermaid itself needs a browser. */
export function participantFaults(diagram: string): string[] {
  const [first, ...lines] = diagram.trim().split("\n");
  const faults: string[] = first === "sequenceDiagram" ? [] : [`a diagram begins with "${first}"`];
  const known = new Set<string>();
  const used = new Set<string>();
  let open = 0;
  for (const line of lines.map((text) => text.trim())) {
    const names = participantsOf(line);
    const declared = /^participant (\w+) as \S/.exec(line)?.[1];
    if (declared !== undefined) known.add(declared);
    else if (/^(alt|loop|opt|par) \S/.test(line)) open += 1;
    else if (line === "end") open -= 1;
    else if (!names && !/^(else|and) \S/.test(line)) faults.push(`unknown syntax: ${line}`);
    // Both characters are reserved in a message.
    if (/[;#]/.test(line)) faults.push(`a reserved character: ${line}`);
    for (const name of names ?? []) {
      used.add(name);
      if (!known.has(name)) faults.push(`${name} is not declared: ${line}`);
    }
    if (open < 0) faults.push(`closes a block that is not open: ${line}`);
  }
  if (open > 0) faults.push(`${open} blocks stay open`);
  for (const name of known) if (!used.has(name)) faults.push(`${name} is unused`);
  return faults;
}

/** The participants of a message or note; undefined for any other line. */
function participantsOf(line: string): string[] | undefined {
  const message = /^(\w+)-?->>(\w+): \S/.exec(line);
  const note = /^Note over (\w+),(\w+): \S/.exec(line);
  const match = message ?? note;
  return match ? [match[1]!, match[2]!] : undefined;
}
