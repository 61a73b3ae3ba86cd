import assert from "node:assert/strict";
import { UsageError } from "../../../cli/options";
import { chooseHosts } from "../../../rehearsal/environment/choose-hosts";
import type { MachineFeatures } from "../../../rehearsal/hosts/systemd/machine-features";

describe("the choice between real machines and simulated ones", () => {
  /** A kernel on which systemd runs, but no rootless engine. */
  const noContainers = (features: MachineFeatures | undefined) =>
    features?.containers ? ({ ok: false, reason: "containers cannot run" } as const) : ({ ok: true } as const);

  const choice = (wanted: "systemd" | "simulated" | "auto", features?: MachineFeatures) => {
    const lines: string[] = [];
    const hosts = chooseHosts(wanted, features, (line) => lines.push(line), noContainers);
    return { hosts, lines };
  };

  it("simulates by itself, and says why, what the kernel cannot run, instead of ending a promotion's rehearsal with an error", () => {
    assert.deepEqual(choice("auto", { containers: true }), {
      hosts: "simulated",
      lines: ["Simulated hosts, because containers cannot run."],
    });
  });

  it("has real machines for a stack that needs no containers, on the same kernel", () => {
    assert.deepEqual(choice("auto"), { hosts: "systemd", lines: [] });
    assert.deepEqual(choice("auto", {}), { hosts: "systemd", lines: [] });
  });

  it("refuses real machines by name where they cannot run, and never asks for simulated ones", () => {
    const refused = (error: Error) => error instanceof UsageError && error.message === "--hosts systemd: containers cannot run";
    assert.throws(() => choice("systemd", { containers: true }), refused);
    assert.deepEqual(choice("simulated", { containers: true }), { hosts: "simulated", lines: [] });
  });
});
