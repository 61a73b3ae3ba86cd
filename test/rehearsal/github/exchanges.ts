import assert from "node:assert/strict";
import { call, type ServedGitHub } from "./fixture";
import { templateOf } from "./description";
import { differences, isDescribed, requestDifferences } from "./openapi";

export interface ExchangeOptions {
  body?: unknown;
  /** `authorization` header. */
  as?: string;
  /** The request must be refused, and need not be as described. */
  wrong?: boolean;
}

export type Exchange = (method: string, path: string, status: number, options?: ExchangeOptions) => ReturnType<typeof call>;

/** Exchanges that were compared with GitHub's description, so that a test can find the missing ones. */
export class Exchanges {
  private readonly seen: { route: string; status: number }[] = [];

  /** One exchange; request and reply are compared with the description. */
  async exchange(
    served: ServedGitHub,
    method: string,
    path: string,
    status: number,
    options: ExchangeOptions = {},
  ): ReturnType<typeof call> {
    const reply = await call(served, method, path, options.body, options.as);
    const url = new URL(path, "http://loopback");
    const template = templateOf(method, url.pathname);
    assert.ok(template, `GitHub has no ${method} ${path}`);
    assert.equal(reply.status, status, `${method} ${path}: ${JSON.stringify(reply.body)}`);
    // The description of this list requires each account to be both a user and an enterprise.
    const list = template === "/app/installations" && status === 200;
    const [compared, body] = list ? ["/orgs/{org}/installation", reply.body[0]] : [template, reply.body];
    const found = differences(method, compared, status, body);
    const inRequest = options.wrong ? [] : requestDifferences(method, template, url.pathname, url.searchParams, options.body);
    assert.deepEqual([...found, ...inRequest], [], `${method} ${path} ${status}`);
    this.seen.push({ route: `${method} ${template}`, status });
    return reply;
  }

  /** Routes that GitHub lacks, and those of whose expected statuses one was never compared. */
  lacking(routes: string[], expected: (method: string, template: string, success: number) => number[]): string[] {
    return routes.flatMap((route) => {
      const [method = "", template = ""] = route.split(" ");
      const success = [200, 201, 202, 204].find((status) => isDescribed(method, template, status));
      if (success === undefined) return [`GitHub has no ${route}`];
      return expected(method, template, success)
        .filter((status) => !this.seen.some((one) => one.route === route && one.status === status))
        .map((status) => `${route} ${status}`);
    });
  }
}

/** Routes for webhooks, runs, jobs and runner groups, which a test of their own compares with the description. */
export function isOfDemand(route: string): boolean {
  return /\/hooks?\b|\/actions\/(runs|jobs|runner-groups)\b|\/installation\/repositories$/.test(route);
}
