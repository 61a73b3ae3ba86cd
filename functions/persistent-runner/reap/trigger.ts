/** Whether an event is a reason for a pass. A pass is harmless at any time, so only what is certainly another's is none. */
export function isForeign(event: unknown, instanceId: string): boolean {
  const { "detail-type": type, detail } = (event ?? {}) as { "detail-type"?: unknown; detail?: { "instance-id"?: unknown } | null };
  if (type !== "EC2 Instance State-change Notification") return false;
  const id = detail?.["instance-id"];
  return typeof id === "string" && id !== instanceId;
}
