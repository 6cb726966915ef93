/** The guide of the journal does what it says: its site is run and hurt, its lines print what it shows, its codes and numbers are ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { journalOptions } from '../../config/schema.ts';
import { GAP_REASONS } from '../../gateway/journal/journal.ts';
import { QUEUE_SAMPLES_MAX } from '../../gateway/journal/north/cargo-queue.ts';
import { SPACE_LEVELS } from '../../gateway/journal/space/free-space.ts';
import { journalErrors } from '../../gateway/model/catalogue/journal.ts';
import { CLOCK_TRUSTS } from '../../gateway/model/clock-mark.ts';
import { isErrorCode, type Language } from '../../gateway/model/errors.ts';
import { type Press, startPress } from '../support/guide-plant.ts';
import { consolesOf, looksLike, masked, plotShape } from '../support/guide-text.ts';
import {
  canMount,
  fullScene,
  hasFaketime,
  lineKey,
  type Scene,
  unsetScene,
  usualScene,
} from '../support/journal-guide.ts';
import { correctedWatermark, proofScene } from '../support/journal-guide-proof.ts';
import { MOSQUITTO } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { blocksOf, readGuide } from '../support/rules-guide.ts';
import { ATTACKS } from '../torture/attacks.ts';

const GUIDES: readonly (readonly [path: string, language: Language])[] = [
  ['docs/journal.md', 'en'],
  ['docs/journal.zh-CN.md', 'zh'],
];
/** The consoles of a guide, in their order. */
const NAMES = [
  ...['usual', 'low', 'short', 'full', 'saved', 'files', 'unset', 'nobody', 'set'],
  ...['export', 'csv', 'whole', 'day', 'broken', 'trend'],
];
/** To the last digit as they are shown. */
const EXACT = ['export', 'csv', 'whole', 'day', 'broken'];
const NEEDS: Readonly<Record<string, boolean>> = {
  ...{ low: canMount, short: canMount, full: canMount },
  ...{ unset: hasFaketime, nobody: hasFaketime, set: hasFaketime },
};
const SCENES_MS = 240_000;

const [english = ''] = GUIDES.map(([path]) => readGuide(path));
const [yaml = ''] = blocksOf(english, 'yaml');
const linesOf = (names: readonly string[]) =>
  consolesOf(english).flatMap(([line], i) => {
    const name = NAMES[i] ?? '';
    return names.includes(name) ? [[name, line] as const] : [];
  });

