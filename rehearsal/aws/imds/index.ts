export { createImds, ImdsRequest, ImdsResponse } from "./imds";
export { ImdsFaults, type ImdsFault } from "./imds-faults";
