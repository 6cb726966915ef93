/** Reads the sources and holds the rules of the house: who may import whom, sizes, banned calls. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const ROOMS = ['gateway', 'drivers', 'rules', 'config', 'firmware-sim'];
const LINES_LIMIT = 400;
const COLUMNS_LIMIT = 120;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));

const sources: readonly Source[] = tracked
  .filter((path) => path.endsWith('.ts') && ROOMS.includes(path.split('/')[0] ?? ''))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const found = text.matchAll(/(?:from|import\()\s*'([^']+)'|^import '([^']+)'/gm);
    return { path, text, imports: [...found].map((match) => match[1] ?? match[2] ?? '') };
  });

const targetOf = (source: Source, specifier: string): string =>
  specifier.startsWith('.') ? normalize(join(dirname(source.path), specifier)) : specifier;

const roomOf = (path: string): string => {
  const [first = '', second = ''] = path.split('/');
  return first === 'gateway' && !second.endsWith('.ts') ? `gateway/${second}` : first;
};

/** The composition roots: they alone know all rooms. */
const COMPOSITION = new Set([
  'gateway/gateway.ts',
  'gateway/field.ts',
  'gateway/field-buses.ts',
  'gateway/commands.ts',
  'gateway/writable-site.ts',
  'gateway/north-worker.ts',
  'gateway/main.ts',
]);
/** A stage's contract: what other stages may import of it. */
const CONTRACTS = new Set([
  'gateway/journal/journal.ts',
  'gateway/journal/batch.ts',
  'gateway/journal/trend-question.ts',
  'gateway/forward/uplink.ts',
  'gateway/poll/bus-facts.ts',
  'gateway/command/ledger.ts',
  'gateway/alarms/rule-alarms.ts',
  'gateway/alarms/event-causes.ts',
  'drivers/driver.ts',
  'drivers/line/line.ts',
  'config/site.ts',
  'rules/alarms/alarm-entry.ts',
  'rules/alarms/alarm-outcome.ts',
  'rules/effect.ts',
  'rules/why/explain.ts',
  'rules/why/recent-effects.ts',
  'rules/rule.ts',
  'rules/config/build.ts',
  'rules/config/build-site.ts',
  'rules/config/build-derived.ts',
  'rules/config/options.ts',
  'rules/config/options-cell.ts',
  'rules/config/options-parts.ts',
  'rules/config/options-reading.ts',
  'rules/config/options-site.ts',
  'rules/config/options-test.ts',
  'rules/config/options-value.ts',
  'rules/tests/test-problems.ts',
]);

function mayImport(source: Source, target: string): boolean {
  if (COMPOSITION.has(source.path) || source.path.startsWith('gateway/cli/')) return true;
  const from = roomOf(source.path);
  const to = roomOf(target);
  if (from === to) return true;
  if (from === 'gateway/model') return false;
  if (to === 'gateway/model') return true;
  if (from === 'gateway/host') return false;
  if (to === 'gateway/host') return true;
  // The stage that has the engine.
  if (from === 'gateway/rules' && to === 'rules') return true;
  // The other end of the same contract.
  if (from === 'gateway/receive' && to === 'gateway/forward') return true;
  if (from === 'firmware-sim') return false;
  if (from === 'drivers') return false;
  return CONTRACTS.has(target);
}

describe('the house', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(30);
  });

  it('lets a room import only what it may know', () => {
    const wrong = sources.flatMap((source) =>
      source.imports
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => targetOf(source, specifier))
        .filter((target) => !mayImport(source, target))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps one protocol out of another', () => {
    const protocolOf = (path: string) =>
      /^drivers\/(modbus|dlt645|cjt188|opcua|gpio)\//.exec(path)?.[1];
    const wrong = sources.flatMap((source) =>
      source.imports
        .map((specifier) => protocolOf(targetOf(source, specifier)))
        .filter(
          (other) =>
            other !== undefined &&
            protocolOf(source.path) !== undefined &&
            other !== protocolOf(source.path),
        )
        .map((other) => `${source.path} imports ${other}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        source.text
          .split('\n')
          .filter((line) => !line.startsWith('import type'))
          .join('\n')
          .match(/(?<=from ')\.[^']+/g)
          ?.map((specifier) => targetOf(source, specifier)) ?? [],
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path))
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('imports each third-party package in one file of the gateway, of the receiver, and of the simulator', () => {
    const sides = new Map([
      ['firmware-sim', 'simulator'],
      ['gateway/receive', 'receiver'],
    ]);
    const importers = new Map<string, Set<string>>();
    for (const source of sources)
      for (const specifier of source.imports) {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
        const side = sides.get(roomOf(source.path)) ?? 'gateway';
        const files = importers.get(`${side}: ${specifier}`) ?? new Set();
        importers.set(`${side}: ${specifier}`, files.add(source.path));
      }
    const shared = [...importers].filter(([, files]) => files.size > 1);
    expect(shared.map(([name, files]) => `${name}: ${[...files].join(', ')}`)).toEqual([]);
  });

  it('keeps files within one room and lines within one screen', () => {
    const long = sources
      .filter(({ path }) => !path.includes('/catalogue/'))
      .filter((source) => source.text.split('\n').length > LINES_LIMIT)
      .map((source) => source.path);
    const wide = sources.flatMap((source) =>
      source.path.includes('/catalogue/')
        ? []
        : source.text
            .split('\n')
            .flatMap((line, i) =>
              line.length > COLUMNS_LIMIT && !/^\s*(\*|(en|zh|doc): )/.test(line)
                ? [`${source.path}:${i + 1}`]
                : [],
            ),
    );
    expect(long).toEqual([]);
    expect(wide).toEqual([]);
  });

  it('takes time and chance from the seams only', () => {
    const banned: readonly (readonly [RegExp, string])[] = [
      [/\bDate\.now\(|new Date\(\)/, 'clock.utc()'],
      [/\bperformance\.now\(/, 'clock.mono()'],
      [/\bset(Timeout|Interval)\(/, 'clock.at()'],
      [/\bMath\.random\(/, 'a Random that is handed in'],
      [/\bconsole\./, 'the log'],
      [/\bas unknown as\b|@ts-ignore|@ts-expect-error|biome-ignore/, 'a type'],
      [/\b(TODO|FIXME|XXX|HACK)\b/, 'finished work'],
    ];
    const wrong = sources.flatMap((source) =>
      banned
        .filter(([pattern]) => pattern.test(source.text))
        .filter(() => !/^gateway\/host\/(clock|virtual-clock)\.ts$/.test(source.path))
        .map(([, instead]) => `${source.path}: use ${instead}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no barrels and no drawers', () => {
    const drawers = tracked.filter((path) =>
      /(^|\/)(index|utils?|helpers?|common|types|manager|misc)\.(ts|mjs)$/.test(path),
    );
    expect(drawers).toEqual([]);
  });

  it('tests everything it says, without exceptions', () => {
    const skipping = tracked
      .filter(
        (path) =>
          path.startsWith('test/') && path.endsWith('.ts') && !path.endsWith('tidy.test.ts'),
      )
      .filter((path) =>
        /\b(it|test|describe)\.(only|todo)\b/.test(readFileSync(join(root, path), 'utf8')),
      );
    expect(skipping).toEqual([]);
  });
});
