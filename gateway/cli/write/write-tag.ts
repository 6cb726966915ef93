/** `headgate write <tag> …`: the running gateway is asked to write or release a tag, as somebody at the box. */
import type {
  CommandAnswer,
  CommandQuestion,
  PlainValue,
  ShownTag,
} from '../../command/command-answers.ts';
import { ask } from '../../health/control-socket.ts';
import { duration } from '../../host/schema.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { plainValue } from '../../model/sample.ts';
import { type Millis, millis, minutes } from '../../model/units.ts';
import { askTag } from '../commands/asked-commands.ts';
import { askedGateway, sitePath } from '../load-site.ts';
import { localStamps, shortStamps } from '../local-stamp.ts';
import { namedPerson, userOfMachine } from '../person.ts';
import type { Call, VerbOption } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { isAgreed } from './write-call.ts';
import { answerFields, isDone, renderAnswer, renderWish, type TagWish } from './write-tag-view.ts';
import { typedValue } from './write-value.ts';

const DEFAULT_HOLD = minutes(60);
const UNTIL_RELEASED = 'released';
/** Beyond what the tag may take to settle: journal, line, and the commands before this one. */
const PATIENCE: Millis = minutes(1);
/** The control socket reads 4,096 characters. */
const LONGEST_QUESTION = 4_000;

/** The options of this form alone. */
export const TAG_FLAGS = {
  hold: {
    type: 'string',
    placeholder: '2h|released',
    help: {
      en: 'of a tag: how long rules and upstream may not write it, or until it is released (1h); 0s: not at all',
      zh: '写点：在多长时间内不允许规则和上行写入，或直至释放（默认 1h）；0s 表示不占用',
    },
  },
  release: {
    type: 'boolean',
    help: {
      en: 'of a tag: give it back to rules and upstream, without a value',
      zh: '写点：交还给规则和上行，不带值',
    },
  },
  by: {
    type: 'string',
    placeholder: 'name',
    help: {
      en: 'of a tag: who does it; the user of this machine when left out',
      zh: '写点：操作人；省略时为本机用户',
    },
  },
} as const satisfies Record<string, VerbOption>;

/** Whether the first word is the id of a tag, and not a bus or what somebody took for one. */
export const isTagForm = (first: string): boolean => /^[^:/]+$/.test(first);

/** Shows what is there, asks, hands the wish to the gateway, prints what became of it. Throws `cli.usage`. */
export async function writeTag(call: Call): Promise<number> {
  const { clock, language, values } = call;
  const typed = typedWish(call);
  const { socket, timezone } = await askedGateway(call, sitePath(call, typed.sitePlace));
  const shown = await askTag(call, socket, typed.tag);
  const wish: TagWish = { ...typed, value: valueFor(typed, shown) };
  const question = questionOf(wish);
  const view = { language, stamp: shortStamps(localStamps(timezone), clock.utc()) };
  if (!values.json) call.print(renderWish(wish, shown, { ...view, now: clock.utc() }));
  const answer = (await isAgreed(call))
    ? await handOver(call, socket, question, shown)
    : notSent(wish.tag, new GatewayError('cli.not-confirmed'));
  call.print(
    values.json
      ? JSON.stringify(answerFields(wish, answer, language))
      : renderAnswer(wish, answer, { ...view, unit: shown.unit }),
  );
  return isDone(answer) ? 0 : 1;
}

interface TypedWish extends Omit<TagWish, 'value'> {
  /** Undefined: a release. */
  readonly text: string | undefined;
  /** Where the site stands. */
  readonly sitePlace: number;
}

function typedWish(call: Call): TypedWish {
  const { positionals, values } = call;
  const isRelease = values.release === true;
  const sitePlace = isRelease ? 1 : 2;
  const [tag = '', text] = positionals;
  if (isRelease && values.hold !== undefined)
    throw wrong('--release and --hold do not go together');
  if (!isRelease && text === undefined) throw wrong('name a value for the tag, or write --release');
  if (positionals.length > sitePlace + 1)
    throw wrong(
      isRelease ? '--release takes a tag and no value' : 'name a tag, one value and the site',
    );
  const by = namedPerson(call, 'write') ?? userOfMachine();
  return { tag, by, hold: holdOption(call), text: isRelease ? undefined : text, sitePlace };
}

const wrong = (problem: string) => usage('write', problem);

/** Null: until it is released. */
function holdOption({ values }: Call): Millis | null {
  if (values.hold === undefined) return DEFAULT_HOLD;
  if (values.hold === UNTIL_RELEASED) return null;
  const parsed = duration({ max: '30d' }).parse(values.hold);
  if (parsed.ok) return parsed.value;
  throw wrong(`--hold takes a time up to 30d, such as 2h, or "released", not "${values.hold}"`);
}

/** What somebody typed, as the tag takes it. */
function valueFor({ tag, text }: TypedWish, { policy }: ShownTag): PlainValue | undefined {
  if (text === undefined) return undefined;
  const { type } = policy;
  const value = typedValue(text, type === 'any' ? undefined : type);
  if (value !== undefined) return plainValue(value) as PlainValue;
  throw wrong(`${tag} takes a ${type === 'flag' ? 'true or false' : type}, not "${text}"`);
}

function questionOf({ tag, by, value, hold }: TagWish): CommandQuestion {
  if (value === undefined) return { tag, by, release: true };
  const question = { tag, by, value, hold_ms: hold };
  if (JSON.stringify(question).length <= LONGEST_QUESTION) return question;
  throw wrong('the value is too long');
}

/** Where nobody listened, nothing was handed over; after that a lost answer leaves the outcome unknown. */
async function handOver(
  call: Call,
  socket: string,
  question: CommandQuestion,
  { policy }: ShownTag,
): Promise<CommandAnswer> {
  const { clock, signal } = call;
  const { tag } = question;
  const patience = millis(policy.settle_ms + PATIENCE);
  const words = { en: `waiting for the outcome at ${tag} …`, zh: `正在等待 ${tag} 的结果 …` };
  try {
    const work = ask(socket, 'command', clock, question, patience, signal);
    return (await withProgress(call, words, work)) as CommandAnswer;
  } catch (error) {
    if (error instanceof GatewayError && isNobodyThere(error)) return notSent(tag, error);
    const known = error instanceof GatewayError && error.cause !== undefined ? error.cause : error;
    const reason = signal.aborted ? 'interrupted' : reasonOf(known);
    const details = { tag, reason };
    return {
      ...notSent(tag, new GatewayError('cli.command-unanswered', details)),
      outcome: 'unknown',
    };
  }
}

const NOBODY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'EACCES'];
const isNobodyThere = ({ code, cause }: GatewayError): boolean =>
  code === 'cli.question-unknown' ||
  NOBODY.includes((cause as NodeJS.ErrnoException | undefined)?.code);

const notSent = (tag: string, { code, details }: GatewayError) =>
  ({
    state: 'ended',
    id: '',
    tag,
    outcome: 'failed',
    // Its details are all text.
    reason: { code, details: details as Readonly<Record<string, string>> },
    took_ms: 0,
  }) satisfies CommandAnswer;
