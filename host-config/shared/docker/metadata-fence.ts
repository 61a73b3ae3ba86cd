/**
 * Rules of the packet filter that keep the containers of jobs from the instance's metadata. `IPAddressDeny=` of the engine's unit
 * does the same by control group; this does it by uid, wherever a process is moved to. Containers, also those on the host's
 * network, send as the job's user or as one of its subordinate users.
 */
import { METADATA_ADDRESSES } from "../metadata-addresses";
import type { IdRange } from "./subordinate-ids";

export const METADATA_TABLE = "inet ci_runners_metadata";

/** @param ranges every subordinate range of the user */
export function metadataFence(uid: number, ranges: readonly IdRange[]): string {
  const users = merged([{ first: uid, count: 1 }, ...ranges]).map(({ first, count }) =>
    count === 1 ? `${first}` : `${first}-${first + count - 1}`,
  );
  const rules = METADATA_ADDRESSES.map((address) => {
    const family = address.includes(":") ? "ip6" : "ip";
    return `    meta skuid { ${users.join(", ")} } ${family} daddr ${address} counter drop\n`;
  });
  // The first line makes the second valid on a machine without the table: loaded again, the rules replace themselves at once.
  return `# Keeps containers of jobs from the instance's credentials. Loaded at each boot by runner-metadata-fence.service.
table ${METADATA_TABLE}
delete table ${METADATA_TABLE}
table ${METADATA_TABLE} {
  chain output {
    type filter hook output priority -10; policy accept;
${rules.join("")}  }
}
`;
}

/** nft refuses a set whose intervals overlap, and an image's ranges may. */
function merged(ranges: readonly IdRange[]): IdRange[] {
  const result: IdRange[] = [];
  for (const { first, count } of [...ranges].sort((one, other) => one.first - other.first)) {
    const last = result.at(-1);
    if (last === undefined || first > last.first + last.count) result.push({ first, count });
    else last.count = Math.max(last.count, first + count - last.first);
  }
  return result;
}
