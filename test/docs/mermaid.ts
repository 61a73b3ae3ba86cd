/** What would keep GitHub from drawing a `sequenceDiagram`, as far as this project writes them. Mermaid itself needs a browser. */
export function participantFaults(diagram: string): string[] {
  const [first, ...lines] = diagram.trim().split("\n");
  const faults: string[] = first === "sequenceDiagram" ? [] : [`a diagram begins with "${first}"`];
  const known = new Set<string>();
  const heard = new Set<string>();
  let open = 0;
  for (const line of lines.map((text) => text.trim())) {
    const names = speakers(line);
    const declared = /^participant (\w+) as \S/.exec(line)?.[1];
    if (declared !== undefined) known.add(declared);
    else if (/^(alt|loop|opt|par) \S/.test(line)) open += 1;
    else if (line === "end") open -= 1;
    else if (!names && !/^(else|and) \S/.test(line)) faults.push(`not a line of a sequence: ${line}`);
    // Both signs have a meaning of their own in a message.
    if (/[;#]/.test(line)) faults.push(`a sign that mermaid takes for its own: ${line}`);
    for (const name of names ?? []) {
      heard.add(name);
      if (!known.has(name)) faults.push(`${name} was not introduced: ${line}`);
    }
    if (open < 0) faults.push(`closes what is not open: ${line}`);
  }
  if (open > 0) faults.push(`${open} blocks stay open`);
  for (const name of known) if (!heard.has(name)) faults.push(`${name} says and hears nothing`);
  return faults;
}

/** Who takes part in a message or stands below a note; undefined for any other line. */
function speakers(line: string): string[] | undefined {
  const message = /^(\w+)-?->>(\w+): \S/.exec(line);
  const note = /^Note over (\w+),(\w+): \S/.exec(line);
  const match = message ?? note;
  return match ? [match[1]!, match[2]!] : undefined;
}
