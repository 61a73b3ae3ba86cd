import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  service: "oidc" | "sts" | "lambda";
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** GitHub's token service, STS and Lambda on one port of the loopback, as far as an action talks to them. */
export class Cloud {
  readonly seen: Seen[] = [];
  /** What the control function answers in turn, the last one for ever. */
  replies: unknown[] = [];
  /** Error code with which STS refuses, if it does. */
  refusal?: string;
  private server!: Server;

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const { status, type, text } = this.answer(request, body);
        response.writeHead(status, { "content-type": type }).end(text);
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The variables that a job on GitHub's machine has, with AWS's services here. */
  get env(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.url}/oidc?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-t0ken",
      AWS_ENDPOINT_URL_STS: `${this.url}/sts`,
      AWS_ENDPOINT_URL_LAMBDA: `${this.url}/lambda`,
    };
  }

  private answer(request: IncomingMessage, body: string): { status: number; type: string; text: string } {
    const url = request.url ?? "";
    const service = url.split(/[/?]/)[1] as Seen["service"];
    this.seen.push({ service, url, headers: request.headers, body });
    if (service === "oidc") {
      const audience = new URL(url, "http://x").searchParams.get("audience");
      return { status: 200, type: "application/json", text: JSON.stringify({ value: `eyJ.${audience}.${this.seen.length}` }) };
    }
    if (service === "sts") return this.sts();
    const calls = this.seen.filter((one) => one.service === "lambda").length;
    return { status: 200, type: "application/json", text: JSON.stringify(this.replies[Math.min(calls, this.replies.length) - 1]) };
  }

  private sts(): { status: number; type: string; text: string } {
    const type = "text/xml";
    if (this.refusal !== undefined) {
      const error = `<Error><Type>Sender</Type><Code>${this.refusal}</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error>`;
      return {
        status: 403,
        type,
        text: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>r</RequestId></ErrorResponse>`,
      };
    }
    const credentials =
      "<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>s</SessionToken>" +
      "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>";
    const result = `<AssumeRoleWithWebIdentityResult>${credentials}<SubjectFromWebIdentityToken>x</SubjectFromWebIdentityToken></AssumeRoleWithWebIdentityResult>`;
    return {
      status: 200,
      type,
      text: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleWithWebIdentityResponse>`,
    };
  }
}
