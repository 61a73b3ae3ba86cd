import { cpus, release, totalmem } from "node:os";

/** Raw samples by the id of their row in the catalogue. */
export type Samples = Record<string, number[]>;

export interface BenchMachine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  kernel: string;
  node: string;
}

/** One run; written as is to `docs/benchmarks.json`, from which page and plot can be generated again. */
export interface Results {
  /** ISO 8601 day. */
  date: string;
  machine: BenchMachine;
  /** Load average of the minute before the run: 0 without other load. */
  loadBefore: number;
  seconds: number;
  samples: Samples;
}

export function thisMachine(): BenchMachine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() || "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // The rest names the kernel's build.
    kernel: /^\d+(\.\d+)*/.exec(release())?.[0] ?? "unknown",
    node: process.version.slice(1),
  };
}

/** To hundredths, which is finer than any clock used here. */
export function rounded(samples: Samples): Samples {
  return Object.fromEntries(Object.entries(samples).map(([id, values]) => [id, values.map((value) => Math.round(value * 100) / 100)]));
}

/** One line per series, so that a diff between two runs is readable. */
export function resultsJson(results: Results): string {
  const { samples, ...head } = results;
  const lines = Object.entries(samples).map(([id, values]) => `    ${JSON.stringify(id)}: ${JSON.stringify(values)}`);
  const start = JSON.stringify(head, null, 2).replace(/\n}$/, "");
  return `${start},\n  "samples": {\n${lines.join(",\n")}\n  }\n}\n`;
}
