import type { AwsOptions } from "./aws-options";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { AwsFaults } from "./api-faults";
import type { AlarmReport } from "./cloudwatch/alarms";
import { type CertificateFiles, createCertificates, servedNames } from "./front/certificates";
import { GITHUB_HOST_PATTERNS } from "./front/front-handler";
import { type FunctionServices, startFunctions } from "./function-services";
import type { Denial } from "./gateway";
import type { UnusedGrant } from "./iam/iam";
import { type Listeners, openListeners } from "./listeners";
import { type AwsServices, createServices } from "./services";

interface Front extends CertificateFiles {
  socketPath: string;
  tlsPort: number;
  httpPort: number;
  /** The authority of `privateHosts`, PEM. */
  privateCaFile: string;
}

export interface AwsStandIn extends Omit<AwsServices, "refused">, FunctionServices, Pick<Listeners, "imds" | "imdsFaults"> {
  faults: AwsFaults;
  front: Front;
  calls(): Record<string, Record<string, number>>;
  denied(): Denial[];
  unusedGrants(): UnusedGrant[];
  alarms(): AlarmReport[];
  /** Failures of the stand-in itself. If there are any, the rehearsal's results cannot be trusted. */
  defects: Error[];
  /** Terminates processes and closes listeners. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts the whole stand-in for AWS: services, credentials, listeners, function runtime and event bus. */
export async function startAws(options: AwsOptions): Promise<AwsStandIn> {
  const defects: Error[] = [];
  const onDefect = (error: unknown): void => {
    defects.push(error instanceof Error ? error : new Error(String(error)));
    options.onDefect?.(error);
  };
  await mkdir(options.workDir, { recursive: true });
  const githubHosts = [...GITHUB_HOST_PATTERNS, ...(options.githubHosts ?? [])];
  const names = servedNames(options.region, [...(options.githubHosts ?? []), ...(options.extraNames ?? [])]);
  const certificates = await createCertificates(join(options.workDir, "tls"), names);
  const { privateHosts = [] } = options;
  const privateCertificates = await createCertificates(join(options.workDir, "private-tls"), privateHosts);

  // The services publish to the bus, which invokes functions, which call the services.
  let functions: FunctionServices | undefined;
  const { refused, ...services } = createServices({ ...options, onDefect }, (event) => functions?.bus.put(event));
  const { servers, imds, imdsFaults } = await openListeners({
    ...options,
    services,
    certificates,
    privateCertificates,
    privateHosts,
    githubHosts,
    functionUrlHandler: (req, res) => functions!.functionUrls.handler(req, res),
    onDefect,
  });
  const route = {
    port: servers.tlsPort,
    hosts: ["*.amazonaws.com", "*.on.aws", ...githubHosts],
    privateHosts,
    caFile: certificates.caFile,
  };
  functions = startFunctions({ ...options, services, route, refused, onDefect });

  const { caFile, certFile, keyFile } = certificates;
  const { socketPath, tlsPort, httpPort } = servers;
  let closing: Promise<void> | undefined;
  return {
    ...services,
    ...functions,
    imds,
    imdsFaults,
    defects,
    faults: services.gateway.faults,
    front: { socketPath, tlsPort, httpPort, caFile, certFile, keyFile, privateCaFile: privateCertificates.caFile },
    calls: () => services.gateway.calls(),
    denied: () => services.gateway.denied(),
    unusedGrants: () => services.iam.unusedGrants(),
    alarms: () => services.cloudwatch.alarms(),
    close: () => (closing ??= close(services, functions, servers)),
  };
}

async function close(services: Omit<AwsServices, "refused">, functions: FunctionServices, servers: Listeners["servers"]): Promise<void> {
  services.autoscaling.close();
  functions.bus.close();
  services.ssm.close();
  // Stop the retries before killing the processes: a killed function must not be retried.
  const settled = functions.async.close();
  await functions.lambda.close();
  await settled;
  await servers.close();
}
