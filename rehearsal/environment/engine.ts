import type { Clock } from "../clock";
import { openStack, type StackOptions } from "../engine/engine";
import type { LocatedEngine } from "../engine/locate";
import { flow, VirtualClock } from "../virtual-clock";
import { EngineController } from "./engine-controller";

/** Milliseconds between two lookups of the program on the wall clock; its own 10 s would only slow a rehearsal down. */
const PAUSE_MS = 1000;

export interface OpenEngineOptions extends Omit<StackOptions, "pulumi" | "stackDir" | "pause"> {
  located: LocatedEngine;
  clock: Clock;
  /** Folder of the stack's file in a checkout of the project. */
  stackDir(projectDir: string): string;
}

/** The engine for a stack, which is opened on first use. */
export function openEngine({ located, clock, stackDir, ...stack }: OpenEngineOptions): EngineController {
  return new EngineController({
    version: located.version,
    clock,
    open: (change, projectDir = stack.projectDir) =>
      openStack({
        ...stack,
        projectDir,
        stackDir: stackDir(projectDir),
        pulumi: located.command,
        pause: (milliseconds) =>
          flow(clock, () => clock.sleep(clock instanceof VirtualClock ? milliseconds : Math.min(milliseconds, PAUSE_MS))),
        configOverrides: { ...stack.configOverrides, ...change },
      }),
  });
}
