import type { Registrar } from "../../../host-config/actions-runner-pool/agent/ports/registrar";
import type { AgentProcess } from "./agent-process";
import type { SimulatedHostEnvironment } from "./environment";
import { DEFAULT_RUNNER_TIMING } from "./runner-timing";

/** As the official runner words it. */
const CONFIGURED =
  "Cannot configure the runner because it is already configured. To reconfigure the runner, run 'config.cmd remove' or './config.sh remove' first.";
/** As systemd-run words it. */
const UNIT_EXISTS = "Failed to start transient service unit: Unit runner-register.service was already loaded or has a fragment file.";

/** The machine that config.sh runs on. */
interface Machine {
  readonly environment: SimulatedHostEnvironment;
  readonly on: boolean;
  readonly registered: boolean;
  register(token: string): void;
}

/**
 * config.sh in its own transient unit: it goes on when the agent that started it is killed, and as long as it runs no second
 * one starts.
 */
export class RegisterUnit {
  private active = false;

  constructor(private readonly machine: Machine) {}

  /** Rejects with what config.sh or systemd-run prints. */
  async run(token: string): Promise<void> {
    const { machine } = this;
    if (this.active) throw new Error(`config.sh: exit code 1: ${UNIT_EXISTS}`);
    if (machine.registered) throw new Error(`config.sh: exit code 1: ${CONFIGURED}`);
    const { register } = machine.environment.timing ?? DEFAULT_RUNNER_TIMING;
    if (register === 0) return machine.register(token);
    this.active = true;
    await new Promise<void>((resolve) => machine.environment.clock.after(register, () => resolve()));
    this.active = false;
    // It ends with the machine.
    if (machine.on) machine.register(token);
  }
}

/** What one process of the agent sees of it. */
export function registrarPort(machine: Machine & { registration: RegisterUnit }, process: AgentProcess): Registrar {
  return {
    registered: async () => machine.registered,
    register: (token) => process.waitFor(machine.registration.run(token)),
  };
}
