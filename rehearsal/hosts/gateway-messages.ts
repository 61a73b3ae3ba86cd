/** What the main process and the gateway's exchange, one JSON object a line. */
import type { Endpoint, ProxyRequest, ProxyState } from "./forward-proxy";

export interface GatewaySettings {
  socket: string;
  certificate: string;
  key: string;
  tls: Endpoint;
  metadata: Endpoint;
  proxy?: {
    listen: Endpoint;
    /** The proxy ends TLS with this certificate instead of passing it through. */
    inspect?: { certificate: string; key: string };
  };
}

export interface GatewayCommand {
  proxy: ProxyState;
  closedTo: readonly string[];
}

export type GatewayReport = { ready: true } | { state: ProxyState } | { proxied: ProxyRequest };
