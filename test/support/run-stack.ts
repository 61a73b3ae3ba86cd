import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { findStackDir } from "../../rehearsal/environment/stack-configuration";
import { freshProgram } from "../../rehearsal/engine/program";
import { Deployment } from "../components/mocks";

const yaml = require("js-yaml") as { load(text: string): any };

export const ROOT = resolve(__dirname, "../..");
export const STACKS = ["dev", "sandbox", "prod"] as const;
const read = (file: string, dir = ROOT) => yaml.load(readFileSync(join(dir, file), "utf8"));
export const project = read("Pulumi.yaml");
/** Of one of these stacks, or of an example that is one. */
export const configOf = (stack: string): Record<string, unknown> => read(`Pulumi.${stack}.yaml`, findStackDir(ROOT, stack)).config;

/**
 * Sets the configuration as the engine does: the stack's values over the schema's defaults, all as text. Except the pin,
 * because the code under test may be ahead of what a stack runs.
 */
export function configure(stack: string, release = "main"): void {
  const values: Record<string, string> = {};
  for (const [key, { default: value }] of Object.entries<any>(project.config)) values[`ci-runners:${key}`] = asText(value);
  for (const [key, value] of Object.entries(configOf(stack))) values[key] = asText(value);
  values["ci-runners:release"] = release;
  pulumi.runtime.setAllConfig(values);
}

function asText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Runs the program for a stack and returns the resources that it registers. */
export async function run(stack: string, release?: string): Promise<Deployment> {
  const deployment = await Deployment.start({ stack });
  configure(stack, release);
  await freshProgram(ROOT)();
  await deployment.settled();
  return deployment;
}
