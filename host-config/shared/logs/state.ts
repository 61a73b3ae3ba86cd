/**
 * What has been delivered, by source: it survives a restart and a reboot. Losing it delivers lines twice, and no line is lost. It
 * is this instance's alone: a machine that was made from the image of another begins anew.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../ports/log";

export interface Positions {
  get(source: string): string | undefined;
  set(source: string, position: string): void;
}

export interface State extends Positions {
  /** Writes what has changed. A disk that is full is no reason to deliver less: it is logged once, and the positions stay in memory. */
  save(): void;
}

export function stateFile(path: string, instanceId: string, log: Log): State {
  const positions = new Map(Object.entries(read(path, instanceId)));
  let changed = false;
  let failed = false;
  return {
    get: (source) => positions.get(source),
    set(source, position) {
      changed ||= positions.get(source) !== position;
      positions.set(source, position);
    },
    save() {
      if (!changed) return;
      try {
        write(path, { instance: instanceId, positions: Object.fromEntries(positions) });
        changed = false;
        failed = false;
      } catch (error) {
        if (!failed) log.warn("the position in the host's logs cannot be saved: a restart delivers lines again", { error: String(error) });
        failed = true;
      }
    },
  };
}

function read(path: string, instanceId: string): Record<string, string> {
  try {
    const { instance, positions } = JSON.parse(readFileSync(path, "utf8"));
    return instance === instanceId && typeof positions === "object" ? positions : {};
  } catch {
    return {};
  }
}

function write(path: string, content: object): void {
  // Others have folders beside it, so that only the last one is closed to them.
  mkdirSync(dirname(dirname(path)), { recursive: true, mode: 0o755 });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
