/** The command of runner-diagnostics.service, as the job's user: writes the lines of the runner's diagnostic logs to standard output. */
export async function readDiagnostics(_folder: string): Promise<void> {}
