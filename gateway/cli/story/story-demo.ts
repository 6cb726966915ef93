/** `headgate demo` of a site with a story: its day in minutes, and whether all came as the story says. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '../../../config/site.ts';
import type { Story } from '../../../config/story.ts';
import type { Broker } from '../../../firmware-sim/broker.ts';
import { type Subscriber, startSubscriber } from '../../../firmware-sim/subscriber.ts';
import { sleep } from '../../host/clock.ts';
import { later, type Millis, millis, minutes, seconds, utcMs } from '../../model/units.ts';
import { zoneOffsets } from '../../model/zone-offsets.ts';
import { demoBroker } from '../demo-broker.ts';
import { type DemoCells, demoCells } from '../demo-cells.ts';
import { countArrived, tellEnd } from '../demo-end.ts';
import { renderFlow } from '../demo-view.ts';
import type { Call } from '../verb.ts';
import { Arrivals, type StoryEvent } from './arrivals.ts';
import { type DemoUpstream, demoUpstream } from './demo-upstream.ts';
import { eventText, isTrue, type StoryOutcome, storyOutcome } from './outcome.ts';
import { StoryPlayer } from './story-player.ts';

const USUAL_LENGTH: Millis = minutes(4);
/** What is left of the time at the end, for what is still on its way. */
const END_SHARE = 0.95;
const REFRESH: Millis = millis(250);
/** The longest that the time of the story moves on before somebody looks at the real one. */
const STEP: Millis = seconds(5);
const MOST_LINES = 16;
/** Lines longer than the terminal is wide end at its edge. */
const WITHOUT_WRAP = '\x1b[?7l';
const WITH_WRAP = '\x1b[?7h';
/** A day has some 20,000 commits: a disk of memory, where there is one, lets it fit into a minute. */
const MEMORY = '/dev/shm';

export interface StorySite {
  /** With its uplinks as they are in the demo, by the URL of its broker. */
  readonly siteAt: (broker: string) => Site;
  readonly story: Story;
}

