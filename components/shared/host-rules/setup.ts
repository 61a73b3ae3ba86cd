import { existsSync } from "node:fs";
import { dockerMode } from "../docker-mode";
import { DockerMode } from "../host-args/docker";
import type { HostSettings } from "../host-args/settings";
import { LAUNCH_WITHOUT_SETUP, SETUP_TIMEOUT_MAX } from "../host-setup/setup";
import { inRange } from "../in-range";
import { type Violation, hiddenViolation, notAList, violation } from "../input-errors";
import { SCRIPT_LIMIT_BYTES, scriptFile } from "../setup-script";
import { jobEnvironmentViolations } from "./job-environment";

const PACKAGES_MAX = 100;
/** Seconds; less would not outlast a slow mirror. */
const TIMEOUT_MIN = 60;

/** As dpkg and RPM name packages. No name ends in a dash: APT removes a package that is named so. */
const PACKAGE = /^[A-Za-z0-9]([A-Za-z0-9+._-]*[A-Za-z0-9+._])?(=[A-Za-z0-9][A-Za-z0-9.+:~_-]*)?$/;
const INTERPRETER = /^#![ \t]*\/\S/;
/** With the beginning of its content, so that a script may search for keys. */
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----(\s|\\n)+[A-Za-z0-9+/=:,-]{8}/;

/** Checks the arguments of the setup script, packages and the environment of jobs. */
export function setupViolations(settings: HostSettings): Violation[] {
  return [
    ...scriptViolations(settings),
    ...packageViolations(settings.packages),
    ...timeoutViolations(settings),
    ...jobEnvironmentViolations(settings.jobEnvironment),
  ];
}

function scriptViolations({ setupScript: given, script }: HostSettings): Violation[] {
  if (given === undefined) return [];
  const found = (value: unknown, problem: string, remedy: string) => [violation("setupScript", value, problem, remedy)];
  if (typeof given !== "string") return found(given, "neither a text nor a path", "Give one of them");
  const file = scriptFile(given);
  if (script === undefined) {
    const problem = file !== undefined && existsSync(file) ? "not a file that can be read" : "no such file";
    return found(given, problem, `Give a path relative to ${process.cwd()}, or the script's text, which starts with #!`);
  }
  const { text, bytes } = script;
  const [firstLine = ""] = (text ?? "").split("\n", 1);
  // The first line of what is no script may be a secret, as that of a file of variables.
  const ownText = firstLine.startsWith("#!") ? firstLine : `a text of ${bytes} bytes`;
  const shown = file === undefined ? ownText : given;
  if (bytes > SCRIPT_LIMIT_BYTES) {
    return found(shown, `it has more than ${SCRIPT_LIMIT_BYTES / 1024} KiB`, "Have it download what it needs, or put that onto the image");
  }
  if (text === undefined) return found(shown, "it is not UTF-8", "Save it as UTF-8; a program cannot be the script");
  if (PRIVATE_KEY.test(text)) {
    const remedy = "Have it read the key from Secrets Manager, with extraPolicyArns";
    return [hiddenViolation("setupScript", "it contains a private key", remedy)];
  }
  if (!INTERPRETER.test(firstLine)) {
    return found(shown, "its first line is no #! with an absolute path", "Start it with #!/bin/bash");
  }
  if (firstLine.endsWith("\r")) {
    return found(shown, "its lines end with CR LF, so that Linux would not find its interpreter", "Save it with LF alone");
  }
  return [];
}

function packageViolations(packages: readonly string[] | undefined): Violation[] {
  if (packages === undefined) return [];
  if (!Array.isArray(packages)) return [notAList("packages", packages)];
  if (packages.length > PACKAGES_MAX) {
    const remedy = "Install them in setupScript, or put them onto the image";
    return [violation("packages", `${packages.length} packages`, `more than ${PACKAGES_MAX}`, remedy)];
  }
  const remedy = "Use NAME or NAME=VERSION, as the distribution's archive has them";
  const invalid = packages.findIndex((one) => typeof one !== "string" || !PACKAGE.test(one));
  if (invalid >= 0) return [violation(`packages[${invalid}]`, packages[invalid], "not the name of a package", remedy)];
  const names = packages.map((one) => one.split("=")[0]!);
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  return twice < 0
    ? []
    : [violation(`packages[${twice}]`, packages[twice], `${names[twice]} is in the list already`, "Remove one of them")];
}

/** Whether anything is asked for that the timeout bounds. Not yet of a valid kind: that is checked beside it. */
function takesTime(settings: HostSettings): boolean {
  const { packages, setupScript, volumes, useInstanceStore } = settings;
  const lists = [packages, volumes].some((list) => list !== undefined && list.length > 0);
  return lists || setupScript !== undefined || useInstanceStore || dockerMode(settings) !== DockerMode.None;
}

function timeoutViolations(settings: HostSettings): Violation[] {
  const { setupTimeout: given, launchTimeout } = settings;
  const found = (problem: string, remedy: string) => [violation("setupTimeout", given, problem, remedy)];
  const longest = launchTimeout - LAUNCH_WITHOUT_SETUP;
  const limit = `launchTimeout - ${LAUNCH_WITHOUT_SETUP} = ${longest} s`;
  if (!takesTime(settings)) {
    if (given === undefined) return [];
    return found("nothing that it would bound is asked for", "Set packages, setupScript, docker or volumes, or remove it");
  }
  if (longest < TIMEOUT_MIN) {
    const problem = `packages, volumes, Docker and setupScript need at least ${TIMEOUT_MIN} s, and the rest of a launch ${LAUNCH_WITHOUT_SETUP} s`;
    return [violation("launchTimeout", launchTimeout, problem, `Raise it to at least ${TIMEOUT_MIN + LAUNCH_WITHOUT_SETUP}`)];
  }
  if (given === undefined || inRange(given, TIMEOUT_MIN, Math.min(longest, SETUP_TIMEOUT_MAX))) return [];
  if (given > SETUP_TIMEOUT_MAX) {
    const problem = `above ${SETUP_TIMEOUT_MAX} s, after which the launch's registration token may have expired`;
    return found(problem, "Lower it, and put what takes longer onto the image");
  }
  if (given > longest) {
    return found(`above ${limit}, so that the launch would be abandoned first`, "Lower it or raise launchTimeout");
  }
  const shown = longest < SETUP_TIMEOUT_MAX ? limit : `${SETUP_TIMEOUT_MAX} s`;
  return found(`outside ${TIMEOUT_MIN} to ${shown}`, "Use whole seconds in this range");
}
