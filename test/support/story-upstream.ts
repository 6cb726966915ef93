/** Who is upstream of a story in a test: a target in memory behind the real forwarder, which takes everything and can be cut off. */

import type { Arrivals } from '../../gateway/cli/story/arrivals.ts';
import type { Upstream } from '../../gateway/cli/story/story-player.ts';
import { readCommand } from '../../gateway/forward/command-message.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import type { Forwarder } from '../../gateway/forward/uplink.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import type { ForwarderContext } from '../../gateway/journal/north/north.ts';
import { plainValue } from '../../gateway/model/sample.ts';
import { seconds } from '../../gateway/model/units.ts';
import { memoryUplink } from './memory-uplink.ts';

export interface StoryUpstream extends Upstream {
  /** The seqs from 1 to `head` that did not come. */
  missing(head: number): readonly number[];
  readonly gaps: readonly Block[];
}

export function storyUpstream(arrivals: Arrivals): StoryUpstream {
  const seen = new Set<number>();
  const gaps: Block[] = [];
  let isCut = false;
  let context: ForwarderContext | undefined;
  let uplink = memoryUplink();
  const take = (block: Block) => {
    if (seen.has(block.seq)) return;
    seen.add(block.seq);
    if (block.gap) gaps.push(block);
    for (const { tag, time, value, quality } of fromBatch(block.samples, block.tagOf)) {
      const at = tag.lastIndexOf('.');
      const [device, quantity] = [tag.slice(0, at), tag.slice(at + 1)];
      const plain = value === null ? null : plainValue(value);
      arrivals.take({ device, quantity, time, value: plain, quality });
    }
  };
  const open = () => {
    uplink.up();
    uplink.acknowledgeAll();
  };
  return {
    gaps,
    missing: (head) =>
      Array.from({ length: head }, (_, n) => n + 1).filter((seq) => !seen.has(seq)),
    async createForwarders(given): Promise<readonly Forwarder[]> {
      context = given;
      uplink = memoryUplink(given.setup.uplinks[0]?.name);
      const target = {
        ...uplink,
        send(block: Block, isHistorical: boolean) {
          if (!isCut) take(block);
          return uplink.send(block, isHistorical);
        },
      };
      const { journal, clock, log } = given;
      const forwarder = createForwarder({
        ...{ uplink: target, journal, clock, log, random: seededRandom(5) },
        resend: seconds(5),
      });
      const start = forwarder.start.bind(forwarder);
      forwarder.start = async () => {
        await start();
        if (!isCut) open();
      };
      return [forwarder];
    },
    async cut() {
      isCut = true;
      uplink.down();
    },
    async restore() {
      isCut = false;
      open();
    },
    async send(message) {
      const read = readCommand(Buffer.from(message));
      if (!read.ok) throw new Error(JSON.stringify(read));
      context?.request(uplink.name, { about: 'command', request: read.request });
    },
  };
}
