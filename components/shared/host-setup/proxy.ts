import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

export function proxySetup({ httpProxy, httpsProxy, noProxy, awsByProxy }: HostSettings): Pick<HostSetup, "proxy"> {
  if (httpProxy === undefined && httpsProxy === undefined) return {};
  return {
    proxy: {
      ...(httpProxy === undefined ? {} : { http: httpProxy }),
      ...(httpsProxy === undefined ? {} : { https: httpsProxy }),
      noProxy: noProxy ?? [],
      ...(awsByProxy ? { awsByProxy: true } : {}),
    },
  };
}
