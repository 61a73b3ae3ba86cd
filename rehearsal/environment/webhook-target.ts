import type { FunctionUrls } from "../aws/lambda/function-urls";
import type { Deliver } from "../github";

/** Where GitHub's webhooks arrive: the public addresses of the deployed functions. AWS starts after GitHub, and serves them. */
export class WebhookTarget {
  functionUrls?: Pick<FunctionUrls, "request">;

  readonly deliver: Deliver = async (url, headers, body) => {
    if (!this.functionUrls) throw new Error("AWS has not started");
    return (await this.functionUrls.request({ method: "POST", url, headers, body })).status;
  };
}
