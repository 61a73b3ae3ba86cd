import { poolArgs } from "../pool-args";
import { rejects } from "./bad-input";

const { github } = poolArgs();
const at = (apiUrl: string) => ({ github: { ...github, apiUrl } });
const certified = (caCertificates: string) => ({ github: { ...github, caCertificates } });

rejects([
  {
    danger: "an Enterprise Server in a private domain with functions outside of a VPC, so that nothing would ever register",
    changes: at("https://github.corp.internal/api/v3"),
    field: "github.apiUrl",
    value: "github.corp.internal",
    remedy: /Set functions\.subnetIds/,
  },
  {
    danger: "one with a private address",
    changes: at("https://10.20.30.40/api/v3"),
    field: "github.apiUrl",
    value: "10.20.30.40",
    remedy: /Set functions\.subnetIds/,
  },
  {
    danger: "an empty list of subnets for the functions, which would put them outside of the VPC",
    changes: { functions: { subnetIds: [] } },
    field: "functions.subnetIds",
    value: "[]",
    remedy: /Set at least one/,
  },
  {
    danger: "security groups for functions in no VPC, which would be ignored",
    changes: { functions: { securityGroupIds: ["sg-0f"] } },
    field: "functions.securityGroupIds",
    value: "sg-0f",
    remedy: /Set functions\.subnetIds/,
  },
  {
    danger: "the path of a file in place of its certificates, which Node.js would ignore",
    changes: certified("/etc/ssl/corp.pem"),
    field: "github.caCertificates",
    value: "/etc/ssl/corp.pem",
    remedy: /BEGIN CERTIFICATE/,
  },
  {
    danger: "a text that only looks like a certificate",
    changes: certified("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    field: "github.caCertificates",
    value: "not shown",
    remedy: /PEM text/,
  },
  {
    danger: "the authority's private key, which would be stored in the state and on every instance",
    changes: certified("-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n"),
    field: "github.caCertificates",
    value: "not shown",
    remedy: /only the certificates/,
  },
]);
