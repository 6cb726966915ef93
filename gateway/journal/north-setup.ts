/** What the north side needs of a site. Pure. */
import type { Site } from '../../config/site.ts';
import type { TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { NorthSetup } from './north-protocol.ts';

export type NorthSite = Pick<Site, 'gateway' | 'journal' | 'uplinks' | 'tags' | 'hash'>;

/** What the worker is told of the site. */
export const setupOf = (site: NorthSite): NorthSetup => ({
  gateway: site.gateway.id,
  config: site.hash,
  journal: site.journal,
  uplinks: site.uplinks,
  tags: site.tags,
});

/** The number of a tag in batches; a tag of another site is a mistake of ours. */
export function tagIndexes(tags: readonly Tag[]): (tag: TagId) => number {
  const indexes = new Map(tags.map(({ id, index }) => [id, index]));
  return (tag) => {
    const index = indexes.get(tag);
    if (index === undefined) throw new Error(`sample of ${tag}, which the site does not have`);
    return index;
  };
}
