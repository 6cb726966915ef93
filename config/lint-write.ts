/** What is wrong with the writes of a tag: its policy by itself, and what its device would refuse anyway. Pure. */
import type { WriteWish } from '../drivers/driver.ts';
import { quoted } from '../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import { deviceName } from '../gateway/model/sample.ts';
import { tagOf } from './build.ts';
import type { DraftTag } from './checker.ts';
import type { DraftDevice } from './draft.ts';
import type { Finding } from './finding.ts';
import type { Literal, WriteOptions } from './schema-write.ts';
import type { Path } from './tree.ts';
import { typeOf } from './write-policy.ts';

/** What the policy of a tag says against itself and against its address; `path` is that of the tag. */
export function lintPolicy(path: Path, tag: DraftTag): Finding[] {
  const { access, write } = tag.common ?? {};
  if (write === undefined) return [];
  const inside = [...path, 'write'];
  if (access === 'read') return [{ path: inside, at: 'key', code: 'config.write-only-read' }];
  const type = typeOf(tag);
  const findings = lintKeys(inside, write, type);
  const isUnseen = write.read_back === 'none' || (write.read_back ?? access) === 'write';
  if (write.restore !== undefined && write.kind === 'level' && isUnseen)
    findings.push({ path: [...inside, 'restore'], at: 'key', code: 'config.restore-unseen' });
  const { min = -Infinity, max = Infinity } = write.range ?? {};
  const isReversed = min > max;
  if (isReversed)
    findings.push({
      ...valueAt(inside, 'range'),
      code: 'config.range-reversed',
      details: { min, max },
    });
  const sane = isReversed ? { ...write, range: undefined } : write;
  for (const one of valuesOf(inside, write)) {
    const wrong = wrongValue(sane, one, type);
    if (wrong) findings.push({ path: one.path, at: 'value', ...wrong });
  }
  return findings;
}

const NUMBERS_ONLY = ['range', 'max_step', 'slew', 'tolerance'] as const;
const STATES_ONLY = ['min_on', 'min_off'] as const;
const LEVELS_ONLY = [...STATES_ONLY, 'restore'] as const;

const KINDS = {
  flag: { en: 'a flag', zh: '开关量' },
  text: { en: 'text', zh: '文本' },
  number: { en: 'a number', zh: '数值' },
  any: { en: 'anything', zh: '任意值' },
} as const;
type Kind = keyof typeof KINDS;

/** What people call such a value, as the details `name` and `nameZh`. */
export const kindWords = (name: string, kind: Kind): ErrorDetails => ({
  [name]: KINDS[kind].en,
  [`${name}Zh`]: KINDS[kind].zh,
});

const valueAt = (path: Path, key: string) => ({ path: [...path, key], at: 'value' as const });

/** Keys that have no meaning for what the tag holds, or for a pulse. */
function lintKeys(path: Path, write: WriteOptions, type: Kind): Finding[] {
  const say = (key: string, code: ErrorCode, details: ErrorDetails = {}): Finding => ({
    path: [...path, key],
    at: 'key',
    code,
    details: { key, ...details },
  });
  const isOther = type === 'flag' || type === 'text';
  const unfit = [...(isOther ? NUMBERS_ONLY : []), ...(type === 'text' ? STATES_ONLY : [])].filter(
    (key) => write[key] !== undefined,
  );
  const ofStates = write.kind === 'pulse' ? LEVELS_ONLY.filter((key) => write[key]) : [];
  const isSafe = write.kind === 'pulse' && write.safe !== undefined;
  return [
    ...unfit.map((key) => say(key, 'config.write-unfit', kindWords('what', type))),
    ...ofStates.map((key) => say(key, 'config.pulse-state')),
    ...(isSafe ? [{ ...say('safe', 'config.pulse-safe'), severity: 'warning' as const }] : []),
  ];
}

interface WrittenValue {
  readonly path: Path;
  readonly key: 'safe' | 'values';
  readonly value: Literal;
}

/** The values that a policy names, each with its place. */
function valuesOf(path: Path, { safe, values = [] }: WriteOptions): readonly WrittenValue[] {
  const listed = values.map((value, index) => ({
    path: [...path, 'values', index],
    key: 'values' as const,
    value,
  }));
  if (safe === undefined) return listed;
  const isMap = typeof safe === 'object';
  const at = isMap ? [...path, 'safe', 'value'] : [...path, 'safe'];
  return [...listed, { path: at, key: 'safe', value: isMap ? safe.value : safe }];
}

type Wrong = Pick<Finding, 'code' | 'details'>;

function wrongValue(
  { range, max_step, slew, values }: WriteOptions,
  { key, value }: WrittenValue,
  type: Kind,
): Wrong | undefined {
  const found = { key, found: quoted(value) };
  const isLimited = (range ?? max_step ?? slew) !== undefined;
  const isNumeric = type === 'number' || (type === 'any' && isLimited);
  if (isNumeric && typeof value !== 'number') return { code: 'config.not-number', details: found };
  if (type === 'flag' && typeof value !== 'boolean')
    return { code: 'config.not-flag', details: found };
  if (type === 'text' && typeof value !== 'string')
    return { code: 'config.not-text', details: found };
  const { min, max } = range ?? {};
  const isBelow = min !== undefined && typeof value === 'number' && value < min;
  const isAbove = max !== undefined && typeof value === 'number' && value > max;
  if (isBelow || isAbove) {
    const details = { ...found, min: min ?? '-∞', max: max ?? '∞' };
    return { code: 'config.out-of-range', details };
  }
  if (key !== 'safe' || values === undefined || values.includes(value)) return undefined;
  return { code: 'config.not-one-of', details: { ...found, known: values.join(', ') } };
}

/** Values that the policy itself lets be written. */
const soundValues = (path: Path, write: WriteOptions, type: Kind): readonly WrittenValue[] =>
  valuesOf(path, write).filter((one) => wrongValue(write, one, type) === undefined);

/** What the driver refuses of a tag that may be written, where its device is: at all, or a value that is named. */
export function lintRefusals(
  path: Path,
  name: string,
  device: DraftDevice,
  framing: WriteWish['framing'] | undefined,
): Finding[] {
  const { driver, own } = device;
  if (framing === undefined || own === undefined || !driver?.refusesWrite) return [];
  return [...device.tags].flatMap(([quantity, draft]) => {
    const { common, address } = draft;
    if (common === undefined || address === undefined || common.access === 'read') return [];
    const tag = tagOf(deviceName(name), quantity, 0, common);
    const refusal = (value?: Literal) =>
      driver.refusesWrite?.(own, { tag, address, value, framing });
    const { write } = common;
    const inside = [...path, 'tags', quantity];
    const never = refusal();
    if (never) {
      const at = { ...valueAt(inside, 'address'), ...never };
      // Without a policy nobody relies on it yet.
      return [write === undefined ? { ...at, severity: 'warning' as const } : at];
    }
    const named = write ? soundValues([...inside, 'write'], write, typeOf(draft)) : [];
    return named.flatMap(({ path: at, value }) => {
      const refused = refusal(value);
      return refused ? [{ path: at, at: 'value' as const, ...refused }] : [];
    });
  });
}
