/**
 * The release of the runner that a pool installs unless it names its own, and the only place where the project pins one.
 * Written by `npm run runner-version`; do not edit it by hand.
 *
 * A digest counts only if at least two independent sources give it. CONTRIBUTING.md says what each kind of source proves.
 */
export const RUNNER_RELEASE = {
  version: "2.338.0",
  pinnedOn: "2026-11-28",
  /** SHA-256 of `actions-runner-linux-ARCHITECTURE-VERSION.tar.gz`, by architecture. */
  sha256: {
    x64: "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32",
    arm64: "628b4a7258487b80c1d3c221095a7ded349f5ae0175fd3dfab708d07428f041b",
  },
  sources: {
    x64: ["a pin in github.com/ovg-project/kvcached", "a pin in github.com/totKtoXam/retroplay"],
    arm64: ["a pin in github.com/Harborline-Software/harborline-api", "a pin in github.com/totKtoXam/retroplay"],
  },
} as const;
