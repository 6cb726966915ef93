/** The guide of cloud developers does what it says: its program stores each reading once, whatever comes twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainUplink } from '../../config/build.ts';
import { demoUpstream } from '../../gateway/cli/story/demo-upstream.ts';
import { StoryPlayer } from '../../gateway/cli/story/story-player.ts';
import { minutes, utcMs } from '../../gateway/model/units.ts';
import { openSqliteToRead } from '../../gateway/receive/sqlite-db.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { kitOf } from '../support/kit.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { playSite } from '../support/played-site.ts';
import { local } from '../support/reading-fixture.ts';
import { describeWith } from '../support/real-parts.ts';
import { blocksOf, folderOf, load, readGuide } from '../support/rules-guide.ts';
import { until } from '../support/waiting.ts';

const GUIDES = ['docs/cloud-developer.md', 'docs/cloud-developer.zh-CN.md'] as const;
const ROOT = join(import.meta.dirname, '../..');
const [en, zh] = GUIDES.map(readGuide) as [string, string];

describe('the guides of cloud developers', () => {
  it('say the same', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^- /gm)].length,
      code: ['yaml', 'python', 'sh', 'console', 'sql'].map((kind) => blocksOf(text, kind)),
    });
    expect(shape(zh)).toEqual(shape(en));
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(400);
    expect(blocksOf(en, 'python')[0]?.split('\n').length).toBeLessThan(35);
  });

  it('have a building that loads without a word, its test green, and links to files that exist', async () => {
    const site = await load(folderOf({ 'my-site/gateway.yaml': blocksOf(en, 'yaml')[0] ?? '' }));
    expect(site.ok ? site.warnings : site.problems).toEqual([]);
    const links = [en, zh].flatMap((text) => [...text.matchAll(/\]\(([^)#:]+)\)/g)]);
    expect(links.length).toBeGreaterThan(15);
    expect(readGuide('README.md')).toContain(GUIDES[0]);
    expect(readGuide('README.zh-CN.md')).toContain(GUIDES[1]);
    for (const [, file = ''] of links) expect(existsSync(join(ROOT, 'docs', file))).toBe(true);
  });
});

interface Reading {
  readonly id: string;
  readonly group: string;
  readonly key: string;
  readonly version: number;
}
interface Message {
  readonly topic: string;
  readonly payload: string;
}

const readingsIn = ({
  payload,
}: Message): readonly { readonly gw: string; readonly r: Reading }[] => {
  const { gw, samples } = JSON.parse(payload);
  const texts: readonly (readonly [number, string])[] = samples?.record_event ?? [];
  return texts
    .map(([, text]) => JSON.parse(text))
    .flatMap(({ name, values }) => (name === 'reading' ? [{ gw, r: values }] : []));
};

/** The program of the guide, in `folder`. */
function program(folder: string, broker: string) {
  let printed = '';
  const child: ChildProcess = spawn('/usr/bin/python3', ['readings.py', broker], { cwd: folder });
  child.stdout?.on('data', (text) => {
    printed += text;
  });
  child.stderr?.on('data', (text) => {
    printed += text;
  });
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
  };
  onTestFinished(kill);
  const lines = () => printed.split('\n').filter((line) => line !== '');
  return { lines, kill };
}

async function rowsIn(folder: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const db = openSqliteToRead(join(folder, 'readings.db'));
  try {
    const rows = await db.query<{ body: string }>(
      'SELECT * FROM reading ORDER BY gateway, grp, key',
    );
    return rows.map((row) => ({ ...row, body: JSON.parse(row.body) }));
  } finally {
    await db.close();
  }
}

const PARTS = [
  'mosquitto',
  '/usr/bin/python3',
  '/usr/lib/python3/dist-packages/paho/mqtt/client.py',
];
const KIT = 'flats';

