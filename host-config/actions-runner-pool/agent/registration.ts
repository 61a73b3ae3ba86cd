/** Registers the runner once the register function has stored a token; abandons the launch if that fails for too long. */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { AT_LAUNCH, remediedShortageOf } from "./full-disk";
import type { Host } from "./ports/host";

/** A token usually appears within seconds. 10 minutes cover retries of the function; the hook's timeout is the last resort. */
export const LONGEST_MS = 600_000;
/** Share of what the setup leaves of the launch hook's timeout, so that the reason is reported before the hook times out without one. */
const SHARE_OF_TIMEOUT = 0.8;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;

export type RegistrationHost = Pick<
  Host,
  "config" | "clock" | "log" | "secrets" | "registrar" | "lifecycle" | "disk" | "metrics" | "console"
>;

/** Resolves with whether the runner is registered. After a failure it has reported the reason and tried to abandon the launch. */
export async function register(host: RegistrationHost): Promise<boolean> {
  const reason = (await tooFull(host)) ?? (await tryUntilRegistered(host));
  if (reason === undefined) {
    await deleteSecret(host);
    return true;
  }
  host.log.error(LOG.bootstrapFailed, { reason });
  await host.console(`ci-runners: ${LOG.bootstrapFailed}: ${reason}`).catch(() => undefined);
  try {
    const outcome = await host.lifecycle.complete(host.config.launchHook, "ABANDON");
    host.log.warn("launch abandoned", { hook: host.config.launchHook, outcome });
  } catch (error) {
    host.log.error("the launch could not be abandoned; its hook times out instead", { error: String(error) });
  }
  return false;
}

/** The reason for which an instance that would soon be replaced again never enters service. */
async function tooFull({ config, disk, metrics, log }: RegistrationHost): Promise<string | undefined> {
  const shortage = remediedShortageOf(await disk.space(), AT_LAUNCH, config.diskFloor);
  if (shortage === undefined) return undefined;
  await metrics.count(METRIC.fullDisks).catch((error: unknown) => log.warn("the full disk could not be counted", { error: String(error) }));
  return shortage;
}

/** The reason of the failure, or undefined on success. */
async function tryUntilRegistered(host: RegistrationHost): Promise<string | undefined> {
  const { clock, log } = host;
  const { launchTimeout, setupTimeout = 0 } = host.config;
  const bound = Math.min(LONGEST_MS, SHARE_OF_TIMEOUT * (launchTimeout - setupTimeout) * 1000);
  const end = clock.now() + bound;
  let pause = FIRST_PAUSE_MS;
  let reason = "no registration token appeared, or the instance's role may not read it";
  for (;;) {
    try {
      const token = await host.secrets.token();
      if (token !== undefined) {
        await host.registrar.register(token);
        log.info("registered at GitHub", { url: host.config.githubUrl });
        return undefined;
      }
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (said !== reason) log.warn("registration attempt failed", { error: said });
      reason = said;
    }
    // config.sh of an agent that was killed continues in its own unit: until it ends each attempt is refused, and then as well.
    if (await host.registrar.registered()) {
      log.info("registered at GitHub by an earlier attempt", { url: host.config.githubUrl });
      return undefined;
    }
    if (clock.now() + pause > end) return `${reason} (tried for ${Math.round(bound / 1000)} s)`;
    await clock.sleep(pause);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
}

/** The token is no longer needed. If this fails, the deregister function or the sweep deletes the secret. */
async function deleteSecret(host: RegistrationHost): Promise<void> {
  try {
    await host.secrets.delete();
  } catch (error) {
    host.log.warn("the registration secret could not be deleted", { error: String(error) });
  }
}
