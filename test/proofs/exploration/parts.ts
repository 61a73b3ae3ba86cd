/** The real functions under exploration, loaded from their sources unchanged or with small substitutions (a mutant). */
import { type Substitution, withSubstitutions } from "../../support/substitutions";
import { Replay } from "./replay";

type Agent<M extends string> = M extends "steps" ? typeof import("../../../host-config/actions-runner-pool/agent/drain-steps") : never;

export interface Parts {
  beginDrain: Agent<"steps">["beginDrain"];
  nextStep: Agent<"steps">["nextStep"];
  perform: typeof import("../../../host-config/actions-runner-pool/agent/drain").perform;
  complete: typeof import("../../../host-config/actions-runner-pool/agent/complete").complete;
  reap: typeof import("../../../host-config/actions-runner-pool/agent/reap").reap;
  heartbeat: typeof import("../../../host-config/actions-runner-pool/agent/heartbeat").heartbeat;
  Daemon: typeof import("../../../host-config/actions-runner-pool/agent/daemon").Daemon;
  handleTerminating: typeof import("../../../functions/actions-runner-pool/deregister/terminating").handleTerminating;
  handleTerminated: typeof import("../../../functions/actions-runner-pool/deregister/terminated").handleTerminated;
  sweepRetained: typeof import("../../../functions/actions-runner-pool/sweep/retained").sweepRetained;
  sweepOrphanRunners: typeof import("../../../functions/actions-runner-pool/sweep/orphan-runners").sweepOrphanRunners;
  GroupHistory: typeof import("../../../functions/actions-runner-pool/sweep/history").GroupHistory;
  replay: Replay;
}

/** Loads fresh copies of the modules, so that mutants are isolated. */
export function loadParts(...substitutions: Substitution[]): Parts {
  return withSubstitutions(["host-config", "functions"], substitutions, load);
}

function load(require: (path: string) => any): Parts {
  const agent = (name: string) => require(`host-config/actions-runner-pool/agent/${name}`);
  const functions = (name: string) => require(`functions/actions-runner-pool/${name}`);
  const { beginDrain, nextStep } = agent("drain-steps");
  return {
    beginDrain,
    nextStep,
    perform: agent("drain").perform,
    complete: agent("complete").complete,
    reap: agent("reap").reap,
    heartbeat: agent("heartbeat").heartbeat,
    Daemon: agent("daemon").Daemon,
    handleTerminating: functions("deregister/terminating").handleTerminating,
    handleTerminated: functions("deregister/terminated").handleTerminated,
    sweepRetained: functions("sweep/retained").sweepRetained,
    sweepOrphanRunners: functions("sweep/orphan-runners").sweepOrphanRunners,
    GroupHistory: functions("sweep/history").GroupHistory,
    replay: new Replay(),
  };
}
