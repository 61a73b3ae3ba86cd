import { UsageError, commandLine, onOrOff, option, toggle, type Parser } from "../cli/options";
import { LATEST } from "./releases";

const ABOUT = `Moves the pinned release of the runner: reads the SHA-256 of its archives for x64 and arm64 from independent sources,
refuses unless at least two agree for each, writes them into contract/shared/runner-release.ts and says from where each came.
Reads api.github.com, without a token or with that of GITHUB_TOKEN. Exit code 1: --check found another release than the pinned one.
Exit code 2: refused, nothing was changed.`;

const version: Parser<string> = (given, flag) => {
  if (given !== LATEST && !/^\d+\.\d+\.\d+$/.test(given))
    throw new UsageError(`${flag} ${given}: give a version such as 2.338.0, or ${LATEST}`);
  return given;
};

const urls: Parser<string[]> = (given, flag) =>
  given.split(",").map((url) => {
    if (!URL.canParse(url) || new URL(url).protocol !== "https:")
      throw new UsageError(`${flag} ${url}: give https URLs, separated by commas`);
    return url;
  });

export const COMMAND = commandLine("npm run runner-version", ABOUT, {
  version: option({ metavar: "VERSION", help: "the release to pin", parse: version, default: LATEST }),
  check: toggle("only read and report"),
  download: option({
    metavar: "on|off",
    help: "download the archives, about 400 MB, and compute their digests; off needs --pins",
    parse: onOrOff,
    default: "on",
  }),
  pins: option({
    metavar: "URL,...",
    help: "files of other projects that pin the release with its digests, such as https://raw.githubusercontent.com/OWNER/REPO/REV/PATH",
    parse: urls,
    shown: "none",
  }),
});
