export { createImds, ImdsOptions, ImdsRequest, ImdsResponse } from "./imds";
