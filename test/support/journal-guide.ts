/** The guide of the journal as something that runs: its site as a daemon, hurt as the guide says, with what its commands print. */
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../../gateway/model/errors.ts';
import { FAKETIME } from '../torture/clock-daemon.ts';
import { SmallVolume } from '../torture/full-disk-volume.ts';
import { countingSubscriber } from './counting-subscriber.ts';
import { type Daemon, daemon } from './daemon.ts';
import { type GuidePlace, type Press, printed, siteAt } from './guide-plant.ts';
import { startMosquitto } from './mosquitto.ts';
import { until } from './waiting.ts';

/** What a scene shows: what each of its lines prints, by its name and language; messages by their name. */
export interface Scene {
  readonly lines: ReadonlyMap<string, string>;
  readonly messages?: ReadonlyMap<string, string>;
}

const LANGUAGES: readonly Language[] = ['en', 'zh'];
export const lineKey = (name: string, language: Language): string => `${name} ${language}`;
const KNOWN_WITHIN_MS = 120_000;
const LOST = /telemetry\/_gateway .*"reason":"journal-lost"/;
/** Of one scan, as most are. */
const SALVAGED =
  /telemetry\/press .*"salvaged":.*\{"pump":\[\[\d+,false\]\],"oil_temp":\[\[\d+,[\d.]+\]\]\}/;
/** Nobody listens there. */
const NO_BROKER = '127.0.0.1:9';

/** Prints lines in both languages. */
class Stage {
  readonly lines = new Map<string, string>();
  readonly #place: GuidePlace;
  readonly #environment: NodeJS.ProcessEnv | undefined;

  constructor(place: GuidePlace, environment?: NodeJS.ProcessEnv) {
    this.#place = place;
    this.#environment = environment;
  }

  async show(name: string, line: string, { folder }: Pick<Daemon, 'folder'>): Promise<void> {
    const environment = this.#environment;
    const texts = LANGUAGES.map((language) =>
      printed({ line, folder, language, ...(environment && { environment }) }, this.#place),
    );
    const found = await Promise.all(texts);
    for (const [i, language] of LANGUAGES.entries())
      this.lines.set(lineKey(name, language), found[i] ?? '');
  }
}

/** A minute of usual life; then the broker is away, the power fails and somebody has written over the file's beginning. */
export async function usualScene(yaml: string, press: Press): Promise<Scene> {
  const broker = await startMosquitto();
  const subscriber = await countingSubscriber(broker.url);
  const place = { press, broker: `127.0.0.1:${broker.port}` };
  const gateway = daemon({ site: siteAt(yaml, place) });
  const stage = new Stage(place);
  const came = (what: RegExp) =>
    subscriber.received.find(({ topic, text }) => what.test(`${topic} ${text}`))?.text;
  try {
    await gateway.start();
    const isKnown = () => came(/telemetry\/gateway .*"autonomy":\[\[\d+,\d/) !== undefined;
    await until('the autonomy is known', isKnown, KNOWN_WITHIN_MS);
    await stage.show('usual', 'headgate status ./my-site', gateway);
    await stage.show('trend', 'headgate trend press.oil_temp ./my-site --since 2m', gateway);
    await broker.kill();
    await behind(gateway, 3);
    await gateway.kill();
    writeOver(join(gateway.folder, 'data', 'journal.db'));
    await broker.start();
    await gateway.start();
    await gateway.line(({ event }) => event === 'journal.salvage-ended');
    await until('what was saved', () => came(SALVAGED) !== undefined);
    await stage.show('saved', 'headgate status ./my-site', gateway);
    const found = readdirSync(join(gateway.folder, 'data')).filter((one) =>
      /^journal.db/.test(one),
    );
    const files = found.map((one) => `data/${one}`).join('\n');
    for (const language of LANGUAGES) stage.lines.set(lineKey('files', language), files);
    const messages = new Map([
      ['lost', came(LOST) ?? ''],
      ['salvaged', came(SALVAGED) ?? ''],
    ]);
    return { lines: stage.lines, messages };
  } finally {
    await gateway.dispose();
    await subscriber.close();
    await broker.dispose();
  }
}

async function behind(gateway: Daemon, blocks: number): Promise<void> {
  const backlog = async () => (await gateway.status()).north.journal.backlogBlocks;
  await until('a backlog', async () => (await backlog()) >= blocks);
}

function writeOver(path: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(1024, 0xa5), 0, 1024, 0);
  closeSync(file);
}

/** Mounting takes root. */
export const canMount = process.getuid?.() === 0;

/** Others take half of the room, then all of it. */
export async function fullScene(yaml: string, press: Press): Promise<Scene> {
  const volume = new SmallVolume('ext4', 80);
  const place = { press, broker: NO_BROKER };
  const site = siteAt(yaml, place)
    .replace('./data/journal.db', join(volume.path, 'journal.db'))
    .replace('max_size: 2GB', 'max_size: 64MB');
  const gateway = daemon({ site });
  const stage = new Stage(place);
  try {
    await gateway.start();
    volume.take(40e6);
    await gateway.line(({ event }) => event === 'journal.space-low');
    await stage.show('low', 'headgate status ./my-site', gateway);
    await stage.show('short', 'headgate doctor ./my-site', gateway);
    volume.take();
    await gateway.line(({ event }) => event === 'journal.space-critical');
    await stage.show('full', 'headgate status ./my-site', gateway);
    volume.giveBack();
    await gateway.line(({ event }) => event === 'journal.space-enough');
    return { lines: stage.lines };
  } finally {
    await gateway.dispose();
    volume.dispose();
  }
}

export const hasFaketime = FAKETIME !== undefined;

/** The clock begins in 1970; later somebody sets it by hand. */
export async function unsetScene(yaml: string, press: Press, folder: string): Promise<Scene> {
  const offset = join(folder, 'offset');
  const setWall = (seconds: number) =>
    writeFileSync(offset, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(3)}\n`);
  setWall(5 - Date.now() / 1000);
  const environment = {
    ...{ LD_PRELOAD: FAKETIME ?? '', FAKETIME_TIMESTAMP_FILE: offset },
    ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1', NO_FAKE_STAT: '1' },
  };
  const place = { press, broker: NO_BROKER };
  const gateway = daemon({ site: siteAt(yaml, place), environment });
  const stage = new Stage(place, environment);
  try {
    await gateway.start();
    await stage.show('unset', 'headgate status ./my-site', gateway);
    await stage.show('nobody', 'headgate doctor ./my-site', gateway);
    setWall(0);
    await gateway.line(({ event }) => event === 'clock.stepped');
    await stage.show('set', 'headgate status ./my-site', gateway);
    return { lines: stage.lines };
  } finally {
    await gateway.dispose();
  }
}
