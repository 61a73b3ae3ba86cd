import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { GATEWAY_ADDRESS, type MachineNetwork, openMachineNetwork } from "../../../rehearsal/hosts/network";
import { TOOL_PATH } from "../../../rehearsal/hosts/systemd/command";
import { featureNames, type MachineFeatures } from "../../../rehearsal/hosts/systemd/machine-features";
import { needSystemd } from "./rig";

const BOOT = join(__dirname, "../../../rehearsal/hosts/systemd/boot.sh");

/** The variables of nspawn, and its arguments, one a line. */
const NSPAWN = `#!/bin/sh
env | grep ^SYSTEMD_NSPAWN_ | sort >"$RECORD"
printf '%s\\n' "$@" >>"$RECORD"
`;

describe("the features of a machine", () => {
  let dir: string;
  let network: MachineNetwork;

  before(async function () {
    needSystemd(this);
    network = await openMachineNetwork();
    dir = mkdtempSync(join(tmpdir(), "features-"));
    for (const part of ["image", "disk/upper", "disk/work", "disk/root", "bin"]) mkdirSync(join(dir, part), { recursive: true });
    writeFileSync(join(dir, "bin/systemd-nspawn"), NSPAWN);
    chmodSync(join(dir, "bin/systemd-nspawn"), 0o755);
  });
  after(async () => {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
    await network?.close();
  });

  /** What boot.sh, with everything else real, would start. */
  function started(features: MachineFeatures | undefined, binds = ""): string[] {
    const record = join(dir, "record");
    execFileSync("sh", [BOOT], {
      env: {
        PATH: `${join(dir, "bin")}:${TOOL_PATH}`,
        RECORD: record,
        IMAGE: join(dir, "image"),
        DISK: join(dir, "disk"),
        MACHINE: "m",
        HOST_NAME: "h",
        ADDRESS: "10.20.0.31",
        GATEWAY: GATEWAY_ADDRESS,
        CLOUD: String(network.holder),
        LINK: "vfeatures",
        CGROUP_PROCS: "",
        FEATURES: featureNames(features),
        BINDS: binds,
      },
    });
    return readFileSync(record, "utf8").trim().split("\n");
  }

  /** A usual machine, as boot.sh started it before there were features. */
  const usual = () => [
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1",
    "--quiet",
    "--settings=no",
    `--directory=${dir}/disk/root`,
    "--machine=m",
    "--hostname=h",
    "--boot",
    "--register=no",
    "--keep-unit",
    "--network-namespace-path=/proc/self/ns/net",
    "--system-call-filter=bpf",
    "--capability=CAP_BPF,CAP_NET_ADMIN",
    "--console=read-only",
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
  ];

  it("change nothing of a usual machine, whose proofs about hostile jobs would otherwise be of a laxer one", () => {
    assert.deepEqual(started(undefined), usual());
    assert.deepEqual(started({ engineFolder: true }), usual());
  });

  it("give a machine with containers what a rootless engine needs and nothing else", () => {
    const expected = usual().map((line) => (line === "--system-call-filter=bpf" ? "--system-call-filter=bpf @keyring" : line));
    const containers = ["SYSTEMD_NSPAWN_API_VFS_WRITABLE=network", ...expected];
    assert.deepEqual(started({ containers: true }), [...containers, `--bind=${dir}/disk/engine:${HOST_PATHS.engine}`]);
    assert.deepEqual(started({ containers: true, engineFolder: false }), containers, "a volume could not be mounted over the folder");
  });

  it("give a machine its own devices, under the names that it expects", () => {
    assert.deepEqual(started({}, "/dev/loop3:/dev/sdf /dev/loop4:/dev/sdg"), [
      ...usual(),
      "--bind=/dev/loop3:/dev/sdf",
      "--bind=/dev/loop4:/dev/sdg",
    ]);
  });
});
