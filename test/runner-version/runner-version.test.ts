import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../../cli/options";
import { PIN_FILE, currentPin, pinFile } from "../../runner-version/pin";
import { RefusedError } from "../../runner-version/refused-error";
import { runnerVersion } from "../../runner-version/runner-version";
import { type Answer, LoopbackServer } from "../functions/support/server";

const ROOT = resolve(__dirname, "../..");
const VERSION = "2.399.1";
const ARCHIVES = { x64: "the archive for x64", arm64: "the archive for arm64" };
const digest = (text: string) => createHash("sha256").update(text).digest("hex");
const DIGESTS = { x64: digest(ARCHIVES.x64), arm64: digest(ARCHIVES.arm64) };
const OTHER = "0".repeat(64);
const PIN = "https://raw.githubusercontent.com/acme/images/main/Dockerfile";
const assetOf = (architecture: string) => `actions-runner-linux-${architecture}-${VERSION}.tar.gz`;

describe("npm run runner-version", () => {
  let server: LoopbackServer;
  let base: string;
  let notes: Record<"x64" | "arm64", string | undefined>;
  let assets: Record<"x64" | "arm64", string | undefined>;
  let archives: Record<"x64" | "arm64", Answer>;
  let files: Record<string, string>;
  let printed: string[];
  let written: string | undefined;
  let onResponse: (url: string) => void;

  beforeEach(async () => {
    notes = { ...DIGESTS };
    assets = { ...DIGESTS };
    archives = { x64: { body: ARCHIVES.x64 }, arm64: { body: ARCHIVES.arm64 } };
    files = { "/acme/images/main/Dockerfile": `ARG V=${VERSION}\nARG X64=${DIGESTS.x64}\nARG ARM64=${DIGESTS.arm64}\n` };
    [printed, written, onResponse] = [[], undefined, () => undefined];
    server = await new LoopbackServer(({ path }) => respond(path)).start();
    base = server.url;
  });
  afterEach(() => server.stop());

  /** As GitHub: the API, the archives, and files of other repositories. */
  function respond(path: string): Answer {
    if (path === "/repos/actions/runner/releases/latest" || path === `/repos/actions/runner/releases/tags/v${VERSION}`)
      return { body: release() };
    if (path.startsWith("/repos/")) return { status: 404, body: { message: "Not Found" } };
    const architecture = (["x64", "arm64"] as const).find(
      (one) => path === `/actions/runner/releases/download/v${VERSION}/${assetOf(one)}`,
    );
    if (architecture) return archives[architecture];
    return path in files ? { body: files[path] } : { status: 404, body: "Not Found" };
  }

  function release() {
    const mark = (architecture: "x64" | "arm64") =>
      notes[architecture] === undefined
        ? ""
        : `<!-- BEGIN SHA linux-${architecture} -->${notes[architecture]}<!-- END SHA linux-${architecture} -->\n`;
    const asset = (architecture: "x64" | "arm64") => ({
      name: assetOf(architecture),
      digest: assets[architecture] === undefined ? null : `sha256:${assets[architecture]}`,
    });
    return {
      tag_name: `v${VERSION}`,
      draft: false,
      body: `## SHA-256 Checksums\n- <!-- BEGIN SHA win-x64 -->${OTHER}<!-- END SHA win-x64 -->\n${mark("x64")}${mark("arm64")}`,
      assets: [{ name: `actions-runner-win-x64-${VERSION}.zip`, digest: `sha256:${OTHER}` }, asset("x64"), asset("arm64")],
    };
  }

  /** Every request, whatever its host, reaches the server on the loopback interface. */
  function run(argv: string[], changes: { pin?: typeof currentPin; token?: string; own?: { file: string; version: string }[] } = {}) {
    return runnerVersion(argv, {
      fetch: async (url, init) => {
        const response = await fetch(new URL(new URL(url).pathname, base), init);
        onResponse(url);
        return response;
      },
      api: "https://api.github.com",
      archiveUrl: (version, architecture) =>
        `https://github.com/actions/runner/releases/download/v${version}/actions-runner-linux-${architecture}-${version}.tar.gz`,
      token: changes.token,
      pin: changes.pin ?? currentPin,
      writePin: (text) => (written = text),
      ownPins: () => changes.own ?? [],
      now: () => new Date("2026-12-24T18:00:00Z"),
      print: (line) => printed.push(line),
    });
  }

  async function refused(argv: string[], reason: RegExp, changes = {}): Promise<void> {
    await assert.rejects(run(argv, changes), (error: Error) => {
      assert.ok(error instanceof RefusedError || error instanceof UsageError, error.stack);
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
    assert.equal(written, undefined);
  }

  it("moves the pin to the newest release, in the form that the checkout's file has, and says from where each digest is", async () => {
    assert.equal(await run([]), 0);
    const expected = ["the release's notes", "GitHub's digest of the asset", "the downloaded archive"];
    assert.equal(
      written,
      pinFile({ version: VERSION, pinnedOn: "2026-12-24", sha256: DIGESTS, sources: { x64: expected, arm64: expected } }),
    );
    const from = expected.map((source) => `  from ${source}`);
    assert.deepEqual(printed.slice(0, 8), [
      `runner ${VERSION}, linux-x64: ${DIGESTS.x64}`,
      ...from,
      `runner ${VERSION}, linux-arm64: ${DIGESTS.arm64}`,
      ...from,
    ]);
    assert.ok(printed.includes(`moved the pin from ${currentPin.version} to ${VERSION} in ${PIN_FILE}`));
  });

  it("accepts another project's pin instead of the download, which proves that the archive was not replaced since", async () => {
    assert.equal(await run(["--version", VERSION, "--download", "off", "--pins", PIN]), 0);
    assert.ok(written?.includes(`a pin in ${PIN}`));
    assert.ok(server.seen.every(({ path }) => !path.includes("/download/")));
  });

  for (const architecture of ["x64", "arm64"] as const) {
    it(`refuses a release whose sources differ for ${architecture}, in any of them`, async () => {
      notes[architecture] = OTHER;
      await refused([], new RegExp(`${VERSION}, linux-${architecture}: the sources differ: .*${OTHER}`));
      notes[architecture] = DIGESTS[architecture];
      assets[architecture] = OTHER;
      await refused([], /the sources differ: the release's notes has .*, GitHub's digest of the asset has 0{64}/);
      assets[architecture] = DIGESTS[architecture];
      archives[architecture] = { body: "another archive" };
      await refused([], /the sources differ: the release's notes has .*, the downloaded archive has/);
    });

    it(`refuses a digest for ${architecture} that only one party has, because notes and asset digest come from the same one`, async () => {
      archives[architecture] = { status: 503, body: "unavailable" };
      await refused([], new RegExp(`linux-${architecture}: 1 of 2 independent sources .*downloaded archive: status 503`));
      await refused(["--download", "off"], /1 of 2 independent sources have a digest; allow the download, or name files/);
      Object.assign(archives, { [architecture]: { body: ARCHIVES[architecture] } });
      [notes[architecture], assets[architecture]] = [undefined, undefined];
      await refused([], /1 of 2 independent sources have a digest \(the release's notes: no digest between the marks/);
    });
  }

  it("refuses a download that was cut off, instead of the digest of its first part", async () => {
    archives.x64 = { body: ARCHIVES.x64, cutOff: true };
    // Its headers and the first half have arrived.
    onResponse = (url) => void (url.includes("/download/") && server.cut());
    await refused([], /1 of 2 independent sources .*the downloaded archive: terminated/);
  });

  const useless: [string, () => string][] = [
    ["names another version, although it has the digest", () => `V=2.399.10\nX=${DIGESTS.x64}\nA=${DIGESTS.arm64}`],
    ["has another digest", () => `V=${VERSION}\nX=${OTHER}`],
  ];
  for (const [what, text] of useless) {
    it(`does not count a file that ${what}`, async () => {
      files["/acme/images/main/Dockerfile"] = text();
      await refused(["--download", "off", "--pins", PIN], /1 of 2 independent sources/);
    });
  }

  it("does not count a pin of actions itself as another party than the release, nor two files of one owner as two", async () => {
    files["/Actions/images/main/Dockerfile"] = files["/acme/images/main/Dockerfile"]!;
    await refused(["--download", "off", "--pins", PIN.replace("acme", "Actions")], /1 of 2 independent sources/);
    [notes, assets] = [
      { x64: undefined, arm64: undefined },
      { x64: undefined, arm64: undefined },
    ];
    files["/acme/other/main/pin"] = files["/acme/images/main/Dockerfile"]!;
    await refused(
      ["--download", "off", "--pins", `${PIN},${PIN.replace("images/main/Dockerfile", "other/main/pin")}`],
      /0 of 2 independent/,
    );
  });

  it("never trusts a file alone: it says in no common form which digest is which", async () => {
    [notes, assets] = [
      { x64: undefined, arm64: undefined },
      { x64: undefined, arm64: undefined },
    ];
    await refused(["--download", "off", "--pins", PIN], /0 of 2 independent sources/);
  });

  it("changes nothing with --check, and exits with 1 if another release is the newest, so that a schedule can notice", async () => {
    assert.equal(await run(["--check"]), 1);
    assert.equal(written, undefined);
    assert.ok(printed.includes(`pinned is ${currentPin.version}; move it: npm run runner-version -- --version ${VERSION}`));
  });

  it("does nothing if the release is pinned already, and refuses if its archive is not the pinned one any more", async () => {
    const pin = { ...currentPin, version: VERSION, sha256: DIGESTS };
    assert.equal(await run(["--check"], { pin }), 0);
    assert.equal(await run([], { pin }), 0);
    assert.equal(written, undefined);
    await refused(["--check"], /linux-arm64: pinned with 0{64}, .*the release was replaced/, {
      pin: { ...pin, sha256: { ...DIGESTS, arm64: OTHER } },
    });
  });

  it("names the stack files that pin another release themselves, which would otherwise stay behind", async () => {
    await run([], {
      own: [
        { file: "Pulumi.sandbox.yaml", version: "2.338.0" },
        { file: "Pulumi.prod.yaml", version: VERSION },
      ],
    });
    assert.deepEqual(
      printed.filter((line) => line.includes("Pulumi.")),
      ["  Pulumi.sandbox.yaml pins 2.338.0 itself: move it, or remove runnerVersion and runnerSha256 there"],
    );
  });

  it("sends the token to GitHub's API and to no other host", async () => {
    await run(["--pins", PIN], { token: "ghs_secret" });
    const withToken = server.seen.filter(({ headers }) => JSON.stringify(headers).includes("ghs_secret")).map(({ path }) => path);
    assert.deepEqual(withToken, ["/repos/actions/runner/releases/latest"]);
    assert.equal(server.seen.length, 5);
    assert.ok(![...printed, written].join("\n").includes("ghs_secret"));
  });

  it("refuses a version that does not exist, an answer that is no release, and a network that is down, each in one line", async () => {
    await refused(["--version", "2.1.0"], /--version 2\.1\.0: actions\/runner has no such release/);
    server.respond = () => ({ body: { tag_name: "v3.0.0-beta", assets: [] } });
    await refused([], /not a published release of the runner, but "v3\.0\.0-beta"/);
    server.respond = () => ({ body: { ...release(), tag_name: "v2.398.0" } });
    await refused(["--version", VERSION], /describes 2\.398\.0/);
    server.respond = () => ({ status: 403, body: { message: "API rate limit exceeded" } });
    await refused([], /status 403; .*GITHUB_TOKEN/);
    await server.stop();
    await refused([], /releases\/latest: fetch failed: .*; check the network/);
    server = await new LoopbackServer(() => ({})).start();
  });

  const invalid: [string[], RegExp][] = [
    [["--version", "v2.338.0"], /--version v2\.338\.0: give a version such as/],
    [["--pins", "http://example.com/pin"], /--pins http:\/\/example\.com\/pin: give https URLs/],
    [["--download", "no"], /--download no: give on or off/],
  ];
  for (const [argv, reason] of invalid) {
    it(`refuses ${argv.join(" ")} before any request`, async () => {
      await refused(argv, reason);
      assert.deepEqual(server.seen, []);
    });
  }

  it("prints its help without a network, and exits with 2 and one line for an invalid option", () => {
    const started = (args: string[]) =>
      spawnSync(process.execPath, ["-r", "ts-node/register", "runner-version/main.ts", ...args], { cwd: ROOT, encoding: "utf8" });
    const help = started(["--help"]);
    assert.deepEqual([help.status, help.stderr], [0, ""]);
    assert.match(help.stdout, /^Usage: npm run runner-version -- /);
    const wrong = started(["--version", "newest"]);
    assert.deepEqual([wrong.status, wrong.stdout, wrong.stderr], [2, "", "--version newest: give a version such as 2.338.0, or latest\n"]);
  });
});

describe("the file of the pinned runner", () => {
  it("is what the command would write, so that a move changes nothing but the pin", () => {
    assert.equal(readFileSync(join(ROOT, PIN_FILE), "utf8"), pinFile(currentPin));
  });

  it("is left alone by the formatter, also with sources that do not fit into a line", () => {
    const many = Array.from({ length: 5 }, (_, n) => `a pin in https://raw.githubusercontent.com/owner-${n}/repository/main/Dockerfile`);
    const text = pinFile({ ...currentPin, sources: { x64: many, arm64: ["the release's notes", "the downloaded archive"] } });
    const biome = join(ROOT, "node_modules/.bin/biome");
    const formatted = execFileSync(biome, ["format", `--stdin-file-path=${PIN_FILE}`], { cwd: ROOT, input: text, encoding: "utf8" });
    assert.equal(formatted, text);
  });
});
