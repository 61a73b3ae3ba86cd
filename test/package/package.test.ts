import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { VERSION } from "../../components/shared/package-version";
import * as library from "../../components";
import { ENGINE_TEST_TIMEOUT } from "../rehearsal/engine/fixture";
import { deployAndDestroy, type Deployed } from "./deployment";
import { type InstalledPackage, installedPackage, pack, ROOT, temporary } from "./installed-package";

const run = promisify(execFile);
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

const SETTINGS = `{
  github: { organization: "example-org", app: { id: "100001", privateKeySecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf" } },
  runner: { version: "2.350.0", sha256: "${"7".repeat(64)}" },
  instanceType: "m7i.large",
  maxSize: 4,
  subnetIds: ["subnet-0a1b2c3d4e5f60001"],
}`;
const TYPESCRIPT = `import { ActionsRunnerPool } from "ci-runners";\n\nconst pool = new ActionsRunnerPool("runners", ${SETTINGS});\n\nexport const groupName = pool.groupName;\n`;
/** Compiles only if the compiler reports an error on its third line. */
const MISTAKE = `\nconst settings = ${SETTINGS};\n// @ts-expect-error\nnew ActionsRunnerPool("mistake", { ...settings, maxSise: 4 });\n`;
const COMMONJS = `const { ActionsRunnerPool } = require("ci-runners");\nexports.groupName = new ActionsRunnerPool("runners", ${SETTINGS}).groupName;\n`;
const MODULE = `import { ActionsRunnerPool } from "ci-runners";\nexport const groupName = new ActionsRunnerPool("runners", ${SETTINGS}).groupName;\n`;

const project = (files: Record<string, string>) => ({
  "Pulumi.yaml": "name: shop-runners\nruntime: nodejs\n",
  "Pulumi.dev.yaml": "config:\n  aws:region: us-east-1\n",
  ...files,
});

