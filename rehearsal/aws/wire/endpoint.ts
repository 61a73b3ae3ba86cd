import { serviceNamed, type ServiceName } from "./services";

export interface Endpoint {
  service: ServiceName;
  /** Absent for global names (`s3.amazonaws.com`). */
  region?: string;
  /** Of a virtual-hosted S3 name. */
  bucket?: string;
}

/** The service, region and bucket of an AWS host name; undefined if the stand-in does not serve it. Ignores the port. */
export function endpointOf(host: string): Endpoint | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  if (!name.endsWith(".amazonaws.com")) return undefined;
  const labels = name.slice(0, -".amazonaws.com".length).split(".");
  const s3 = labels.lastIndexOf("s3");
  if (s3 >= 0 && s3 >= labels.length - 3) {
    const bucket = labels.slice(0, s3).join(".");
    const region = labels.slice(s3 + 1).filter((label) => label !== "dualstack")[0];
    return { service: "s3", ...(region ? { region } : {}), ...(bucket ? { bucket } : {}) };
  }
  // An endpoint of one account, which the SDK uses where it knows the account: from its credentials or a table's ARN.
  if (labels.length === 3 && labels[1] === "ddb" && /^\d{12}$/.test(labels[0] ?? "")) {
    return { service: "dynamodb", region: labels[2] as string };
  }
  const [first = "", region] = labels;
  const service = labels.length <= 2 ? serviceNamed(first) : undefined;
  return service && { service: service.name, ...(region ? { region } : {}) };
}
