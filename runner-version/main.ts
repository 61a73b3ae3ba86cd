import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../cli/options";
import { defaultArchiveUrl } from "../components/shared/runner-archive";
import { PIN_FILE, currentPin } from "./pin";
import { RefusedError } from "./refused-error";
import { runnerVersion } from "./runner-version";

const ROOT = resolve(__dirname, "..");

/** Stack files with a release of their own. */
function ownPins(): { file: string; version: string }[] {
  return readdirSync(ROOT)
    .filter((file) => /^Pulumi\..+\.yaml$/.test(file))
    .flatMap((file) => {
      const [, version] = /^ {2}ci-runners:runnerVersion: "?([\d.]+)"?$/m.exec(readFileSync(join(ROOT, file), "utf8")) ?? [];
      return version === undefined ? [] : [{ file, version }];
    });
}

runnerVersion(process.argv.slice(2), {
  fetch,
  api: "https://api.github.com",
  archiveUrl: defaultArchiveUrl,
  token: process.env.GITHUB_TOKEN || undefined,
  pin: currentPin,
  writePin: (text) => writeFileSync(join(ROOT, PIN_FILE), text),
  ownPins,
  now: () => new Date(),
  print: (line) => console.log(line),
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof RefusedError || error instanceof UsageError;
    console.error(expected ? error.message : error);
    process.exit(expected ? 2 : 1);
  },
);
