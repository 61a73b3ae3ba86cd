/** Sends a delivery; resolves with the receiver's HTTP status, rejects if there is no reply. */
export type Deliver = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

/** Over a real connection, as GitHub sends it. */
export const deliverOverHttp: Deliver = async (url, headers, body) => {
  const { status, body: reply } = await fetch(url, { method: "POST", headers, body, redirect: "manual" });
  await reply?.cancel();
  return status;
};
