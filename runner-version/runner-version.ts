import { type Agreement, type Finding, agreedDigest } from "./evidence";
import { COMMAND } from "./options";
import { ARCHITECTURES, type Architecture, PIN_FILE, type Pin, pinFile } from "./pin";
import { RefusedError } from "./refused-error";
import { type Fetch, type Release, readRelease } from "./releases";
import { downloadedDigest, pinnedElsewhere, publishedDigests } from "./sources";

/** What the command touches outside of its own memory. */
export interface RunnerVersionPorts {
  fetch: Fetch;
  /** Base URL of GitHub's REST API, without a trailing slash. */
  api: string;
  /** Where instances download the archive. */
  archiveUrl(version: string, architecture: Architecture): string;
  token: string | undefined;
  pin: Pin;
  writePin(text: string): void;
  /** Stack files that pin a release themselves, with that release. */
  ownPins(): { file: string; version: string }[];
  now(): Date;
  print(line: string): void;
}

/**
 * `npm run runner-version`.
 *
 * @returns the exit code: 1 if `--check` found another release than the pinned one.
 * @throws UsageError, RefusedError
 */
export async function runnerVersion(argv: string[], ports: RunnerVersionPorts): Promise<number> {
  const options = COMMAND.parse(argv);
  if (options === undefined) {
    ports.print(COMMAND.help);
    return 0;
  }
  const { pin, print } = ports;
  const release = await readRelease(ports.api, options.version, ports.fetch, ports.token);
  const { x64, arm64 } = await evidence(release, options, ports);
  const moved: Pin = {
    version: release.version,
    pinnedOn: ports.now().toISOString().slice(0, 10),
    sha256: { x64: x64.sha256, arm64: arm64.sha256 },
    sources: { x64: x64.sources, arm64: arm64.sources },
  };
  if (moved.version === pin.version) {
    refuseOtherBytes(pin, moved);
    print(`pinned since ${pin.pinnedOn}; nothing to change`);
    return 0;
  }
  if (options.check) {
    print(`pinned is ${pin.version}; move it: npm run runner-version -- --version ${moved.version}`);
    return 1;
  }
  ports.writePin(pinFile(moved));
  print(`moved the pin from ${pin.version} to ${moved.version} in ${PIN_FILE}`);
  for (const line of nextSteps(moved, ports)) print(line);
  return 0;
}

async function evidence(
  release: Release,
  { download, pins = [] }: { download: boolean; pins?: string[] | undefined },
  { fetch, archiveUrl, print }: RunnerVersionPorts,
): Promise<Record<Architecture, Agreement>> {
  const agreed = {} as Record<Architecture, Agreement>;
  for (const architecture of ARCHITECTURES) {
    const findings: Finding[] = publishedDigests(release, architecture);
    if (download) findings.push(await downloadedDigest(archiveUrl(release.version, architecture), fetch));
    const candidates = findings.flatMap(({ sha256 }) => sha256 ?? []);
    for (const url of pins) findings.push(await pinnedElsewhere(url, release.version, candidates, fetch));
    const { sha256, sources, missing } = (agreed[architecture] = agreedDigest(release.version, architecture, findings));
    print(`runner ${release.version}, linux-${architecture}: ${sha256}`);
    for (const source of sources) print(`  from ${source}`);
    for (const reason of missing) print(`  not from ${reason}`);
  }
  return agreed;
}

/** The archive of a published version never changes. If it does, all instances refuse it, and rightly so. */
function refuseOtherBytes(pin: Pin, found: Pin): void {
  const other = ARCHITECTURES.find((architecture) => pin.sha256[architecture] !== found.sha256[architecture]);
  if (other === undefined) return;
  throw new RefusedError(
    `runner ${pin.version}, linux-${other}: pinned with ${pin.sha256[other]}, but the sources now have ${found.sha256[other]}; ` +
      "the release was replaced: keep the pin, and find out why at github.com/actions/runner",
  );
}

function nextSteps({ version }: Pin, { ownPins }: RunnerVersionPorts): string[] {
  const others = ownPins().filter((own) => own.version !== version);
  return [
    "next:",
    "  npx mocha test/components/actions-runner-pool/runner-archive.test.ts test/runner-version/*.test.ts",
    `  a line in CHANGELOG.md: the pinned runner is ${version}`,
    `  git commit ${PIN_FILE} CHANGELOG.md -m "Pin runner ${version}"`,
    ...others.map((own) => `  ${own.file} pins ${own.version} itself: move it, or remove runnerVersion and runnerSha256 there`),
  ];
}
