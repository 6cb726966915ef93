/**
 * The command lines of the gpiod tools and what they print. Versions 1 (Debian 12) and 2 (Debian 13) have the same
 * names and other options. From the tools' own help and sources. Pure.
 */
import type { Bias, ChipLine } from './backend.ts';

export type ToolsVersion = 1 | 2;

/** What `gpiodetect --version` says: `gpiodetect (libgpiod) v1.6.3`; undefined for anything else. */
export function versionOf(text: string): ToolsVersion | undefined {
  const major = /\(libgpiod\) v?(\d+)\./.exec(text)?.[1];
  return major === '1' ? 1 : major === '2' ? 2 : undefined;
}

export interface FoundChip {
  readonly name: string;
  readonly label: string;
}

/** `gpiochip0 [pinctrl-bcm2711] (58 lines)` */
export const chipsOf = (text: string): readonly FoundChip[] =>
  [...text.matchAll(/^(\S+) \[(.*)\] \(\d+ lines?\)$/gm)].map(([, name = '', label = '']) => ({
    name,
    label,
  }));

/** A line as gpioinfo shows it. */
export interface ShownLine extends ChipLine {
  readonly isOutput: boolean;
  /** Who uses it; undefined: nobody. */
  readonly consumer: string | undefined;
}

/**
 * `\tline  17:     "GPIO17"       unused   input  active-high` (version 1) or
 * `\tline  17:\t"GPIO17"        \tinput consumer="gpiomon"` (version 2).
 */
export const linesShown = (text: string, version: ToolsVersion): readonly ShownLine[] =>
  [...text.matchAll(/^\s+line\s+(\d+):\s+("[^"]*"|unnamed)\s+(.*)$/gm)].map(
    ([, offset, name = '', rest = '']) => ({
      offset: Number(offset),
      name: name.startsWith('"') ? name.slice(1, -1) : undefined,
      isOutput: /(^|\s)output(\s|$)/.test(rest),
      consumer: version === 1 ? consumer1(rest) : consumer2(rest),
    }),
  );

const consumer1 = (rest: string): string | undefined =>
  /^unused\b/.test(rest) ? undefined : (/^"([^"]*)"/.exec(rest)?.[1] ?? rest.split(/\s/)[0]);

const consumer2 = (rest: string): string | undefined => {
  const [, quoted, bare] = /consumer=(?:"([^"]*)"|(\S+))/.exec(rest) ?? [];
  return quoted ?? bare ?? (/\bused\b/.test(rest) ? 'kernel' : undefined);
};

const BIAS_1 = { up: 'pull-up', down: 'pull-down', none: 'as-is' } as const;
const BIAS_2 = { up: ['--bias=pull-up'], down: ['--bias=pull-down'], none: [] } as const;

export const infoArgs = (version: ToolsVersion, chip: string): string[] =>
  version === 1 ? [chip] : [`--chip=${chip}`];

/** Prints the level of an input; takes the line for a moment, and makes it one. */
export const getArgs = (v: ToolsVersion, chip: string, offset: number, bias: Bias): string[] =>
  v === 1
    ? [`--bias=${BIAS_1[bias]}`, chip, `${offset}`]
    : ['--numeric', `--chip=${chip}`, ...BIAS_2[bias], `${offset}`];

/** Prints the level without making it an input; version 1 cannot. */
export const peekArgs = (chip: string, offset: number): string[] => [
  '--as-is',
  '--numeric',
  `--chip=${chip}`,
  `${offset}`,
];

/** What gpioget prints: `1`; undefined for anything else. */
export const levelOf = (text: string): boolean | undefined =>
  /^[01]$/.test(text.trim()) ? text.trim() === '1' : undefined;

/** Prints a line for each edge: `1 1234.567890123`. */
export const monitorArgs = (v: ToolsVersion, chip: string, offset: number, bias: Bias): string[] =>
  v === 1
    ? ['--line-buffered', '--format=%e %s %n', `--bias=${BIAS_1[bias]}`, chip, `${offset}`]
    : ['--banner', '--format=%e %S', `--chip=${chip}`, ...BIAS_2[bias], `${offset}`];

/** Version 2 prints it when the line is taken; version 1 says nothing. */
export const isBanner = (line: string): boolean => line.startsWith('Monitoring line');

export interface ShownEdge {
  readonly isHigh: boolean;
  readonly seconds: number;
}

/** `1 1234 567890123`, 0 is falling (version 1) · `2 1234.567890123`, 2 is falling (version 2). */
export function edgeOf(line: string, version: ToolsVersion): ShownEdge | undefined {
  const pattern = version === 1 ? /^([01]) (\d+) (\d{1,9})$/ : /^([12]) (\d+)\.(\d{9})$/;
  const [, edge, whole, nanoseconds] = pattern.exec(line.trim()) ?? [];
  if (edge === undefined) return undefined;
  return { isHigh: edge === '1', seconds: Number(whole) + Number(nanoseconds) / 1e9 };
}

/** Drives the line until the program is ended. */
export const driveArgs = (
  version: ToolsVersion,
  chip: string,
  offset: number,
  isHigh: boolean,
): string[] =>
  version === 1
    ? ['--mode=signal', chip, wantedLevel(offset, isHigh)]
    : ['--interactive', `--chip=${chip}`, wantedLevel(offset, isHigh)];

/** Version 2: on the standard input of the program that drives the line. */
export const driveWords = (offset: number, isHigh: boolean): string =>
  `set ${wantedLevel(offset, isHigh)}`;

/** Version 2 prints it when it waits for the next command: the one before has been carried out. */
export const PROMPT = 'gpioset> ';

const wantedLevel = (offset: number, isHigh: boolean): string => `${offset}=${isHigh ? 1 : 0}`;
