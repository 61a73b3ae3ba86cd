import type { App, Caller, Installation } from "./github-credentials";
import { HttpError } from "./http";

/** Throws HttpError unless the caller may write (or read) the self-hosted runners of the scope. */
export function requireRunnerAccess(caller: Caller, scope: string, need: "read" | "write"): void {
  // Runners of an organization and of a repository need different permissions of the App.
  requireAccess(caller, scope, scope.includes("/") ? "administration" : "organization_self_hosted_runners", need);
}

/** Throws HttpError unless the caller covers the scope and has the permission. A token has every permission in its scopes. */
export function requireAccess(caller: Caller, scope: string, permission: string, need: "read" | "write"): void {
  if (caller.kind === "app") throw new HttpError(401, "Bad credentials");
  if (caller.kind === "token") {
    const allowed = caller.scopes.some((own) => own.toLowerCase() === scope.toLowerCase());
    if (!allowed) throw new HttpError(404, "Not Found");
    return;
  }
  const { installation } = caller;
  if (!covers(installation, scope)) throw new HttpError(404, "Not Found");
  const held = installation.permissions[permission];
  if (held !== "write" && held !== need) throw new HttpError(403, "Resource not accessible by integration");
}

/** The installation of this App that covers an organization or repository. Throws HttpError 404. */
export function installationFor(app: App, scope: string): Installation {
  const found = app.installations.find((installation) => covers(installation, scope));
  if (!found) throw new HttpError(404, "Not Found");
  return found;
}

export function covers(installation: Installation, scope: string): boolean {
  const [owner, repository] = scope.toLowerCase().split("/");
  if (installation.account.toLowerCase() !== owner) return false;
  if (repository === undefined || !installation.repositories) return true;
  return installation.repositories.some((own) => own.toLowerCase() === repository);
}
