/**
 * Commands as JSON, read into requests; command/COMMANDS.md says what stands in them. What is not exactly of the form is
 * refused, with the reason in both languages. Says nothing about whether a command may be carried out. Pure.
 */

import { COMMAND_ID, type CommandRequest, type RemoteWish } from '../model/remote-command.ts';
import { type Millis, millis, type UtcMs, utcMs } from '../model/units.ts';
import { type Flat, type FlatProblem, readFlat, readFlatBytes } from './flat-object.ts';
import type { Read } from './inbox.ts';

export interface CommandProblem {
  readonly form: FormProblem;
  /** Where they can be read: whoever sent it can be told. */
  readonly id: string | undefined;
  readonly tag: string | undefined;
}
type CommandRead = Read<CommandRequest, CommandProblem>;

/** The details of `command.form`. */
export interface FormProblem {
  readonly problem: string;
  readonly problemZh: string;
}

type Fields = ReadonlyMap<string, Flat>;

const VERSION = 1;
/** Characters. */
const LONGEST_NAME = 100;
const LONGEST_TAG = 200;
const LONGEST_TEXT = 1_000;
/** A claim that is to stand longer is renewed. */
export const LONGEST_HOLD: Millis = millis(86_400_000);
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

const ENVELOPE_KEYS: ReadonlySet<string> = new Set(['v', 'signed', 'sig']);
const PLAIN_KEYS = ['v', 'gw', 'id', 'tag', 'issued', 'expires', 'hold_ms', 'by', 'counter'];
const COMMAND_KEYS: ReadonlySet<string> = new Set([...PLAIN_KEYS, 'value', 'release']);

export function readCommand(payload: Uint8Array): CommandRead {
  const outer = readFlatBytes(payload);
  if (!outer.ok) return refused(flatProblem(outer.problem));
  const { fields } = outer;
  if (!fields.has('signed') && !fields.has('sig')) return readFields(fields, undefined);
  const problem = keyProblem(fields, ENVELOPE_KEYS) ?? versionProblem(fields);
  const [text, sig] = [fields.get('signed'), fields.get('sig')];
  if (problem) return refused(problem);
  if (typeof text !== 'string') return refused(oneOf('signed', 'a text', '文本'));
  const bytes = signatureBytes(sig);
  if (bytes === undefined) return refused(oneOf('sig', '64 bytes in base64', '64 字节的 base64'));
  const inner = readFlat(text);
  if (!inner.ok) return refused(flatProblem(inner.problem));
  return readFields(inner.fields, { text, bytes });
}

function readFields(fields: Fields, signature: CommandRequest['signature']): CommandRead {
  const problem =
    keyProblem(fields, COMMAND_KEYS) ??
    versionProblem(fields) ??
    namesProblem(fields) ??
    timesProblem(fields) ??
    wishProblem(fields);
  if (problem) return refused(problem, fields);
  const hold = fields.get('hold_ms');
  return {
    ok: true,
    request: {
      gateway: textOf(fields, 'gw'),
      id: textOf(fields, 'id'),
      tag: textOf(fields, 'tag'),
      wish: wishOf(fields),
      issued: momentOf(fields, 'issued'),
      expires: momentOf(fields, 'expires'),
      hold: hold === undefined ? undefined : millis(Number(hold)),
      by: textOf(fields, 'by'),
      counter: fields.has('counter') ? Number(fields.get('counter')) : undefined,
      signature,
    },
  };
}

function refused(form: FormProblem, fields?: Fields): CommandRead {
  const [id, tag] = [fields?.get('id'), fields?.get('tag')];
  return {
    ok: false,
    problem: {
      form,
      id: typeof id === 'string' && COMMAND_ID.test(id) ? id : undefined,
      tag: isName(tag, LONGEST_TAG) ? tag : undefined,
    },
  };
}

const keyProblem = (fields: Fields, known: ReadonlySet<string>): FormProblem | undefined => {
  const key = [...fields.keys()].find((each) => !known.has(each));
  return key === undefined ? undefined : aboutKey('unknown key', '未知的键', key);
};

const versionProblem = (fields: Fields): FormProblem | undefined =>
  fields.get('v') === VERSION ? undefined : oneOf('v', `${VERSION}`, `${VERSION}`);

