import { RUNNER_RELEASE } from "../contract/shared/runner-release";

export const ARCHITECTURES = ["x64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** The pinned release of the runner, as `contract/shared/runner-release.ts` states it. */
export interface Pin {
  version: string;
  /** `YYYY-MM-DD`. */
  pinnedOn: string;
  sha256: Record<Architecture, string>;
  /** Where each digest was found. */
  sources: Record<Architecture, readonly string[]>;
}

export const PIN_FILE = "contract/shared/runner-release.ts";

/** The pin of this checkout. */
export const currentPin: Pin = RUNNER_RELEASE;

/** Columns, as the formatter counts them. */
const WIDTH = 140;

/** The whole text of PIN_FILE, formatted as the project's formatter leaves it. */
export function pinFile({ version, pinnedOn, sha256, sources }: Pin): string {
  const digests = ARCHITECTURES.map((architecture) => `    ${architecture}: ${JSON.stringify(sha256[architecture])},`);
  return `/**
 * The release of the runner that a pool installs unless it names its own, and the only place where the project pins one.
 * Written by \`npm run runner-version\`; do not edit it by hand.
 *
 * A digest counts only if at least two independent sources give it. CONTRIBUTING.md says what each kind of source proves.
 */
export const RUNNER_RELEASE = {
  version: ${JSON.stringify(version)},
  pinnedOn: ${JSON.stringify(pinnedOn)},
  /** SHA-256 of \`actions-runner-linux-ARCHITECTURE-VERSION.tar.gz\`, by architecture. */
  sha256: {
${digests.join("\n")}
  },
  sources: {
${ARCHITECTURES.map((architecture) => list(architecture, sources[architecture])).join("\n")}
  },
} as const;
`;
}

function list(key: string, items: readonly string[]): string {
  const texts = items.map((item) => JSON.stringify(item));
  const line = `    ${key}: [${texts.join(", ")}],`;
  return line.length <= WIDTH ? line : `    ${key}: [\n${texts.map((text) => `      ${text},`).join("\n")}\n    ],`;
}
