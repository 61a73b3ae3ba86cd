import { PrepareError } from "../prepare/prepare-error";
import type { PrepareContext, Stage } from "../prepare/stage";
import { apt } from "./apt";
import { dnf } from "./dnf";
import { machineFacts } from "./facts";
import type { PackageManager } from "./manager";
import { needs, transactions } from "./plan";

/** Installs what Docker and the volumes lack, then the user's packages. */
export const packagesStage: Stage = {
  name: "packages",
  due: ({ packages, docker, storage }) => packages !== undefined || docker !== undefined || storage !== undefined,
  run: installPackages,
};

/** @param factsOf replaced by tests */
export async function installPackages(context: PrepareContext, factsOf = machineFacts): Promise<void> {
  const { setup, say } = context;
  const packages = setup.packages ?? [];
  const { manager: kind } = factsOf(new Set());
  if (kind === undefined) return withoutManager(needs(setup, factsOf(new Set())), packages);
  const manager: PackageManager = kind === "apt" ? apt(context) : dnf(context);
  const plan = async () => transactions(needs(setup, factsOf(await manager.offered())), packages, await manager.installed());
  const before = await plan();
  // A machine that lacks nothing needs no network.
  if (before.own.length === 0 && before.user.length === 0) return;
  await manager.refresh();
  // An image without lists offers nothing before.
  const { own } = await plan();
  if (own.length > 0) {
    say(`packages: ${own.join(" ")}`);
    await manager.install(own, false);
  }
  // What the first brought along is not installed again.
  const { user } = transactions([], packages, await manager.installed());
  if (user.length === 0) return;
  say(`packages: ${user.join(" ")}`);
  await manager.install(user, true);
}

function withoutManager(lacking: readonly string[], packages: readonly string[]): void {
  const all = [...lacking, ...packages];
  if (all.length === 0) return;
  throw new PrepareError(`packages: this image has neither apt-get nor dnf: put ${all.join(", ")} onto the image, and remove packages`);
}
