/** Lambda handler of the scale function; scale.ts documents it. */
import { autoScalingClient, dynamoDbClient } from "../../shared/aws/clients";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { poolSettings } from "../shared/settings";
import { scalePorts } from "./aws-ports";
import { dispatchScale } from "./dispatch";
import { decide } from "./policy/decide";
import { ledgerTable, scalingSettings } from "./settings";

const { pool, names } = poolSettings();
const clients = { autoScaling: autoScalingClient(), dynamoDb: dynamoDbClient() };
const ports = scalePorts(clients, ledgerTable(), pool, decide, systemClock);

export const handler = poolHandler(pool, (event, invocation) =>
  dispatchScale(event, ports, { pool, group: names.group, scaling: () => scalingSettings() }, invocation),
);
