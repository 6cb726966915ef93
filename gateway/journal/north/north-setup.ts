/** What the north side needs of a site, and what changes of it while it runs. */
import type { Site } from '../../../config/site.ts';
import type { TagId } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import { TagFinder } from '../../model/tag-finder.ts';
import type { NorthSetup } from './north-protocol.ts';

export type NorthSite = Pick<Site, 'gateway' | 'journal' | 'uplinks' | 'tags' | 'hash'>;

/** More tags, whose indexes go on behind the last, and others of those that are known; and the hash then. */
export interface NorthChange {
  readonly config: string;
  readonly tags: readonly Tag[];
}

/** What the worker is told of the site, and the number of each tag in batches. Numbers are given once. */
export class ToldSite {
  #setup: NorthSetup;
  readonly #tags = new TagFinder();

  constructor(site: NorthSite) {
    const { gateway, journal, uplinks, hash: config } = site;
    this.#setup = { gateway: gateway.id, config, journal, uplinks, tags: [] };
    this.change({ config, tags: site.tags });
  }

  get setup(): NorthSetup {
    return this.#setup;
  }

  /** Throws for a tag of another site, which is a mistake of ours. */
  readonly indexOf = (tag: TagId): number => {
    const found = this.#tags.find(tag);
    if (found === undefined) throw new Error(`sample of ${tag}, which the site does not have`);
    return found.index;
  };

  change({ config, tags: changed }: NorthChange): void {
    const tags = [...this.#setup.tags];
    for (const tag of changed) {
      if (tag.index > tags.length || (this.#tags.find(tag.id) ?? tag).index !== tag.index)
        throw new Error(`${tag.id} cannot be tag ${tag.index}`);
      tags[tag.index] = tag;
      this.#tags.put(tag);
    }
    this.#setup = { ...this.#setup, config, tags };
  }
}
