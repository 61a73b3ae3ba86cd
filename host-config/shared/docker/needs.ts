import type { HostSetup } from "../../../contract/shared/host-setup";
import type { PackageFacts } from "../packages/facts";
import { PrepareError } from "../prepare/prepare-error";
import { ROOTLESSKIT } from "./rootless-command";

/** Where any engine serves its clients. One that is no package is used as it is. */
const ENGINE_SOCKET = "/run/docker.sock";
/**
 * The client of the snap, which brings an engine of root's along: that may not serve yet. Neither is of use to a rootless one, whose
 * folders a snap may not read.
 */
const SNAP = "/snap/bin/docker";

/** Asked by program, so that an engine of the image, whatever package it is from, is used as it is. */
const PROGRAMS = {
  root: ["dockerd", "docker"],
  rootless: ["dockerd", "docker", ROOTLESSKIT, "newuidmap", "slirp4netns", "nft"],
} as const;
type Program = (typeof PROGRAMS)["root" | "rootless"][number];

/** Packages that Docker lacks on this machine. Throws a PrepareError if no archive is known to have them. */
export function dockerNeeds({ docker }: HostSetup, facts: PackageFacts): string[] {
  if (docker === undefined) return [];
  const lacking = PROGRAMS[docker].filter((program) => !isThere(program, docker, facts));
  if (lacking.length === 0) return [];
  const names = lacking.join(", ");
  if (facts.manager === "apt") return [...new Set(lacking.map((program) => debianPackage(program, facts)))];
  if (facts.manager === "dnf") {
    if (docker === "root") return ["docker"];
    throw new PrepareError(`docker: this image lacks ${names}, which its archive is not known to have: put it onto the image`);
  }
  throw new PrepareError(`docker: this image has neither apt-get nor dnf and lacks ${names}: put it onto the image`);
}

function isThere(program: Program, docker: "root" | "rootless", { hasCommand, hasFile }: PackageFacts): boolean {
  if (docker === "root" && (hasFile(SNAP) || (program === "dockerd" && hasFile(ENGINE_SOCKET)))) return true;
  return hasCommand(program);
}

/** Of Debian and Ubuntu. */
function debianPackage(program: Program, { offers }: PackageFacts): string {
  switch (program) {
    case "newuidmap":
      return "uidmap";
    case "nft":
      return "nftables";
    case "docker":
      // Apart from the engine since Debian 13.
      return offers("docker-cli") ? "docker-cli" : "docker.io";
    case "dockerd":
      return "docker.io";
    default:
      return program;
  }
}
