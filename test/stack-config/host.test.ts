import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig } from "../../stack-config";
import { Deployment } from "../components/mocks";
import { configure } from "../support/run-stack";

/** One value for each key about a team's machines. */
const GIVEN = {
  docker: "rootless",
  setupScript: "setup.sh",
  packages: ["jq"],
  setupTimeout: 300,
  jobEnvironment: { LANG: "C" },
  httpProxy: "http://proxy.example.com:3128",
  httpsProxy: "http://proxy.example.com:3128",
  noProxy: [".example.com"],
  awsByProxy: true,
  caBundle: "-----BEGIN CERTIFICATE-----",
  hostLogs: { retentionDays: 14 },
  rootVolumeType: "io2",
  rootVolumeIops: 4000,
  rootVolumeThroughput: 250,
  volumes: [{ mountPoint: "/data", size: 100 }],
  useInstanceStore: true,
  diskFloor: { freeSpace: 2 },
};

/** Arguments that the project's own defaults give, which are those of the component. */
const DEFAULTS = { awsByProxy: false, rootVolumeType: "gp3", useInstanceStore: false };

describe("what a stack asks of its machines", () => {
  const read = async (values: object): Promise<Record<string, unknown>> => {
    await Deployment.start();
    configure("dev");
    for (const [key, value] of Object.entries(values)) {
      pulumi.runtime.setConfig(`ci-runners:${key}`, typeof value === "string" ? value : JSON.stringify(value));
    }
    const { pool } = readStackConfig();
    return Object.fromEntries(Object.keys({ ...GIVEN, jobsMayUseDocker: 0 }).map((key) => [key, pool![key as keyof typeof pool]]));
  };
  const given = (all: Record<string, unknown>) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));

  it("reaches the pool under the argument's name", async () => {
    assert.deepEqual(given(await read(GIVEN)), GIVEN);
  });

  it("is nothing by default, so that no stack changes by an upgrade", async () => {
    const { jobEnvironment, ...others } = given(await read({}));
    assert.deepEqual([jobEnvironment, others], [{}, DEFAULTS]);
  });

  it("has the argument that docker replaces only if it is true: its default would exclude docker", async () => {
    assert.equal((await read({ docker: "root", jobsMayUseDocker: false })).jobsMayUseDocker, undefined);
    assert.equal((await read({ jobsMayUseDocker: true })).jobsMayUseDocker, true);
  });

  for (const [path, values, field] of [
    ["volumes[0]", { volumes: [{ mountpoint: "/data" }] }, "mountpoint"],
    ["hostLogs", { hostLogs: { retention: 14 } }, "retention"],
    ["diskFloor", { diskFloor: { freespace: 2 } }, "freespace"],
  ] as const) {
    it(`is refused with a misspelt field of ${path}, which would otherwise be ignored`, async () => {
      await assert.rejects(read(values), {
        message: new RegExp(`^ci-runners:${path.replace(/[[\].]/g, "\\$&")} has an unknown field "${field}"; use one of `),
      });
    });
  }
});
