export { DynamoDb } from "./dynamodb";