describeWith(PARTS, 'the thirty lines of Python', () => {
  it('store each reading of a building once, though the gateway sends all of them twice', {
    timeout: 90_000,
  }, async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.dispose());
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'readings.py'), blocksOf(en, 'python')[0] ?? '');
    const address = `127.0.0.1:${broker.port}`;

    const ears = await connectAsync(broker.url);
    onTestFinished(() => ears.endAsync());
    const messages: Message[] = [];
    let epoch = '';
    ears.on('message', (topic, payload) => {
      if (topic.endsWith('/status')) epoch = JSON.parse(String(payload)).epoch;
      else messages.push({ topic, payload: String(payload) });
    });
    await ears.subscribeAsync(['headgate/v1/+/record/+', 'headgate/v1/+/status'], { qos: 1 });
    const heard = () => messages.flatMap(readingsIn);

    // It is known to the broker, and away when the readings come.
    const first = program(folder, address);
    await until('its subscription', () => first.lines().includes('listening'));
    await first.kill();

    const site = join(folder, 'site');
    cpSync(join(ROOT, 'config/sites', KIT), site, { recursive: true });
    // The pump house dials one port of this machine, which others may play as well.
    const gateway = join(site, 'gateway.yaml');
    writeFileSync(gateway, readFileSync(gateway, 'utf8').replace(/^.*\bpumps\b.*\n/gm, ''));
    const rules = join(site, 'rules/readings.yaml');
    const soon = readFileSync(rules, 'utf8').replaceAll('within: 60s', 'within: 5s');
    writeFileSync(rules, withoutTests(soon));
    const start = utcMs(local('2026-03-01 23:59:54'));
    onTestFinished(await playSite({ site, broker: broker.url, start, folder }));
    const groups = () => new Set(heard().map(({ r }) => r.group));
    await until('readings', () => groups().has('flat-1203') && groups().has('stairwell'), 60_000);

    const second = program(folder, address);
    const told = (word: string) => second.lines().filter((line) => line.endsWith(word)).length;
    await until('every reading', () => told('stored') === heard().length);
    expect(await rowsIn(folder)).toEqual(latestOf(heard()));

    // Once more, from the journal.
    const once = heard().length;
    const seqs = [[1, 1_000]];
    const [topic] = messages.map((message) => message.topic.replace(/record\/.*$/, 'replay'));
    const request = { v: 1, id: 'again-1', epoch, seqs };
    await ears.publishAsync(topic ?? '', JSON.stringify(request), { qos: 1 });
    await until('each once more', () => told('known') >= once);
    await until('a word about each', () => told('known') + told('stored') === heard().length);
    expect(await rowsIn(folder)).toEqual(latestOf(heard()));

    // A better version, and the first one behind it.
    const [real] = messages.filter((message) => readingsIn(message).length > 0);
    const { topic: at = '', payload = '' } = real ?? {};
    const publish = async (text: string) => {
      const words = told('known') + told('stored');
      await ears.publishAsync(at, text, { qos: 1 });
      await until('a word about it', () => told('known') + told('stored') > words);
    };
    await publish(payload.replace(/\\"version\\":\d+/, '\\"version\\":99'));
    await publish(payload);
    const rows = await rowsIn(folder);
    expect(rows).toEqual(latestOf(heard()));
    expect(rows.map(({ version }) => version)).toContain(99);
  });
});

/** The kit with 24 flats and its day, at this broker. */
async function building(url: string) {
  const { site, story } = await kitOf('four-meter-building');
  const uplinks = [plainUplink(site.gateway.id, 'cloud', url)];
  return { site: { ...site, uplinks }, story };
}

describeWith(PARTS, 'the thirty lines of Python behind a whole building', () => {
  it('store its midnight and an hour, each reading once, though all of them come twice', {
    timeout: 120_000,
  }, async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.dispose());
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'readings.py'), blocksOf(en, 'python')[0] ?? '');
    const { site, story } = await building(broker.url);
    const ears = await connectAsync(broker.url);
    onTestFinished(() => ears.endAsync());
    const messages: Message[] = [];
    ears.on('message', (topic, payload) => messages.push({ topic, payload: String(payload) }));
    await ears.subscribeAsync('headgate/v1/+/record/+', { qos: 1 });
    const receiver = program(folder, `127.0.0.1:${broker.port}`);
    await until('its subscription', () => receiver.lines().includes('listening'));

    const { url, stop: cut, start: restore } = broker;
    const upstream = demoUpstream({ url, cut, restore }, site.gateway.id);
    onTestFinished(() => upstream.stop());
    const player = await StoryPlayer.start({ site, story, folder, seed: 1, upstream });
    onTestFinished(() => player.stop());
    await player.playTo(minutes(75));
    const told = (word: string) => receiver.lines().filter((line) => line.endsWith(word)).length;
    const heard = () => messages.flatMap(readingsIn);
    const { north } = await player.powered();
    await player.until(north.flush());
    const { journal } = await player.until(north.stats());
    await until('all of it', () => journal.head > 0 && told('stored') === heard().length);

    const once = [...messages];
    const rows = await rowsIn(folder);
    expect(rows).toEqual(latestOf(heard()));
    // A day of each flat and of three media, and four quarters of an hour of each flat.
    expect(rows.filter(({ key }) => key === '2026-01-13').length).toBe(27);
    expect(rows.length).toBeGreaterThanOrEqual(27 + 24 * 4);
    for (const { topic, payload } of once) await ears.publishAsync(topic, payload, { qos: 1 });
    await until('each once more', () => told('known') + told('stored') === heard().length);
    expect(told('known')).toBe(once.flatMap(readingsIn).length);
    expect(await rowsIn(folder)).toEqual(rows);
  });
});

/** The highest version of each, as the table has it. */
function latestOf(heard: ReturnType<typeof readingsIn>) {
  const latest = new Map<string, ReturnType<typeof readingsIn>[number]>();
  for (const one of heard) {
    const key = `${one.gw} ${one.r.group} ${one.r.key}`;
    if ((latest.get(key)?.r.version ?? 0) < one.r.version) latest.set(key, one);
  }
  return [...latest]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { gw, r }]) => ({
      ...{ gateway: gw, grp: r.group, key: r.key, version: r.version },
      body: r,
    }));
}

/** With other limits the tests of the kit would say something else. */
const withoutTests = (rules: string): string =>
  rules.replace(/^ {4}tests:\n(?: {6}.*\n|\n(?= {6}))*/gm, '');
