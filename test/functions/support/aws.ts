import type { Answer, Respond, Seen } from "./server";

/** Responses by API operation. JSON services return an object, Auto Scaling the content of its XML result element. */
export type Operations = Record<string, (params: any) => Answer | object | string | "hang">;

/** The API operation of a request in either protocol. */
export function operationOf({ headers, body }: Seen): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string") return target.split(".").at(-1) ?? "";
  return new URLSearchParams(body).get("Action") ?? "";
}

/** One endpoint that implements the wire protocols of the AWS services that the functions use. */
export function awsEndpoint(operations: Operations): Respond {
  return (request) => {
    const operation = operationOf(request);
    const answer = operations[operation];
    if (!answer) return { status: 400, body: { __type: "AccessDeniedException", message: `unexpected ${operation}` } };
    const json = request.headers["x-amz-target"] !== undefined;
    const result = answer(json ? JSON.parse(request.body) : Object.fromEntries(new URLSearchParams(request.body)));
    if (result === "hang") return result;
    if (typeof result === "string") {
      const xml = `<${operation}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${operation}Result>${result}</${operation}Result></${operation}Response>`;
      return { headers: { "content-type": "text/xml" }, body: xml };
    }
    return "status" in result ? (result as Answer) : { headers: { "content-type": "application/x-amz-json-1.1" }, body: result };
  };
}

/** EC2's answer to DescribeInstances, whose protocol differs from that of the other services. */
export const powerState = (instanceId: string, state: string): Answer => ({
  status: 200,
  headers: { "content-type": "text/xml" },
  body: `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>${instanceId}</instanceId><instanceState><name>${state}</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
});

export const awsError = (type: string, message: string, status = 400): Answer => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: { __type: type, message },
});

export const queryError = (code: string, message: string, status = 400): Answer => ({
  status,
  headers: { "content-type": "text/xml" },
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});