/** The exit code. `length` is the real time in which the whole day is to be played. */
export async function demoStory(
  call: Call,
  of: StorySite,
  length: Millis | undefined,
): Promise<number> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'headgate-demo-'));
  try {
    const demo = await StoryDemo.start(call, of, folder);
    try {
      await demo.play(length);
      return await demo.finish();
    } finally {
      await demo.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly broker: Broker;
  readonly subscriber: Subscriber;
  readonly upstream: DemoUpstream;
  readonly player: StoryPlayer;
  readonly arrivals: Arrivals;
  readonly cells: DemoCells;
  readonly lines: string[];
}

class StoryDemo {
  readonly #call: Call;
  readonly #story: Story;
  readonly #parts: Parts;
  readonly #clockText: (elapsed: Millis) => string;

  private constructor(call: Call, story: Story, clockText: (elapsed: Millis) => string, of: Parts) {
    this.#call = call;
    this.#story = story;
    this.#clockText = clockText;
    this.#parts = of;
  }

  static async start(call: Call, { siteAt, story }: StorySite, folder: string): Promise<StoryDemo> {
    const { language } = call;
    const broker = await demoBroker();
    const site = siteAt(broker.url);
    const { id: gateway, timezone } = site.gateway;
    const offset = zoneOffsets(timezone)(story.start);
    const clockText = (elapsed: Millis) =>
      new Date(story.start + elapsed + offset).toISOString().slice(11, 16);
    const lines: string[] = [];
    const tell = (elapsed: number, text: string, isShown = true) => {
      const line = `${clockText(millis(elapsed))}  ${text}`;
      if (isShown) lines.push(line);
      if (lines.length > MOST_LINES) lines.shift();
      if (!process.stderr.isTTY && !call.values.json) call.note(line);
    };
    const onEvent = (event: StoryEvent) => {
      if (event.kind !== 'write' || event.origin !== 'interlock')
        tell(utcMs(event.time) - story.start, eventText(event, language), !isPart(event));
    };
    const tags = story.expected.flatMap((one) => ('tag' in one ? [one.tag] : []));
    const arrivals = new Arrivals(tags, onEvent);
    const cells = demoCells(site.rules);
    const subscriber = await startSubscriber({
      ...{ url: broker.url, gateway },
      onPart(part) {
        cells.take(part);
        const { device, samples } = part;
        for (const [quantity, rows] of Object.entries(samples ?? {}))
          for (const [time, value, quality = 'good'] of rows)
            arrivals.take({ device, quantity, time, value, quality });
      },
    });
    const upstream = demoUpstream(broker, gateway);
    const seed = Number(call.values.seed ?? 1);
    const player = await StoryPlayer.start({
      ...{ site, story, folder, seed, upstream },
      onAct: ({ at, say }) => say && tell(at, `◆ ${say[language]}`),
    });
    const parts = { broker, subscriber, upstream, player, arrivals, cells, lines };
    return new StoryDemo(call, story, clockText, parts);
  }

  /** The day at an even pace, as far as the machine keeps up with it. */
  async play(length = USUAL_LENGTH): Promise<void> {
    const { clock, signal } = this.#call;
    const { player } = this.#parts;
    const speed = this.#story.length / (length * END_SHARE);
    const started = clock.mono();
    const ends = later(started, length);
    let showAt = started;
    while (!signal.aborted && !player.isOver && clock.mono() < ends) {
      const wanted = (clock.mono() - started) * speed;
      if (clock.mono() >= showAt) {
        await this.#show();
        showAt = later(clock.mono(), REFRESH);
      }
      if (wanted > player.elapsed)
        await player.playTo(millis(Math.min(wanted, player.elapsed + STEP)));
      else await sleep(clock, 'demo.pace', millis(5), signal).catch(() => {});
    }
  }

  /** Stops polling, waits until everything stored has arrived, and counts. */
  async finish(): Promise<number> {
    const { player, subscriber, upstream, arrivals, cells } = this.#parts;
    const { language } = this.#call;
    if (upstream.isCut) await upstream.restore('');
    const gateway = await player.powered();
    const played = player.elapsed;
    for (const bus of gateway.buses) await player.until(bus.stop());
    await player.until(gateway.north.flush());
    const status = await player.until(gateway.status());
    // Time stands still: nothing more is stored.
    const summary = await countArrived(this.#call, subscriber, async () => {
      await player.clock.advance(millis(0));
      return status;
    });
    const outcome = storyOutcome(this.#story, arrivals, player, played);
    tellEnd(this.#call, summary, {
      lines: [...cells.lines(language), ...this.#told(outcome, played)],
      facts: { story: storyFacts(outcome, this.#clockText(played)) },
    });
    return summary.lost === 0 && isTrue(outcome) ? 0 : 1;
  }

  async stop(): Promise<void> {
    const { player, subscriber, upstream, broker } = this.#parts;
    await player.stop();
    await upstream.stop();
    await subscriber.stop();
    await broker.stop();
  }

  #told(outcome: StoryOutcome, played: Millis): readonly string[] {
    const { language } = this.#call;
    const came = outcome.expected.filter((one) => one.came).length;
    const until = this.#clockText(played);
    const all = outcome.expected.length;
    const told = {
      en: `played until ${until}: ${came} of ${all} things came as the story says`,
      zh: `已播放至 ${until}：故事中的 ${all} 项有 ${came} 项如期发生`,
    };
    const marks = [
      ...outcome.expected.filter((one) => !one.came).map(({ text }) => `✗ ${text}`),
      ...outcome.unexpected.map((text) => `! ${text}`),
    ];
    return [told[language], ...marks];
  }

  async #show(): Promise<void> {
    const { values, language } = this.#call;
    if (values.json || !process.stderr.isTTY) return;
    const { player, lines, cells, subscriber, upstream } = this.#parts;
    const { title, length } = this.#story;
    const share = Math.round((player.elapsed / length) * 40);
    const bar = `${'█'.repeat(share)}${'░'.repeat(40 - share)}`;
    const { gateway } = player;
    const flow = gateway
      ? renderFlow(
          await player.until(gateway.status()),
          subscriber.facts(),
          upstream.isCut,
          language,
        )
      : { en: 'the gateway has no power', zh: '网关无电' }[language];
    const foot = `${bar} ${this.#clockText(player.elapsed)}`;
    const view = [title[language], '', ...lines, '', ...cells.lines(language), '', foot, flow];
    process.stderr.write(`\x1b[H\x1b[J${WITHOUT_WRAP}${view.join('\n')}\n${WITH_WRAP}`);
  }
}

/** Those of a cell are too many to stand among what happens; it shows the latest of them itself. */
const isPart = (event: StoryEvent): boolean => event.kind === 'record' && event.record === 'part';

const storyFacts = ({ expected, unexpected }: StoryOutcome, until: string) => ({
  until,
  expected: expected.length,
  came: expected.filter(({ came }) => came).length,
  missing: expected.filter(({ came }) => !came).map(({ text }) => text),
  unexpected,
});
