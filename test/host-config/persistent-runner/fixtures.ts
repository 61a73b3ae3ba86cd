import type { PersistentHostConfig } from "../../../contract/persistent-runner/host";
import type { RunOrder } from "../../../contract/persistent-runner/order";

export const CONFIG: PersistentHostConfig = {
  name: "e2e",
  region: "eu-west-1",
  leaseTable: "e2e-lease",
  registration: "jit",
  githubUrl: "https://github.com/acme/app",
  runnerUser: "runner",
  runnerArchive: { url: "https://github.com/actions/runner.tar.gz", sha256: "a".repeat(64) },
  cache: { mount: "/ci-cache", evict: ["cargo/registry", "ccache"] },
  idleStopTimeout: 1800,
  maxSession: 7200,
  firstBootTimeout: 1200,
  runLogsKept: 14,
  jobsMayUseInstanceRole: false,
};

const pinned = (digit: string, ending: string) => ({
  bucket: "artefacts",
  key: `host-bundles/${digit}.${ending}`,
  sha256: digit.repeat(64),
});

export const ORDER: RunOrder = {
  generation: 7,
  purpose: "run",
  bundle: pinned("b", "tar"),
  configuration: pinned("c", "json"),
  label: "e2e-0123456789ab",
  holder: "acme/app#1234#1",
  jitConfiguration: "eyJ0IjoiSklUIn0=",
};