describe("the package that other projects import", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  let installed: InstalledPackage;
  before(async () => {
    installed = await installedPackage();
  });
  const list = () => execFileSync("tar", ["-tzf", installed.tarball], { encoding: "utf8" }).trim().split("\n").sort();
  const manifest = () => JSON.parse(readFileSync(join(installed.folder, "node_modules/ci-runners/package.json"), "utf8"));

  it("contains what a user needs and nothing else: no test, no rehearsal, no secret of the checkout", () => {
    const allowed =
      /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md|schema\.json|lib\/(index\.(mjs|d\.mts)|(components|contract|build|host-config|plugin)\/[\w/-]+\.(js|d\.ts))|dist\/(manifest\.json|host-bundles\/[\w-]+\.tar|functions\/[\w-]+\/[\w-]+\/index\.mjs))$/;
    assert.deepEqual(
      list().filter((file) => !allowed.test(file)),
      [],
    );
    for (const file of [
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "schema.json",
      "lib/index.mjs",
      "dist/manifest.json",
      "dist/host-bundles/actions-runner-pool.tar",
    ]) {
      assert.ok(list().includes(`package/${file}`), file);
    }
    assert.match(readFileSync(join(installed.folder, "node_modules/ci-runners/LICENSE"), "utf8"), /Apache License\s+Version 2\.0/);
  });

  it("requires only the SDKs that every Pulumi program on AWS has, in the program's own versions, also by its types", () => {
    assert.deepEqual(manifest().dependencies ?? {}, {});
    assert.deepEqual(Object.keys(manifest().peerDependencies), ["@pulumi/aws", "@pulumi/pulumi"]);
    const used = execFileSync("grep", ["-rhoE", '(require\\(|from |import\\()"[^."][^"]*"', "lib"], {
      cwd: join(installed.folder, "node_modules/ci-runners"),
      encoding: "utf8",
    });
    const packages = new Set(
      [...used.matchAll(/"((?:@[^/"]+\/)?[^/"]+)[^"]*"/g)].map(([, name]) => name!).filter((name) => !name.startsWith("node:")),
    );
    assert.deepEqual([...packages].sort(), ["@pulumi/aws", "@pulumi/pulumi"]);
  });

  it("contains the parser of schedules that its functions have, with its license", () => {
    const file = join(installed.folder, "node_modules/ci-runners/lib/contract/actions-runner-pool/schedules.js");
    const { scheduleProblem } = require(file) as typeof import("../../contract/actions-runner-pool/schedules");
    const schedule = { timeZone: "Europe/Berlin", duration: 3600, minSize: 1 };
    assert.equal(scheduleProblem({ ...schedule, cron: "0 8 * * 1-5" }), undefined);
    assert.match(String(scheduleProblem({ ...schedule, cron: "0 0 30 2 *" })), /names a time that never comes/);
    assert.match(readFileSync(file, "utf8"), /^\/\*!\ncroner \d[\d.]+\n\nThe MIT License/);
  });

  it("is byte for byte the same from another folder, umask and time zone, so that anyone can verify a release", async () => {
    const copy = temporary("ci-runners-elsewhere-");
    const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
    for (const file of tracked.split("\0").filter(Boolean)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(ROOT, file), join(copy, file));
    }
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const other = await pack(copy, temporary("ci-runners-packed-"), { umask: "077", timeZone: "Pacific/Auckland" });
    assert.equal(sha256(other), sha256(installed.tarball));
  });

  it("contains no path of the machine that built it", () => {
    const text = execFileSync("tar", ["-xzOf", installed.tarball], { maxBuffer: 1 << 28 });
    for (const folder of [ROOT, installed.folder]) assert.ok(!text.includes(folder), folder);
  });

  for (const [how, script] of [
    ["require", `const library = require("ci-runners"); report(library);`],
    ["import", `import("ci-runners").then(report);`],
  ]) {
    it(`provides by ${how} each name that the sources export`, async () => {
      const report =
        "const report = (library) => console.log(JSON.stringify(Object.keys(library).filter((name) => name !== 'default').sort()));";
      const { stdout } = await run(process.execPath, ["-e", `${report}${script}`], { cwd: installed.folder });
      assert.deepEqual(JSON.parse(stdout), Object.keys(library).sort());
    });
  }

  it("has one implementation for require and import, so that both give the same class", async () => {
    const script = `import("ci-runners").then((module) => console.log(module.ActionsRunnerPool === require("ci-runners").ActionsRunnerPool))`;
    const { stdout } = await run(process.execPath, ["-e", script], { cwd: installed.folder });
    assert.equal(stdout, "true\n");
  });

  for (const [kind, type, module, moduleResolution] of [
    ["a CommonJS project on Node", "commonjs", "node16", "node16"],
    ["an ES module project on Node", "module", "node16", "node16"],
    ["a project for a bundler", "module", "esnext", "bundler"],
    ["Pulumi's own template, with the module resolution of old Node", "commonjs", "commonjs", "node10"],
  ] as const) {
    it(`has its types in ${kind}, where a misspelled argument does not compile`, async () => {
      const folder = installed.lay(`types-${type}-${moduleResolution}`, {
        "package.json": JSON.stringify({ type }),
        "tsconfig.json": JSON.stringify({
          compilerOptions: { strict: true, noEmit: true, target: "es2022", module, moduleResolution, types: ["node"], skipLibCheck: true },
          files: ["index.ts"],
        }),
        "index.ts": `${TYPESCRIPT}${MISTAKE}`,
      });
      await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]).catch((error) =>
        assert.fail(error.stdout),
      );
    });
  }

  const assertPool = ({ outputs, of }: Deployed) => {
    assert.equal(outputs.groupName!.value, "shop-runners-dev-runners");
    of("aws:autoscaling/group:Group", 1);
    of("aws:lambda/function:Function", 3);
    assert.equal(of("aws:sqs/queue:Queue", 1)[0]!.outputs.tags["ci-runners:release"], `v${VERSION}`);
  };

  it("deploys and destroys a pool from ten lines of TypeScript in an empty project", async () => {
    const folder = installed.lay("typescript", project({ "index.ts": TYPESCRIPT }));
    await deployAndDestroy(folder, {}, assertPool);
  });

  it("deploys and destroys a pool from plain JavaScript, as a CommonJS module and as an ES module", async () => {
    const common = installed.lay("common", project({ "index.js": COMMONJS }));
    const program = async () => {
      delete require.cache[join(common, "index.js")];
      return { ...require(join(common, "index.js")) };
    };
    await deployAndDestroy(common, { program }, assertPool);
    const modern = installed.lay("modern", project({ "index.mjs": MODULE }));
    let run = 0;
    await deployAndDestroy(
      modern,
      { program: async () => ({ ...(await import(`${join(modern, "index.mjs")}?run=${run++}`)) }) },
      assertPool,
    );
  });

  it("refuses invalid arguments as the sources do, before anything is created", async () => {
    const folder = installed.lay("refused", project({ "index.ts": TYPESCRIPT.replace("maxSize: 4", "maxSize: 0") }));
    await assert.rejects(
      deployAndDestroy(folder, {}, () => assert.fail("deployed")),
      /maxSize = 0\. Lower minSize/,
    );
  });

  it("contains an executable plugin for the engine", () => {
    assert.ok(statSync(join(installed.folder, "node_modules/.bin/pulumi-resource-ci-runners")).mode & 0o100);
  });
});
