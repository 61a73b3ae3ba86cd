import * as settings from "@pulumi/pulumi/runtime/settings";

/** What the SDK passes to its clients of the engine, under the names of its newer and its older versions. */
interface SdkOptions {
  grpcClientOptions?: Record<string, unknown>;
  grpcChannelOptions?: Record<string, unknown>;
}

/**
 * Lets no connection to an engine be shared with an earlier one's.
 *
 * The SDK never closes the clients of a program that runs in this process, and gRPC shares connections by address. A
 * client that was called after its engine's exit keeps a failed connection, which waits up to 120 s between its attempts.
 * If a later engine gets that port from the system, its first calls fail at once with "UNAVAILABLE: No connection
 * established. Last error: null"; the SDK takes some of these errors for the engine's regular end, so that the program
 * counts as one without resources.
 */
export function useOwnConnections(): void {
  const { grpcClientOptions, grpcChannelOptions } = settings as unknown as SdkOptions;
  const options = grpcClientOptions ?? grpcChannelOptions;
  if (options) options["grpc.use_local_subchannel_pool"] = 1;
}