function namesProblem(fields: Fields): FormProblem | undefined {
  const limits = { gw: LONGEST_NAME, id: LONGEST_NAME, tag: LONGEST_TAG, by: LONGEST_NAME };
  for (const [key, longest] of Object.entries(limits))
    if (!isName(fields.get(key), longest))
      return oneOf(
        key,
        `a text of 1 to ${longest} characters, without control characters`,
        `1 到 ${longest} 个字符的文本，不含控制字符`,
      );
  return undefined;
}

function timesProblem(fields: Fields): FormProblem | undefined {
  const [issued, expires, hold] = [
    fields.get('issued'),
    fields.get('expires'),
    fields.get('hold_ms'),
  ];
  for (const [key, value] of Object.entries({ issued, expires }))
    if (!isCount(value)) return oneOf(key, 'milliseconds since 1970', '自 1970 年起的毫秒数');
  if (Number(expires) <= Number(issued))
    return oneOf('expires', 'later than issued', '晚于 issued');
  if (fields.has('hold_ms') && !(isCount(hold) && hold <= LONGEST_HOLD))
    return oneOf('hold_ms', `0 to ${LONGEST_HOLD} milliseconds`, `0 到 ${LONGEST_HOLD} 毫秒`);
  if (fields.has('counter') && !isCount(fields.get('counter')))
    return oneOf('counter', 'a whole number, 0 or more', '不小于 0 的整数');
  return undefined;
}

function wishProblem(fields: Fields): FormProblem | undefined {
  const [value, release] = [fields.get('value'), fields.get('release')];
  if (fields.has('value') === fields.has('release'))
    return {
      problem: 'exactly one of "value" and "release" has to be there',
      problemZh: '"value" 和 "release" 必须有且只有一个',
    };
  if (fields.has('release')) return release === true ? undefined : oneOf('release', 'true', 'true');
  if (value === null || (typeof value === 'string' && value.length > LONGEST_TEXT))
    return oneOf(
      'value',
      `true, false, a number, or a text of up to ${LONGEST_TEXT} characters`,
      `true、false、数字，或不超过 ${LONGEST_TEXT} 个字符的文本`,
    );
  return undefined;
}

function wishOf(fields: Fields): RemoteWish {
  const value = fields.get('value');
  return value === undefined || value === null ? { kind: 'release' } : { kind: 'write', value };
}

const textOf = (fields: Fields, key: string): string => String(fields.get(key));
const momentOf = (fields: Fields, key: string): UtcMs => utcMs(Number(fields.get(key)));

/** Names are shown on terminals and pages, so what moves their cursors is no part of one. */
const isName = (value: Flat | undefined, longest: number): value is string =>
  typeof value === 'string' &&
  value.trim() !== '' &&
  value.length <= longest &&
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value);

const isCount = (value: Flat | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** Base64 has several texts for the same bytes; only the one that an encoder makes is taken. */
function signatureBytes(text: Flat | undefined): Uint8Array | undefined {
  if (typeof text !== 'string' || !SIGNATURE.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

const oneOf = (key: string, wanted: string, wantedZh: string): FormProblem => ({
  problem: `"${key}" has to be ${wanted}`,
  problemZh: `"${key}" 必须是${/^[\x20-\x7e]/.test(wantedZh) ? ' ' : ''}${wantedZh}`,
});

/** The key is a stranger's: it is shown short, and without what moves cursors. */
function aboutKey(en: string, zh: string, key: string): FormProblem {
  const shown = JSON.stringify(
    [...key]
      .slice(0, 40)
      .join('')
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?'),
  );
  return { problem: `${en} ${shown}`, problemZh: `${zh} ${shown}` };
}

function flatProblem(problem: FlatProblem): FormProblem {
  switch (problem.kind) {
    case 'not-json':
      return { problem: 'not a JSON object', problemZh: '不是 JSON 对象' };
    case 'nested':
      return {
        problem: 'objects and lists inside are not taken',
        problemZh: '不允许嵌套对象或列表',
      };
    case 'characters':
      return { problem: 'not UTF-8', problemZh: '不是有效的 UTF-8 文本' };
    case 'repeated-key':
      return aboutKey('repeated key', '重复的键', problem.key);
    case 'number':
      return aboutKey(
        'a number beyond what a double holds exactly (write it as a text of digits), in',
        '数值超出双精度可精确表示的范围（请改写为数字文本），键为',
        problem.key,
      );
  }
}
