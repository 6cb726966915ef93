/** The guide of rules as something that runs: its YAML as sites, its commands with what they really print. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LoadedSite, loadSite } from '../../config/load.ts';
import type { Site } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { localStamps } from '../../gateway/cli/local-stamp.ts';
import { rulesVerb } from '../../gateway/cli/rules/rules.ts';
import { renderWhy } from '../../gateway/cli/why/why-view.ts';
import { answerWhy } from '../../gateway/health/why.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import type { Language } from '../../gateway/model/errors.ts';
import type { Sample, TagId, Value } from '../../gateway/model/sample.ts';
import { millis, monoMs, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import { manualClock } from '../../rules/tests/manual-clock.ts';
import { RecentEffects } from '../../rules/why/recent-effects.ts';
import { called } from './command-line.ts';
import { journalAt } from './journal-fixture.ts';

const root = join(import.meta.dirname, '../..');

export const readGuide = (path: string): string => readFileSync(join(root, path), 'utf8');

/** What stands in fences of this language, in order. */
export const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , block = '']) => block);

/** A folder `my-site` with these files in a folder of its own; gone when the test is over. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const top = mkdtempSync(join(tmpdir(), 'headgate-guide-'));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), text);
  }
  return top;
}

export const load = (top: string): Promise<LoadedSite> =>
  loadSite(join(top, 'my-site'), DRIVER_OPTIONS, { environment: {} });

/** What the commands of the guide print, by the command; `gateway` is its site, `rules` its first rule. */
export function guideCommands(
  { gateway, rules }: { readonly gateway: string; readonly rules: string },
  language: Language,
): ReadonlyMap<string, () => Promise<string>> {
  const top = (changed = rules) =>
    folderOf({
      'my-site/gateway.yaml': gateway,
      'my-site/rules/press.yaml': changed,
      'new-rules/press.yaml': withoutTests(rules).replace('on_delay: 10s', 'on_delay: 20s'),
    });
  const run = async (folder: string, args: readonly string[], clock = virtualClock(START)) => {
    const paths = args.map((arg) => (arg.startsWith('./') ? join(folder, arg) : arg));
    const { stdout } = await called({ rules: rulesVerb }, paths, { language, clock });
    return stdout.replaceAll(`${folder}/`, '').replace(/\d+\.\d s\)/, '0.1 s)');
  };
  const replay = async (...more: readonly string[]) => {
    const folder = top();
    const clock = await recorded(await siteOf(folder));
    return run(folder, ['rules', 'replay', './my-site', '--since', '1h', ...more], clock);
  };
  return new Map([
    [
      'headgate rules test ./my-site',
      () => run(top(rules.replace('at: 20s', 'at: 21s')), ['rules', 'test', './my-site']),
    ],
    [
      'headgate rules test ./my-site --coverage',
      () => run(top(), ['rules', 'test', './my-site', '--coverage']),
    ],
    ['headgate rules replay ./my-site --since 1h', () => replay()],
    [
      'headgate rules replay ./my-site --since 1h --with ./new-rules',
      () => replay('--with', './new-rules'),
    ],
    ['headgate why press-overheat ./my-site', async () => why(await siteOf(top()), language)],
  ]);
}

const withoutTests = (rules: string): string => rules.replace(/^ +tests:\n[\s\S]*/m, '');

const START = utcMs(Date.UTC(2026, 0, 1));
const OIL = 'press.oil_temp' as TagId;

async function siteOf(top: string): Promise<Site> {
  const loaded = await load(top);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site;
}

const sample = (value: Value, time: UtcMs): Sample => ({
  tag: OIL,
  value,
  quality: 'good',
  time,
  timeBasis: 'gateway',
});

/** Ten minutes in a journal, the oil hot in the third for half a minute and in the seventh for a quarter of one. */
async function recorded({ journal: { path } }: Site) {
  const clock = virtualClock(START);
  mkdirSync(join(path, '..'), { recursive: true });
  const journal = journalAt(path, { tags: [OIL], clock });
  for (let second = 0; second < 600; second++) {
    const isHot = (second >= 120 && second < 150) || (second >= 360 && second < 375);
    const batch = toBatch([sample(isHot ? 80 : 60, clock.utc())], () => 0);
    await journal.append('telemetry', batch, { origin: 'guide', number: second + 1 });
    await clock.advance(millis(1000));
  }
  await journal.close();
  return clock;
}

/** The oil was hot for half a minute, and is so again for four seconds. */
function why({ rules, gateway }: Site, language: Language): string {
  const clock = manualClock(START);
  const recent = new RecentEffects();
  const emit = recent.add.bind(recent);
  const engine = new RuleEngine(rules, { clock, log: silentLog, emit });
  engine.start();
  for (const [at, value] of [
    ...[[0, 60] as const, [100_000, 80] as const, [130_000, 60] as const],
    ...[[200_000, 80] as const, [204_000, 80] as const],
  ]) {
    clock.moveTo(monoMs(at));
    engine.apply([sample(value, clock.utc())]);
  }
  const tags = [{ id: OIL, unit: '°C' }];
  const sources = { rules, tags, engine, recent, alarms: [], utc: clock.utc() };
  const answer = answerWhy({ name: 'press-overheat' }, sources);
  if (answer.found !== 'rule') throw new Error(answer.found);
  const stamp = localStamps(gateway.timezone);
  const text = renderWhy(answer, { language, stamp, paint: (_, word) => word });
  return text.replace(/\S*(rules\/press\.yaml)/, '$1');
}
