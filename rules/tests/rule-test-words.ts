/** What a rule's test found, in a sentence a difference, in both languages. Pure. */
import { printable, quoted } from '../../gateway/host/quoted.ts';
import type { Language } from '../../gateway/model/errors.ts';
import type { AlarmChange, RecordValue } from '../effect.ts';
import type { Plain } from '../expression.ts';
import { type Deed, type Difference, isAlike, type Reading } from './rule-test-compare.ts';
import { MOST_STEPS_OF_TESTS } from './rule-test-subject.ts';

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** As it is written in a test: `20s`, `90s`, `10m`, `1.25s`. */
export function durationText(ms: number): string {
  if (ms < 1_000 && ms > 0) return `${ms}ms`;
  const [unit, size] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? [
    's',
    1_000,
  ];
  return `${ms / size}${unit}`;
}

/** Of one that was put together: its JSON. */
export const recordValueText = (value: RecordValue): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : valueText(value);

/** A value as it stands in YAML; null: bad. */
export const valueText = (value: Plain | null): string =>
  value === null ? 'bad' : typeof value === 'string' ? quoted(value) : String(value);

const CHANGES: Readonly<Record<AlarmChange, string>> = {
  active: '激活',
  cleared: '恢复',
  acknowledged: '已确认',
  realarmed: '再次报警',
  shelved: '搁置',
  unshelved: '取消搁置',
  suppressed: '抑制',
  unsuppressed: '解除抑制',
};

/** What happened to an alarm; in English the word of the YAML. */
export const changeText = (change: AlarmChange, language: Language): string =>
  language === 'zh' ? CHANGES[change] : change;

const readingText = ({ value, quality }: Reading): string =>
  value === null
    ? (quality ?? 'bad')
    : `${valueText(value)}${quality === undefined || quality === 'good' ? '' : ` (${quality})`}`;

const LONGEST_MESSAGE = 200;
const MOST_KEYS_SHOWN = 8;
/** What was done, without its time. `rule` is the one under test, which needs no mention. */
export function deedText(deed: Deed, rule: string, language: Language): string {
  const isZh = language === 'zh';
  switch (deed.kind) {
    case 'alarm': {
      const of = deed.rule === rule ? '' : deed.rule;
      // What came has its message in two languages; what is expected has one, if any.
      const [message] = deed.messages.length === 1 ? deed.messages : [];
      const words = message === undefined ? '' : ` "${printable(message, LONGEST_MESSAGE)}"`;
      return isZh
        ? `${of}报警${CHANGES[deed.to]}（${deed.to}）${words}`
        : `alarm ${of === '' ? '' : `of ${of} `}${deed.to}${words}`;
    }
    case 'write':
      return `${isZh ? '写入' : 'write'} ${deed.tag} ${valueText(deed.value)}`;
    case 'record': {
      const values = Object.entries(deed.values)
        .slice(0, MOST_KEYS_SHOWN)
        .map(([key, value]) => `${key}: ${value === null ? 'bad' : recordValueText(value)}`);
      return `${isZh ? '记录' : 'record'} ${deed.name} ${values.length ? `{ ${values.join(', ')} }` : '{}'}`;
    }
  }
}

/** One sentence: what was expected when, and what came instead. */
export function differenceText(difference: Difference, rule: string, language: Language): string {
  const isZh = language === 'zh';
  const at = durationText(difference.at);
  const text = (deed: Deed) => deedText(deed, rule, language);
  switch (difference.kind) {
    case 'missing':
      return isZh
        ? `应在 ${at}：${text(difference.deed)}；实际没有发生`
        : `expected at ${at}: ${text(difference.deed)}; it did not come`;
    case 'unexpected':
      return isZh
        ? `${at}：${text(difference.deed)}；并非预期`
        : `at ${at} came: ${text(difference.deed)}; it was not expected`;
    case 'moved':
      return isZh
        ? `应在 ${at}：${text(difference.deed)}；实际在 ${durationText(difference.to)}`
        : `expected at ${at}: ${text(difference.deed)}; got at ${durationText(difference.to)}`;
    case 'changed': {
      const [expected, got] = contrast(difference.deed, difference.got, rule, language);
      return isZh
        ? `应在 ${at}：${expected}；实际为 ${got}`
        : `expected at ${at}: ${expected}; got ${got}`;
    }
    case 'value': {
      const expected = readingText(difference.expected);
      const got = readingText(difference.got);
      return isZh
        ? `应在 ${at}：${difference.tag} = ${expected}；实际为 ${got}`
        : `expected at ${at}: ${difference.tag} = ${expected}; got ${got}`;
    }
    case 'fault':
      return isZh
        ? `${at}：规则 ${difference.rule} 因内部错误停止：${printable(difference.reason, 200)}`
        : `at ${at} rule ${difference.rule} stopped, which is a bug: ${printable(difference.reason, 200)}`;
    case 'too-large':
      return isZh ? `在 ${at} 中止：${STEPS_USED_UP.zh}` : `stopped at ${at}: ${STEPS_USED_UP.en}`;
  }
}

const STEPS_USED_UP = {
  en:
    `nothing is left of the ${MOST_STEPS_OF_TESTS} steps that a site's tests may take together; ` +
    'make the test shorter, or give rules that look at time a tick: 1m',
  zh:
    `本站点所有测试合计最多 ${MOST_STEPS_OF_TESTS} 步，已用尽；` +
    '请缩短测试，或给按时间求值的规则写 tick: 1m',
};

/** Of two deeds about the same, only what tells them apart. */
function contrast(
  expected: Deed,
  got: Deed,
  rule: string,
  language: Language,
): readonly [expected: string, got: string] {
  if (expected.kind === 'alarm' && got.kind === 'alarm') {
    const say = (messages: readonly string[]) =>
      messages.map((message) => `"${printable(message, LONGEST_MESSAGE)}"`).join(' / ');
    return [deedText(expected, rule, language), say([...new Set(got.messages)])];
  }
  if (expected.kind === 'record' && got.kind === 'record') {
    const differing = Object.keys(expected.values).filter(
      (key) =>
        !Object.hasOwn(got.values, key) ||
        !isAlike(expected.values[key] ?? null, got.values[key] ?? null),
    );
    const say = (deed: typeof expected) => {
      const values = differing.flatMap((key) =>
        Object.hasOwn(deed.values, key) ? [[key, deed.values[key] ?? null] as const] : [],
      );
      return deedText({ ...deed, values: Object.fromEntries(values) }, rule, language);
    };
    const without = differing.filter((key) => !Object.hasOwn(got.values, key)).map(quoted);
    const isZh = language === 'zh';
    const list = without.join(isZh ? '、' : ', ');
    const lacks = isZh ? `，没有 ${list}` : `, without ${list}`;
    return [say(expected), `${say(got)}${without.length === 0 ? '' : lacks}`];
  }
  const whole = deedText(expected, rule, language);
  if (got.kind === 'write') return [whole, valueText(got.value)];
  return [whole, deedText(got, rule, language)];
}
