import { join } from "node:path";
import type { Certificates } from "./front/certificates";
import { createFront, type HttpHandler } from "./front/front-handler";
import { type FrontServers, openServers } from "./front/servers";
import { createImds, ImdsFaults, type ImdsRequest, type ImdsResponse } from "./imds";
import type { AwsOptions } from "./aws-options";
import type { AwsServices } from "./services";
import { createWireHandler } from "./wire/wire-handler";

export interface ListenerOptions extends Pick<AwsOptions, "clock" | "random" | "region" | "accountId" | "workDir" | "githubHandler"> {
  /** Serves the functions' own URLs. */
  functionUrlHandler: HttpHandler;
  services: Pick<AwsServices, "gateway" | "credentials" | "fleet" | "autoscaling">;
  certificates: Certificates;
  /** For the connections to `privateHosts`. */
  privateCertificates: Certificates;
  privateHosts: readonly string[];
  /** Exact names or `*.suffix`. */
  githubHosts: readonly string[];
  onDefect(error: unknown): void;
}

export interface Listeners {
  servers: FrontServers;
  imds: (request: ImdsRequest) => ImdsResponse;
  imdsFaults: ImdsFaults;
}

/** Serves AWS's protocols, instance metadata and GitHub behind one set of listeners. */
export async function openListeners(options: ListenerOptions): Promise<Listeners> {
  const { clock, random, region, accountId, workDir, certificates, privateCertificates, privateHosts, githubHosts, onDefect } = options;
  const { gateway, credentials, fleet, autoscaling } = options.services;
  const imdsFaults = new ImdsFaults();
  const imds = createImds({
    clock,
    random,
    fleet,
    account: { region, accountId },
    faults: imdsFaults,
    targetState: (id) => autoscaling.targetState(id),
    issue: (principal) => credentials.issue(principal),
  });
  const wire = createWireHandler({ api: gateway, credentials, clock, region, onDefect });
  const front = createFront({
    wire,
    imds,
    github: options.githubHandler,
    functionUrls: options.functionUrlHandler,
    githubHosts,
    now: () => clock.now(),
  });
  const privateOnes = { hosts: privateHosts, certificates: privateCertificates };
  const servers = await openServers(front, certificates, join(workDir, "front.sock"), privateOnes);
  return { servers, imds, imdsFaults };
}
