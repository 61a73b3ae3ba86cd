/** systemd's names of the units that what a team asks of a host brings along. */
export const HOST_UNITS = {
  /** Finds, formats and mounts the volumes at each boot. */
  storage: "runner-storage.service",
  /** Keeps the engine's containers from the instance's metadata. */
  metadataFence: "runner-metadata-fence.service",
  /** The rootless engine. */
  docker: "runner-docker.service",
  /** HOST_PATHS.engineRuntime, as systemd escapes paths. */
  dockerRuntime: "run-ci\\x2drunners-docker.mount",
  /** Delivers the host's logs. */
  logs: "runner-logs.service",
  /** Runs the setup script, once per machine. */
  setup: "runner-setup.service",
  /** Reads the runner's diagnostic logs as the job's user. */
  diagnostics: "runner-diagnostics.service",
} as const;
