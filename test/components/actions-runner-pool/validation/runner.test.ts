import { rejects } from "./bad-input";

const SHA = "7".repeat(64);

rejects([
  {
    danger: "a runner version without its digest, which would run whatever is downloaded",
    changes: { runner: { version: "2.350.0" } },
    field: "runner.sha256",
    value: "is missing",
    remedy: /release notes/,
  },
  {
    danger: "an invalid digest",
    changes: { runner: { version: "2.350.0", sha256: "abc" } },
    field: "runner.sha256",
    value: "abc",
    remedy: /64/,
  },
  {
    danger: "a digest without its release, which may be that of any file",
    changes: { runner: { sha256: SHA } },
    field: "runner.version",
    value: "is missing",
    remedy: /remove runner.sha256 to install 2\.\d+\.\d+/,
  },
  {
    danger: "a version that would silently not be installed because the image already has a runner",
    changes: { runner: { onImage: true, version: "2.350.0" } },
    field: "runner.version",
    value: "2.350.0",
    remedy: /Remove it/,
  },
  {
    danger: "an archive over plain http",
    changes: { runner: { version: "2.350.0", sha256: SHA, archiveUrl: "http://mirror/runner.tar.gz" } },
    field: "runner.archiveUrl",
    value: "http://mirror/runner.tar.gz",
    remedy: /https/,
  },
  {
    danger: "a mirror's archive without a pin, which would no longer match once an upgrade moves the package's pin",
    changes: { runner: { archiveUrl: "https://mirror.example.com/runner.tar.gz" } },
    field: "runner.archiveUrl",
    value: "https://mirror.example.com/runner.tar.gz",
    remedy: /Set runner.version and runner.sha256/,
  },
  {
    danger: "jobs as root",
    changes: { runner: { version: "2.350.0", sha256: SHA, user: "root" } },
    field: "runner.user",
    value: "root",
    remedy: /not root/,
  },
  {
    danger: "a job hook without an absolute path, which would fail every job",
    changes: { runner: { version: "2.350.0", sha256: SHA, jobStartedHook: "hooks/started.sh" } },
    field: "runner.jobStartedHook",
    value: "hooks/started.sh",
    remedy: /absolute|path like/,
  },
]);
