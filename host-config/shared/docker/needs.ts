import type { HostSetup } from "../../../contract/shared/host-setup";
import type { PackageFacts } from "../packages/facts";
import { PrepareError } from "../prepare/prepare-error";
import { ROOTLESS_SCRIPT, ROOTLESS_SCRIPT_FOLDERS } from "./rootless-script";

/** Where any engine serves its clients. One that is no package, such as a snap, is used as it is. */
const ENGINE_SOCKET = "/run/docker.sock";

/** Asked by program, so that an engine of the image, whatever package it is from, is used as it is. */
const PROGRAMS = {
  root: ["dockerd", "docker"],
  rootless: ["dockerd", "docker", ROOTLESS_SCRIPT, "rootlesskit", "newuidmap", "slirp4netns", "nft"],
} as const;
type Program = (typeof PROGRAMS)["root" | "rootless"][number];

/** Packages that Docker lacks on this machine. Throws a PrepareError if no archive is known to have them. */
export function dockerNeeds({ docker }: HostSetup, facts: PackageFacts): string[] {
  if (docker === undefined) return [];
  const lacking = PROGRAMS[docker].filter((program) => !isThere(program, docker, facts));
  if (lacking.length === 0) return [];
  const names = lacking.join(", ");
  if (facts.manager === "apt") return [...new Set(lacking.map((program) => debianPackage(program, lacking, facts)))];
  if (facts.manager === "dnf") {
    if (docker === "root") return ["docker"];
    throw new PrepareError(`docker: this image lacks ${names}, which its archive is not known to have: put it onto the image`);
  }
  throw new PrepareError(`docker: this image has neither apt-get nor dnf and lacks ${names}: put it onto the image`);
}

function isThere(program: Program, docker: "root" | "rootless", { hasCommand, hasFile }: PackageFacts): boolean {
  if (program === ROOTLESS_SCRIPT) return ROOTLESS_SCRIPT_FOLDERS.some((folder) => hasFile(`${folder}/${program}`));
  if (program === "dockerd" && docker === "root" && hasFile(ENGINE_SOCKET)) return true;
  return hasCommand(program);
}

/** Of Debian and Ubuntu. */
function debianPackage(program: Program, lacking: readonly Program[], { offers }: PackageFacts): string {
  switch (program) {
    case "newuidmap":
      return "uidmap";
    case "nft":
      return "nftables";
    case "docker":
      // Apart from the engine since Debian 13.
      return offers("docker-cli") ? "docker-cli" : "docker.io";
    case ROOTLESS_SCRIPT:
      // Debian's engine brings it along. Docker's own packages have one for it, and conflict with Debian's.
      return lacking.includes("dockerd") ? "docker.io" : "docker-ce-rootless-extras";
    case "dockerd":
      return "docker.io";
    default:
      return program;
  }
}
