import type { Clock } from "../clock";
import { openStack, type StackOptions } from "../engine/engine";
import type { LocatedEngine } from "../engine/locate";
import { EngineController } from "./engine-controller";

export interface OpenEngineOptions extends Omit<StackOptions, "pulumi" | "stackDir"> {
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
        configOverrides: { ...stack.configOverrides, ...change },
      }),
  });
}
