import type { Repository } from "./repositories";
import { account, CREATED } from "./shapes";

/** What GitHub appends to a repository's URL for each kind of its contents. */
const BELOW = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
};

/** A repository as the REST API and webhooks describe it. */
export function repositoryBody({ id, fullName, isPrivate, archived }: Repository, api: string): Record<string, unknown> {
  const [owner = "", name = ""] = fullName.split("/");
  const url = `${api}/repos/${fullName}`;
  const page = `https://github.com/${fullName}`;
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: fullName,
    owner: account(owner, "Organization", api),
    private: isPrivate,
    visibility: isPrivate ? "private" : "public",
    html_url: page,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(BELOW).map(([key, path]) => [key, url + path])),
    clone_url: `${page}.git`,
    git_url: `git://github.com/${fullName}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    svn_url: page,
    mirror_url: null,
    default_branch: "main",
    archived,
    disabled: false,
    homepage: null,
    language: null,
    license: null,
    ...{ forks: 0, forks_count: 0, open_issues: 0, open_issues_count: 0, stargazers_count: 0, watchers: 0, watchers_count: 0, size: 1 },
    ...{ has_downloads: true, has_issues: true, has_pages: false, has_projects: true, has_wiki: false },
    ...{ pushed_at: CREATED, created_at: CREATED, updated_at: CREATED },
  };
}

export function organizationBody(login: string, api: string): Record<string, unknown> {
  const url = `${api}/orgs/${login}`;
  return {
    login,
    id: 1,
    node_id: "O_1",
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: "https://avatars.githubusercontent.com/u/1",
    description: null,
  };
}
