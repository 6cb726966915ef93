/** Every kit with a story: the real gateway lives its day in virtual time, and all that the story says comes of it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Story } from '../../config/story.ts';
import { rulesVerb } from '../../gateway/cli/rules/rules.ts';
import { Arrivals } from '../../gateway/cli/story/arrivals.ts';
import { storyOutcome } from '../../gateway/cli/story/outcome.ts';
import { StoryPlayer } from '../../gateway/cli/story/story-player.ts';
import { minutes } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { kitOf, SITES } from '../support/kit.ts';
import { storyUpstream } from '../support/story-upstream.ts';

const KITS = readdirSync(SITES).filter((name) => existsSync(join(SITES, name, 'story/day.yaml')));
const PATIENCE = { timeout: 600_000 };
/** A day has some 20,000 commits, of which no disk is to be tested here. */
const MEMORY = '/dev/shm';
/** After its day a story may take so long until all has arrived. */
const DRAIN = minutes(2);

const tagsOf = ({ expected }: Story) => expected.flatMap((one) => ('tag' in one ? [one.tag] : []));

describe.each(KITS)('%s', (name) => {
  it('has rules whose tests see both outcomes of every condition', async () => {
    const argv = ['rules', 'test', join(SITES, name), '--min-coverage', '100'];
    const { status, stdout, stderr } = await called({ rules: rulesVerb }, argv);
    expect([status, stderr], stdout).toEqual([0, '']);
  });

  it('lives its day as its story says, and nothing is lost', PATIENCE, async () => {
    const { site, story, warnings } = await kitOf(name);
    expect(warnings).toEqual([]);
    const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'headgate-kit-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const arrivals = new Arrivals(tagsOf(story));
    const upstream = storyUpstream(arrivals);
    const player = await StoryPlayer.start({ site, story, folder, seed: 1, upstream });
    await player.playTo(story.length);
    const { gateway } = player;
    if (!gateway) throw new Error('the story ends without power');
    for (const bus of gateway.buses) await player.until(bus.stop());
    await player.until(gateway.north.flush());
    await player.clock.advance(DRAIN);
    const { journal } = await player.until(gateway.north.stats());
    const outcome = storyOutcome(story, arrivals, player);
    await player.stop();
    expect(outcome).toEqual({
      expected: story.expected.map(({ text }) => ({ text, came: true })),
      unexpected: [],
    });
    expect(upstream.missing(journal.head)).toEqual([]);
    expect([journal.gaps, upstream.gaps]).toEqual([0, []]);
  });
});
