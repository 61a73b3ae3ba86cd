import type { LeasePorts } from "../../../functions/actions-runner-pool/scale/ports";

interface State {
  owner?: string;
  until?: number;
  again?: boolean;
  memory?: string;
}

/** The lease without a table. Its agreement with the real one is tested (scaler-state.test.ts). */
export function memoryLease(): {
  [Call in keyof LeasePorts]: (...given: Parameters<LeasePorts[Call]>) => Awaited<ReturnType<LeasePorts[Call]>>;
} {
  let state: State = {};
  const held = (now: number) => state.until !== undefined && state.until > now;
  const keep = (memory: string | undefined) => (memory === undefined ? {} : { memory });
  return {
    take(owner, now, until) {
      if (held(now) && state.owner !== owner) return undefined;
      state = { owner, until, ...keep(state.memory) };
      return keep(state.memory);
    },
    ask(now) {
      if (!held(now)) return false;
      state.again = true;
      return true;
    },
    release(owner, memory) {
      if (state.owner !== owner || state.again) return false;
      state = { memory };
      return true;
    },
    renew(owner, until, memory) {
      if (state.owner !== owner) return false;
      state = { owner, until, memory };
      return true;
    },
    drop(owner, memory = state.memory) {
      if (state.owner === owner) state = keep(memory);
    },
  };
}
