/**
 * What comes over the command topic of a plant: what people with the right to command really want, and what somebody who
 * means harm makes of it. He hears everything and knows every form, but has no key; some have a key, and want more than they
 * may. Every value says where it came from, so that a write of one of his is a breach, whatever let it through. Seeded.
 */
import type { Random } from '../../gateway/model/backoff.ts';
import {
  GATEWAY,
  HONEST,
  HostileCommands,
  type HostileMessage,
  LOOK_ALIKES,
  SIGNERS,
} from './hostile-commands.ts';
import {
  GENUINE,
  type HostileSite,
  MAX_AGE_MS,
  MODES,
  NEVER,
  OPERATORS,
  type PlantTag,
  READ_ONLY,
} from './hostile-site.ts';
import {
  type CommandFields,
  envelope,
  plainMessage,
  type Signer,
  signedMessage,
  signerOf,
} from './signed-command.ts';

/** What somebody with the right to really wants. No two have the same id or value. */
export interface Genuine extends HostileMessage {
  readonly id: string;
  readonly tag: PlantTag;
  readonly value: number;
  readonly by: string;
  readonly issued: number;
  readonly expires: number;
  readonly counter: number | undefined;
}

export interface GenuineOptions {
  /** From now to `expires`. */
  readonly lifetime?: number;
  /** How long the sender has a say about the tag, in ms; not at all where left out. */
  readonly hold?: number;
  readonly isCounted?: boolean;
}

const LIFETIME_MS = 20_000;
const STRANGER = signerOf('stranger');
const [DISPATCH, SHIFT] = SIGNERS.map(({ signer }) => signer) as [Signer, Signer];
const TOO_LONG = 4_097;
/** Names with characters that nobody sees are no names. */
const isUnseen = (name: string): boolean => /[\p{Cc}\p{Cf}]/u.test(name);
const UNSEEN = LOOK_ALIKES.filter(isUnseen);
const SEEN = LOOK_ALIKES.filter((name) => !isUnseen(name));
/** Messages that are taken up again, of those that were carried out. */
const MOST_TAKEN = 500;

type Made = string | HostileMessage['bytes'];

export class HostileSender {
  readonly #random: Random;
  readonly #site: HostileSite;
  readonly #forms: HostileCommands;
  readonly #taken: Genuine[] = [];
  readonly #counters = new Map<string, number>();
  /** Of what was taken: the highest counter of each operator, and the newest of each tag. */
  readonly #highest = new Map<string, number>();
  readonly #newest = new Map<string, number>();
  readonly #kinds: Readonly<Record<string, () => Made>>;
  readonly #run: string;
  #made = 0;
  #genuine: number = GENUINE.min - 1;
  #never: number = NEVER.min - 1;
  #modes = 0;
  /** By id: all that was ever wanted, whether or not it was sent. */
  readonly wanted = new Map<string, Genuine>();

  constructor(site: HostileSite, random: Random, run: string) {
    this.#site = site;
    this.#random = random;
    this.#run = run;
    this.#forms = new HostileCommands(random, site.isSigned);
    this.#kinds = { ...this.#everywhere(), ...(site.isSigned ? this.#withoutKey() : this.#open()) };
  }

