import { type PersistentRunnerNames, persistentRunnerNames } from "../../contract/persistent-runner/names";
import { type SetupScript, setupScriptOf } from "../shared/setup-script";
import { type WithDefaults, withDefaults } from "../shared/with-defaults";
import type { PersistentRunnerArgs as Args } from "./args";
import { DEFAULTS, DEFAULTS_IF_GIVEN } from "./defaults";

type IfGiven = typeof DEFAULTS_IF_GIVEN;

/** The arguments with every default applied, the names in AWS that derive from them, and the setup script that they name. */
export type PersistentRunnerSettings = WithDefaults<Omit<Args, keyof IfGiven>, typeof DEFAULTS> & {
  [K in keyof IfGiven]?: WithDefaults<NonNullable<Args[K]>, IfGiven[K]>;
} & { names: PersistentRunnerNames; script?: SetupScript };

/**
 * @param name the component's name in its program.
 * @param program the deploying program; the default of `persistentRunnerName` derives from its project and stack and `name`.
 */
export function resolveSettings(name: string, args: Args, program: { project: string; stack: string }): PersistentRunnerSettings {
  const given = Object.entries(DEFAULTS_IF_GIVEN).filter(([key]) => args[key as keyof IfGiven]);
  const settings = withDefaults(args, { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<IfGiven>) }, { ...program, name });
  return {
    ...(settings as Omit<PersistentRunnerSettings, "names">),
    names: persistentRunnerNames(settings.persistentRunnerName),
    script: setupScriptOf(args.setupScript),
    github: { ...settings.github, apiUrl: settings.github.apiUrl.replace(/\/+$/, "") },
  };
}
