import assert from "node:assert/strict";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import type { HostArgs } from "../../../components/shared/host-args";
import { dockerMode } from "../../../components/shared/docker-mode";
import { hostSetup } from "../../../components/shared/host-setup";
import { SETUP_TIMEOUT_MAX } from "../../../components/shared/host-setup/setup";
import { bundleKey, isBundleKey, setupKey } from "../../../contract/shared/host-bundle";
import { HOST_PATHS, engineRoot, workFolder } from "../../../contract/shared/host-paths";
import { LEFT_MS } from "../../../functions/actions-runner-pool/shared/shared-token";
import { LONGEST_MS } from "../../../host-config/actions-runner-pool/agent/registration";
import { PROGRAM, poolArgs } from "../actions-runner-pool/pool-args";

const settingsOf = (changes: HostArgs & { launchTimeout?: number } = {}) => resolveSettings("runners", poolArgs(changes), PROGRAM);
const setupOf = (changes: HostArgs & { launchTimeout?: number } = {}) =>
  hostSetup(settingsOf(changes), { hostLogGroup: "/ci-runners/pool" });

describe("what a pool asks of its hosts", () => {
  it("is nothing without an argument for it, so that other pools' user data stays as it is", () => {
    assert.deepEqual(setupOf(), {});
    assert.deepEqual(setupOf({ docker: "none", jobsMayUseDocker: undefined, setupTimeout: undefined }), {});
  });

  it("has the Docker of `docker`, or of the argument that it replaces", () => {
    const modes = [{}, { jobsMayUseDocker: false }, { jobsMayUseDocker: true }, { docker: "rootless" }, { docker: "none" }] as const;
    assert.deepEqual(
      modes.map((args) => dockerMode(settingsOf(args))),
      ["none", "none", "root", "rootless", "none"],
    );
    assert.equal(setupOf({ jobsMayUseDocker: true }).docker, "root");
  });

  it("has a bound for what takes time, within the launch, and for nothing else", () => {
    assert.equal(setupOf({ docker: "root" }).setupTimeout, 450);
    assert.equal(setupOf({ docker: "root", launchTimeout: 7200 }).setupTimeout, 600);
    assert.equal(setupOf({ docker: "root", setupTimeout: 120 }).setupTimeout, 120);
    assert.ok(!("setupTimeout" in setupOf({ httpsProxy: "http://proxy.example.com:3128", hostLogs: { diagnostics: true } })));
  });

  it("ends before the registration token that a launch got at its beginning, however long a setup is allowed", () => {
    assert.ok(SETUP_TIMEOUT_MAX * 1000 + LONGEST_MS <= LEFT_MS);
  });

  it("puts work and images where they are asked for, and nowhere else", () => {
    const volume = (mountPoint: string) => ({ volumes: [{ device: "/dev/sdf", mountPoint }] });
    assert.equal(workFolder({}), undefined);
    assert.equal(workFolder({ storage: volume("/data") }), undefined);
    assert.equal(workFolder({ storage: volume(HOST_PATHS.work) }), HOST_PATHS.work);
    assert.equal(workFolder({ storage: { volumes: [], instanceStore: true } }), HOST_PATHS.work);
    assert.deepEqual(
      [engineRoot({}), engineRoot({ docker: "root" }), engineRoot({ docker: "rootless" })],
      [undefined, "/var/lib/docker", HOST_PATHS.engine],
    );
  });

  it("names the script by its digest, and never as a bundle, which the sweep of bundles would delete", () => {
    const digest = "a".repeat(64);
    assert.equal(setupKey(digest), `host-bundles/${digest}.setup`);
    assert.deepEqual([isBundleKey(bundleKey(digest)), isBundleKey(setupKey(digest))], [true, false]);
  });

  it("counts the log retention of the functions for the hosts' logs as well, unless they have their own", () => {
    assert.deepEqual(settingsOf({ hostLogs: {} }).hostLogs, { retentionDays: 30, diagnostics: true });
    assert.equal(settingsOf({ hostLogs: { retentionDays: 7 } }).hostLogs!.retentionDays, 7);
    assert.equal(settingsOf().hostLogs, undefined);
  });
});