  get kinds(): readonly string[] {
    return [...Object.keys(this.#kinds), ...(this.#isMarkSeen ? ['retained'] : [])];
  }

  /** Undefined: all values of the tag are used up. */
  genuine(
    tag: PlantTag,
    { lifetime, hold = 0, isCounted }: GenuineOptions = {},
  ): Genuine | undefined {
    const value = tag === 'press.mode' ? MODES[this.#modes++] : this.#nextGenuine();
    if (value === undefined) return undefined;
    const mine = OPERATORS.filter(({ tags }) => !tags || mayWrite(tags, tag));
    const { signer } = this.#pick(mine);
    const counter = isCounted && this.#site.isSigned ? this.#count(signer.name) : undefined;
    const issued = Date.now();
    const expires = issued + (lifetime ?? LIFETIME_MS);
    const id = this.#nextId();
    const fields = { gw: GATEWAY, id, tag, value, issued, expires, by: signer.name, counter };
    const bytes = Buffer.from(this.#said({ ...fields, hold_ms: hold }, signer));
    const made = { ...fields, counter, kind: 'genuine', bytes, isRetained: false };
    this.wanted.set(id, made);
    return made;
  }

  /** The gateway has it on its disk: its id, its time and its counter are used up for good. */
  taken(genuine: Genuine): void {
    const { by, tag, issued, counter } = genuine;
    if (this.#taken.length < MOST_TAKEN) this.#taken.push(genuine);
    else this.#taken[this.#below(MOST_TAKEN)] = genuine;
    this.#newest.set(tag, Math.max(issued, this.#newest.get(tag) ?? 0));
    if (counter !== undefined) this.#highest.set(by, Math.max(counter, this.#highest.get(by) ?? 0));
  }

  /** Must not be carried out, whenever it comes; except for `the same again`, which must not be so twice. */
  hostile(kind = this.#pick(this.kinds)): HostileMessage {
    const isRetained = kind === 'retained';
    const make = isRetained ? () => this.rightful() : this.#kinds[kind];
    if (make === undefined) throw new Error(`no kind "${kind}"`);
    return { kind, bytes: Buffer.from(make()), isRetained };
  }

  /** As somebody with the right to would say it, but with a value that nobody wants. */
  rightful(more: CommandFields = {}, signer: Signer = DISPATCH): string {
    return this.#said(this.#fields(more), signer);
  }

  /** MQTT 3.1.1 says of a message that comes live nothing about whether the broker keeps it. */
  get #isMarkSeen(): boolean {
    return this.#site.version === '5';
  }

  #everywhere(): Readonly<Record<string, () => Made>> {
    const now = () => Date.now();
    return {
      'the same again': () => this.#anyTaken().bytes,
      'a known id, and other words': () => this.rightful({ id: this.#anyTaken().id }),
      expired: () => {
        const expires = now() - 1_000 - this.#below(10_000);
        return this.rightful({ issued: expires - 20_000, expires });
      },
      'from tomorrow': () => {
        const issued = now() + 15_000 + this.#below(1e8);
        return this.rightful({ issued, expires: issued + 20_000 });
      },
      'lives too long': () => this.rightful({ expires: now() + MAX_AGE_MS + 1 + this.#below(1e9) }),
      'older than the newest': () => {
        const { tag } = this.#anyTaken();
        const issued = (this.#newest.get(tag) ?? 0) - 1 - this.#below(5_000);
        return this.rightful({ tag, issued, expires: issued + MAX_AGE_MS });
      },
      'out of range': () => this.rightful({ tag: 'press.setpoint', value: this.#outOfRange() }),
      'not listed': () => this.rightful({ tag: 'press.mode' }),
      'wrong type': () => this.rightful({ value: this.#ofWrongType() }),
      'between two values': () => this.rightful({ value: this.#nextNever() + 0.5 }),
      'look-alike': () => this.rightful({ tag: this.#pick(SEEN) }),
      'looks the same': () => this.rightful({ tag: this.#pick(UNSEEN) }),
      'read-only': () => this.rightful({ tag: this.#pick(READ_ONLY) }),
      'not for upstream': () => this.rightful({ tag: 'well.valve' }),
      'another gateway': () =>
        this.rightful({ gw: this.#pick(['weihai-4', 'Weihai-3', 'weihai-3 ', '*', '__proto__']) }),
      'wrong id': () =>
        this.rightful({ id: this.#pick(['short', 'x'.repeat(65), '../../status', 'a b c d e']) }),
      'two values': () => this.#twoValues(),
      'a key too many': () => this.rightful({ priority: 1 }),
      huge: () => this.rightful().padEnd(this.#pick([TOO_LONG, 10_000, 60_000])),
      deep: () => this.rightful({ value: 0 }).replace(/value(\W*)0/, `value$1${'['.repeat(3_500)}`),
      'wrong form': () => this.#forms.next(now(), 'wrong form').bytes,
      rubbish: () => this.#forms.next(now(), 'rubbish').bytes,
    };
  }

  /** Where nobody can sign. */
  #open(): Readonly<Record<string, () => Made>> {
    return { 'signed by a stranger': () => signedMessage(this.#fields(), STRANGER) };
  }

  /** Where operators sign. */
  #withoutKey(): Readonly<Record<string, () => Made>> {
    const text = (more: CommandFields = {}) =>
      JSON.stringify({ v: 1, ...this.#fields(more), by: DISPATCH.name });
    const forged = () => {
      const random = Buffer.from(Array.from({ length: 64 }, () => this.#below(256)));
      return this.#pick([STRANGER.sign(text()), random, new Uint8Array(64)]);
    };
    return {
      'not signed': () => plainMessage(this.#fields()),
      forged: () => envelope(text(), forged()),
      'cut signature': () => {
        const signed = text();
        return envelope(signed, DISPATCH.sign(signed).subarray(0, this.#below(64)));
      },
      'swapped signature': () => this.#likeTaken(({ sig }) => ({ signed: text(), sig })),
      'changed text': () =>
        this.#likeTaken(({ signed, sig }) => {
          const value = this.#nextNever();
          return { signed: signed.replace(/"value":\d+/, `"value":${value}`), sig };
        }),
      'signed as something else': () => {
        const signed = text();
        return envelope(signed, DISPATCH.signAlone(signed));
      },
      'by a stranger': () => this.rightful({}, STRANGER),
      'by an operator of another tag': () =>
        this.#below(2) === 0
          ? this.rightful({ tag: 'oven.fan' }, SHIFT)
          : this.rightful({ tag: 'press.pump' }, HONEST.signer),
      'a counter of before': () => {
        const [name, highest] = this.#pick([...this.#highest]);
        const { signer } = this.#pick(OPERATORS.filter((one) => one.signer.name === name));
        const tag = signer === HONEST.signer ? 'well.pump' : 'press.pump';
        return this.rightful({ tag, counter: this.#below(highest + 1) }, signer);
      },
    };
  }

  #outOfRange(): unknown {
    const near = [GENUINE.min - 1 - this.#below(900), GENUINE.max + 1, -1];
    const texts = [`${this.#nextNever()}`, '9007199254740993', '-0'];
    return this.#pick([...near, ...texts, this.#nextNever()]);
  }

  #ofWrongType(): unknown {
    const value = this.#nextNever();
    const texts = [` ${value}`, `${value} `, `0x${value.toString(16)}`, `${value}n`, `${value}e0`];
    const fullWidth = `${value}`.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + +digit));
    return this.#pick<unknown>([...texts, fullWidth, true, '', 'on']);
  }

  /** Two readers may see two values in it. */
  #twoValues(): string {
    const text = JSON.stringify({ v: 1, ...this.#fields(), by: DISPATCH.name });
    const twice = `${text.slice(0, -1)},"value":${this.#nextNever()}}`;
    return this.#site.isSigned ? envelope(twice, DISPATCH.sign(twice)) : twice;
  }

  #likeTaken(change: (said: { readonly signed: string; readonly sig: string }) => object): string {
    const said = JSON.parse(Buffer.from(this.#anyTaken().bytes).toString());
    return JSON.stringify({ v: 1, ...change(said) });
  }

  #fields(more: CommandFields = {}): CommandFields {
    const issued = Date.now();
    const plain = { gw: GATEWAY, id: this.#nextId(), tag: 'press.pump', value: this.#nextNever() };
    return { ...plain, issued, expires: issued + LIFETIME_MS, by: DISPATCH.name, ...more };
  }

  #said(fields: CommandFields, signer: Signer): string {
    const all = { ...fields, by: signer.name };
    return this.#site.isSigned ? signedMessage(all, signer) : plainMessage(all);
  }

  #anyTaken(): Genuine {
    if (this.#taken.length === 0) throw new Error('nothing was taken yet');
    return this.#pick(this.#taken);
  }

  #nextId(): string {
    return `${this.#run}-${String(++this.#made).padStart(7, '0')}`;
  }

  #nextGenuine(): number | undefined {
    if (this.#genuine >= GENUINE.max) return undefined;
    const value = ++this.#genuine;
    return MODES.includes(value) ? this.#nextGenuine() : value;
  }

  #nextNever(): number {
    this.#never = this.#never < NEVER.max ? this.#never + 1 : NEVER.min;
    return this.#never;
  }

  #count(name: string): number {
    const next = (this.#counters.get(name) ?? 0) + 1 + this.#below(3);
    this.#counters.set(name, next);
    return next;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }
}

const mayWrite = (tags: readonly string[], tag: string): boolean =>
  tags.includes(tag) || tags.includes(`${tag.split('.')[0]}.*`);
