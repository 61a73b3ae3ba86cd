export type { ImdsRequest, ImdsResponse } from "./http";
export { createImds } from "./imds";
export { ImdsFaults, type ImdsFault } from "./imds-faults";