describeWith([MOSQUITTO], 'what the guide shows', () => {
  const printed = new Map<string, string>();
  const messages = new Map<string, string>();
  const folders: string[] = [];
  let press: Press | undefined;

  beforeAll(async () => {
    const started = await startPress();
    press = started;
    const folder = () => {
      const path = mkdtempSync(join(tmpdir(), 'headgate-guide-'));
      folders.push(path);
      return path;
    };
    const scenes: readonly (Promise<Scene> | undefined)[] = [
      usualScene(yaml, started),
      canMount ? fullScene(yaml, started) : undefined,
      hasFaketime ? unsetScene(yaml, started, folder()) : undefined,
      proofScene(yaml, linesOf(EXACT), folder()),
    ];
    for (const scene of await Promise.all(scenes)) {
      for (const [key, text] of scene?.lines ?? []) printed.set(key, text);
      for (const [name, text] of scene?.messages ?? []) messages.set(name, text);
    }
    messages.set('clock', await correctedWatermark(folder()));
  }, SCENES_MS);

  afterAll(async () => {
    await press?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  describe.each(GUIDES)('%s', (path, language) => {
    const text = readGuide(path);
    const shown = consolesOf(text);

    it('has a console for each scene', () => expect(shown).toHaveLength(NAMES.length));

    it.for(NAMES.map((name, place) => [name, place] as const))('%s', ([name, place], { skip }) => {
      if (NEEDS[name] === false) skip('it takes root or libfaketime');
      const [, block = ''] = shown[place] ?? [];
      const real = (printed.get(lineKey(name, language)) ?? 'nothing').replace(/ +$/gm, '');
      const seen = (output: string) =>
        EXACT.includes(name) ? output : masked(name === 'trend' ? plotShape(output) : output);
      // Both are told where they differ.
      if (!looksLike(seen(block), seen(real))) expect(seen(real)).toBe(seen(block));
    });

    it('shows messages as they arrive', () => {
      const json = blocksOf(text, 'json').flatMap((block) => block.trimEnd().split('\n'));
      const real = ['lost', 'salvaged', 'clock', 'day'].map((name) => messages.get(name) ?? '');
      expect(json.slice(0, 2).map(masked)).toEqual(real.slice(0, 2).map(masked));
      expect(json.slice(2)).toEqual(real.slice(2));
    });
  });
});

describe.each(GUIDES)('%s', (path) => {
  const text = readGuide(path);

  it('has every option of the journal in its site and in its table', () => {
    const parsed = journalOptions.parse({ nonsense: 1 });
    const issues = parsed.ok ? [] : parsed.issues;
    const known = String(issues.flatMap(({ details }) => details?.known ?? [])[0]).split(', ');
    expect(known.length).toBeGreaterThan(5);
    expect(Object.keys(parse(yaml).journal).sort()).toEqual(known.toSorted());
    for (const option of known.filter((one) => one !== 'path'))
      expect(text).toMatch(new RegExp(`^\\| \`${option}\` \\|`, 'm'));
  });

  it('names each reason, level, trust, attack, and each code that somebody has to act on', () => {
    const first = (word: string) => new RegExp(`^\\| \`${word}\``, 'm');
    for (const word of [...GAP_REASONS, ...SPACE_LEVELS, ...CLOCK_TRUSTS])
      expect(text).toMatch(first(word));
    for (const { name } of ATTACKS) expect(text).toContain(`\`${name}\``);
    const codes = [...text.matchAll(/`((?:journal|doctor|command)\.[a-z-]+)`/g)]
      .map(([, code]) => code ?? '')
      .filter((code) => !/^journal\.(?:path|db)/.test(code));
    expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
    const operator = Object.entries(journalErrors)
      .filter(([, { kind }]) => kind === 'operator')
      .map(([code]) => code);
    expect(operator.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('has the limits of the code', () => {
    expect(text).toContain(QUEUE_SAMPLES_MAX.toLocaleString('en'));
  });

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]*)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(10);
    for (const [, file = '', anchor = '#'] of links) {
      const name = file === '' ? path : join('docs', file);
      const headings = [...readGuide(name).matchAll(/^#+ (.*)$/gm)].map(
        ([, title = '']) =>
          `#${title
            .toLowerCase()
            .replace(/[^\p{L}\p{N}_ -]/gu, '')
            .replaceAll(' ', '-')}`,
      );
      expect(['#', ...headings]).toContain(anchor);
    }
  });
});

describe('both guides', () => {
  const [en = '', zh = ''] = GUIDES.map(([path]) => readGuide(path));

  it('say the same', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^(?:-|\d\.) /gm)].length,
      codes: [...text.matchAll(/`((?:journal|doctor|command)\.[a-z-]+)`/g)].map(([, code]) => code),
      yaml: blocksOf(text, 'yaml').map((block) => parse(block)),
      messages: blocksOf(text, 'json'),
      lines: consolesOf(text).map(([line]) => line),
      calls: blocksOf(text, 'sh').map((block) => block.replaceAll(/ +#.*$/gm, '')),
    });
    expect(shape(zh)).toEqual(shape(en));
  });

  it('are in their languages', () => {
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(3_000);
    expect(en.replaceAll('中文', '').match(/\p{Script=Han}/u)).toBeNull();
  });

  it.each([
    ['README.md', 'docs/journal.md'],
    ['README.zh-CN.md', 'docs/journal.zh-CN.md'],
    ['docs/at-the-cabinet.md', 'journal.md'],
    ['docs/at-the-cabinet.zh-CN.md', 'journal.zh-CN.md'],
  ])('are found from %s', (from, guide) => {
    expect(readGuide(from)).toContain(`(${guide}`);
  });
});
