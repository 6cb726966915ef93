/** What a guide shows, compared with what a real run prints: numbers, times and names of the moment aside. Pure. */
import { blocksOf } from './rules-guide.ts';

/** The lines behind `$`, each with what stands below it. */
export const consolesOf = (text: string): readonly (readonly [line: string, shown: string])[] =>
  blocksOf(text, 'console').map((block) => {
    const [line = '', ...shown] = block.trimEnd().split('\n');
    return [line.replace(/^\$ /, ''), shown.join('\n')];
  });

const MASKS: readonly (readonly [RegExp, string])[] = [
  // The causes of what was written, by their shares.
  [/\((?:[\p{L}]+ \d+ %(?:, )?)+\)/gu, '(…)'],
  // A block that is on its way at that moment.
  [/ · \w+(?:: the oldest undelivered sample is \d+ s old|：最早未送达的样本已等待 \d+ s)$/gm, ''],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time'],
  [/\b[0-9a-f]{16}\b/g, 'epoch'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b/g, 'hash'],
  [/\d+ (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)?/g, 'age'],
  [/> 100/g, '#'],
  [/-?\d[\d,.:]*/g, '#'],
];

export const masked = (text: string): string =>
  MASKS.reduce((masking, [what, mask]) => masking.replace(what, mask), text).replace(/ +$/gm, '');

/** The lines of a plot without what is plotted: the scale, the head, the axis. */
export const plotShape = (text: string): string =>
  text
    .replace(/ ← .*$/gm, '')
    .replace(/[⠀-⣿]/g, '')
    .replace(/[─┴]+$/gm, '')
    .replace(/^ +[\d: -]+$/gm, 'times');

const LEFT_OUT = '…';

/** Whether the lines shown are those that were printed; a line `…` stands for any. */
export function looksLike(shown: string, printed: string): boolean {
  const source = shown
    .split('\n')
    .map((line) => (line === LEFT_OUT ? '(?:.*\n)*' : `${RegExp.escape(line)}\n`))
    .join('');
  return new RegExp(`^${source}$`).test(`${printed}\n`);
}
