/** The files by which a step sets variables, outputs, state and paths: `GITHUB_ENV`, `GITHUB_OUTPUT`, `GITHUB_STATE`, `GITHUB_PATH`. */

/**
 * Reads `NAME=VALUE` lines and values of several lines between `NAME<<DELIMITER` and the delimiter.
 *
 * @param file its name in the runner's message
 * @throws for a line of neither form, which fails the step
 */
export function readPairs(content: string, file: string): [string, string][] {
  const pairs: [string, string][] = [];
  const lines = content.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw invalid(file, `Invalid format '${line}'. Name must not be empty`);
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
      if (name === "" || delimiter === "")
        throw invalid(file, `Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
      const end = lines.indexOf(delimiter, at + 1);
      if (end < 0) throw invalid(file, `Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs.push([name, lines.slice(at + 1, end).join("\n")]);
      at = end;
    } else {
      throw invalid(file, `Invalid format '${line}'`);
    }
  }
  return pairs;
}

/** Variables for later steps. @throws for the one that could load code into the runner's own programs */
export function readVariables(content: string): [string, string][] {
  const pairs = readPairs(content, "env");
  if (pairs.some(([name]) => name.toUpperCase() === "NODE_OPTIONS")) {
    throw invalid("env", "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
  }
  return pairs;
}

/** One folder a line. */
export function readPaths(content: string): string[] {
  return content.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function invalid(file: string, reason: string): Error {
  return new Error(`Unable to process file command '${file}' successfully. ${reason}`);
}
