import type { Fields, Observer } from "../../../functions/shared/lambda/observer";

export interface Line {
  level: "info" | "warn" | "error";
  message: string;
  fields: Fields;
}

/** Records log lines and metrics. */
export class RecordingObserver implements Observer {
  readonly lines: Line[] = [];
  readonly counts: Record<string, number> = {};
  /** The values of each metric that is measured in seconds. */
  readonly seconds: Record<string, number[]> = {};

  readonly log = {
    info: (message: string, fields: Fields = {}) => void this.lines.push({ level: "info", message, fields }),
    warn: (message: string, fields: Fields = {}) => void this.lines.push({ level: "warn", message, fields }),
    error: (message: string, fields: Fields = {}) => void this.lines.push({ level: "error", message, fields }),
  };

  readonly count: Observer["count"] = (metric, value = 1, unit = "Count") => {
    if (unit === "Seconds") (this.seconds[metric] ??= []).push(value);
    this.counts[metric] = (this.counts[metric] ?? 0) + value;
  };

  messages(level: Line["level"]): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}
