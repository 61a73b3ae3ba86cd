export { IMPORT_IMAGE as IMPORT } from "../../../rehearsal/scenarios/actions-runner-pool/job-containers";
