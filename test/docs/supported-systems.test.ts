import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultImageParameter } from "../../components/shared/supported-systems";
import { recognize, SUPPORTED_SYSTEMS, type SupportedSystem } from "../../components/shared/supported-systems";
import { publicParameters, findImage } from "../../rehearsal/aws/ec2/catalogue";
import { compareVersions, OLDEST_MACHINE } from "../rehearsal/hosts/oldest-machine";
import { ROOT } from "./markdown";

const yaml = require("js-yaml") as { load(text: string): any };
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** `2023-03-03` for `20230303`. */
const day = (date: string) => date.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");

function hibernation({ hibernation: dates }: SupportedSystem): string {
  const listed = Object.entries(dates).map(([architecture, date]) => `${architecture} from ${day(date)}`);
  return listed.length === 0 ? "none" : listed.join(", ");
}

/** The table in README.md, from the data that the component uses. */
function table(): string {
  const rows = SUPPORTED_SYSTEMS.map((system) => {
    const { name, architectures, systemd, curl, cloudInit, booted } = system;
    const shown = booted === undefined ? "documentation only" : "a machine that the tests boot, on x86_64";
    return `| ${[name, architectures.join(", "), systemd, curl, cloudInit, hibernation(system), shown].join(" | ")} |`;
  });
  return [
    "| image | architectures | systemd | curl | cloud-init | EC2 hibernates images of | known from |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

describe("the table of supported systems", () => {
  it("is shown in README.md as the component uses it", () => {
    assert.ok(read("README.md").includes(`\n${table()}\n`), `README.md lacks this table:\n\n${table()}\n`);
  });

  it("has the versions that docs/aws-facts.md gives with their sources [A20.1, A20.2, A20.3]", () => {
    const documented = [
      ...read("docs/aws-facts.md").matchAll(/^\| A20\.\d \| (.+) has systemd (\d+), curl ([\d.]+) and cloud-init ([\d.]+)\. \|/gm),
    ];
    assert.deepEqual(
      documented.map(([, name, systemd, curl, cloudInit]) => ({ name, systemd: Number(systemd), curl, cloudInit })),
      SUPPORTED_SYSTEMS.map(({ name, systemd, curl, cloudInit }) => ({ name, systemd, curl, cloudInit })),
    );
  });

  it("lists no system that is older than the oldest machine or newer than the newest that the tests boot", () => {
    const newest = SUPPORTED_SYSTEMS.find(({ booted }) => booted === "trixie")!;
    for (const { name, systemd, curl, cloudInit } of SUPPORTED_SYSTEMS) {
      assert.ok(systemd >= OLDEST_MACHINE.systemd && systemd <= newest.systemd, `${name}: systemd ${systemd}`);
      assert.ok(compareVersions(curl, OLDEST_MACHINE.curl) >= 0 && compareVersions(curl, newest.curl) <= 0, `${name}: curl ${curl}`);
      assert.ok(
        compareVersions(cloudInit, OLDEST_MACHINE.cloudInit) >= 0 && compareVersions(cloudInit, newest.cloudInit) <= 0,
        `${name}: cloud-init ${cloudInit}`,
      );
    }
    assert.ok(compareVersions("7.9", "7.81") < 0 && compareVersions("8.14", "8.5") > 0 && compareVersions("8.5", "8.5.0") === 0);
  });

  const names: [image: string, found: [system: string, date: string] | undefined][] = [
    ["ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423", ["Ubuntu 24.04", "20240423"]],
    ["ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20230303", ["Ubuntu 22.04", "20230303"]],
    ["ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240701.1", ["Ubuntu 22.04", "20240701"]],
    ["ubuntu-pro-server/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-pro-server-20240423", ["Ubuntu 24.04", "20240423"]],
    ["al2023-ami-2023.9.20251117.1-kernel-6.12-arm64", ["Amazon Linux 2023", "20251117"]],
    ["debian-12-amd64-20240717-1811", ["Debian 12", "20240717"]],
    ["debian-13-arm64-20260806-2561", ["Debian 13", "20260806"]],
    ["ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-minimal-20240423", undefined],
    ["ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-20240423", undefined],
    ["al2023-ami-minimal-2023.9.20251117.1-kernel-6.12-arm64", undefined],
    ["runner-ubuntu-noble-24.04-amd64-server-20240423", undefined],
    ["debian-11-amd64-20240717-1811", undefined],
  ];
  for (const [image, found] of names) {
    it(`${found ? `recognizes ${found[0]} by` : "concludes nothing from"} the name ${image} [A20.6]`, () => {
      const recognized = recognize(image);
      assert.deepEqual(recognized && [recognized.system.name, recognized.date], found);
    });
  }

  it("includes the default image, whose name the stand-in gives as Canonical does", () => {
    for (const architecture of ["amd64", "arm64"] as const) {
      const image = findImage(publicParameters.get(defaultImageParameter(architecture))!)!;
      assert.equal(recognize(image.name)?.system, SUPPORTED_SYSTEMS[0], image.name);
    }
  });

  it("has an image on EC2's list for each stack and each example that hibernates [A20.7]", () => {
    const able = SUPPORTED_SYSTEMS.filter(({ hibernation: dates }) => Object.keys(dates).length > 0);
    const fact = /^\| A20\.7 \|.+$/m.exec(read("docs/aws-facts.md"))![0];
    for (const date of able.flatMap(({ hibernation: dates }) => Object.values(dates))) {
      assert.ok(fact.includes(date) || fact.includes(day(date)), `A20.7 lacks ${date}`);
    }
    const releases = able.map(({ name }) => name.split(" ").at(-1)!);
    assert.deepEqual(releases, ["22.04", "2023"]);
    const stacks = readdirSync(ROOT).filter((file) => /^Pulumi\.\w+\.yaml$/.test(file));
    const configured = stacks.map((file) => [file, yaml.load(read(file)).config] as const);
    const hibernated = configured.filter(([, config]) => config["ci-runners:warmPool"]?.state === "Hibernated");
    const parameters = hibernated.map(([file, config]) => [file, config["ci-runners:imageParameter"] ?? "the default image"]);
    const examples = readdirSync(join(ROOT, "examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of examples) {
      for (const file of ["index.ts", "__main__.py"].filter((one) => readdirSync(join(ROOT, "examples", name)).includes(one))) {
        const program = read(`examples/${name}/${file}`);
        if (!/\bHibernated\b/i.test(program)) continue;
        parameters.push([`examples/${name}`, /imageParameter: "([^"]+)"/.exec(program)?.[1] ?? "the default image"]);
      }
    }
    assert.deepEqual(parameters.map(([where]) => where).sort(), ["Pulumi.prod.yaml", "examples/arm64-hibernated"]);
    for (const [where, parameter] of parameters)
      assert.ok(
        releases.some((release) => parameter.includes(release)),
        `${where}: ${parameter}`,
      );
  });
});
