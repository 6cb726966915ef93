/**
 * Messages on the command topic of a gateway, by people who may command and by somebody who means harm: he hears everything,
 * keeps it, changes it, sends it again, early, late and in any order, but has no key. Seeded.
 */
import type { Random } from '../../gateway/model/backoff.ts';
import {
  type CommandFields,
  envelope,
  plainMessage,
  type Signer,
  signedMessage,
  signerOf,
} from './signed-command.ts';

export const GATEWAY = 'weihai-3';

/** A command that somebody with the right to really made. */
export interface Intent {
  readonly gw: string;
  readonly id: string;
  readonly tag: string;
  readonly value: unknown;
  readonly by: string;
  readonly issued: number;
  readonly expires: number;
  readonly counter: number | undefined;
}

export interface HostileMessage {
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly isRetained: boolean;
}

/** Of the people who may command: `tags` undefined, all. */
export const SIGNERS: readonly {
  readonly signer: Signer;
  readonly tags: readonly string[] | undefined;
}[] = [
  { signer: signerOf('dispatch'), tags: undefined },
  { signer: signerOf('shift'), tags: ['press.*'] },
];
/** Writes one tag of its own, to show that honest commands get through. */
export const HONEST = { signer: signerOf('honest'), tags: ['well.pump'] } as const;
const STRANGER = signerOf('stranger');

export const LOOK_ALIKES: readonly string[] = [
  ...['press.рump', 'рress.pump', 'press.pumр', 'press．pump', 'press·pump', 'ｐress.pump'],
  ...[
    'PRESS.PUMP',
    'Press.pump',
    'press.Pump',
    'press.pump ',
    ' press.pump',
    'press..pump',
    'press.pump.',
  ],
  ...[
    'press.pu\u006d\u0301p',
    'press.pump\u0301',
    'press.pump\u200b',
    'press\u00ad.pump',
    '\ufeffpress.pump',
  ],
  ...[
    'press.pump\u0000',
    'press.pump\n',
    'press/pump',
    'press.pump/../setpoint',
    'press.pump#',
    'press.*',
    '*',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'press.__proto__',
    'press.constructor',
    'press',
  ],
];
/** All keys of a message, each with what it may not be. */
const WRONG: readonly (readonly [string, readonly unknown[]])[] = [
  ['v', [0, 2, '1', null, true]],
  ['gw', [3, null, '', ' ', '\u200b']],
  ['id', [3, null, '', 'short', 'x'.repeat(65), '../../status', 'a b c d e f', '+/#/outcome']],
  ['tag', [3, null, '', 'x'.repeat(300), {}]],
  ['value', [null, {}, [], [[1]], 'x'.repeat(1_001), { toString: 1 }]],
  ['issued', ['now', null, -1, 1.5, true, '1732345678123']],
  ['expires', ['later', null, -1, 1.5, 1, {}]],
  ['hold_ms', [-1, 1.5, '1', null, 1e15]],
  ['by', [3, null, '', '\u202edispatch', 'x'.repeat(101)]],
  ['counter', [-1, 0.5, '9', null, [9]]],
  ['release', [true, false, 1, null]],
  ['priority', [1]],
  ['__proto__', [1]],
  ['constructor', ['x']],
];

export class HostileCommands {
  readonly #random: Random;
  readonly #isSigned: boolean;
  readonly #heard: HostileMessage[] = [];
  readonly #counters = new Map<string, number>();
  #made = 0;
  /** All that somebody with the right to really made, whether or not it was ever sent. */
  readonly intents = new Map<string, Intent[]>();

  constructor(random: Random, isSigned: boolean) {
    this.#random = random;
    this.#isSigned = isSigned;
  }

  /** The next message of a hostile hour, at this time by everybody's clock. */
  next(now: number, kind = this.#pick(this.#isSigned ? KINDS : PLAIN_KINDS)): HostileMessage {
    const { bytes, isRetained = false } = this.#make(kind, now);
    const message = { kind, bytes, isRetained };
    if (this.#heard.length < 500) this.#heard.push(message);
    else this.#heard[this.#below(500)] = message;
    return message;
  }

  /** One that has to get through. */
  honest(now: number): HostileMessage & { readonly id: string } {
    const fields = this.#fields(now, { tag: 'well.pump', value: this.#below(2) === 1 });
    const text = this.#signedBy(HONEST.signer, {
      ...fields,
      counter: this.#count(HONEST.signer.name),
    });
    return { kind: 'honest', bytes: Buffer.from(text), isRetained: false, id: fields.id };
  }

  #make(kind: string, now: number): { readonly bytes: Uint8Array; readonly isRetained?: boolean } {
    const { signer } = this.#pick(SIGNERS);
    const rightful = (more: CommandFields = {}) => this.#signedBy(signer, this.#fields(now, more));
    const text = (made: string) => ({ bytes: Buffer.from(made) });
    switch (kind) {
      case 'rightful':
        return text(rightful(this.#maybeCounted(signer)));
      case 'out of range':
        return text(
          rightful({
            tag: 'press.setpoint',
            value: this.#pick([1e6, -1, '1e3', 100.5, '9007199254740993']),
          }),
        );
      case 'wrong value':
        return text(
          rightful({
            tag: 'press.setpoint',
            value: this.#pick(['on', true, '', ' 5', '５', '0x5']),
          }),
        );
      case 'look-alike':
        return text(rightful({ tag: this.#pick(LOOK_ALIKES) }));
      case 'expired':
        return text(rightful({ issued: now - 40_000, expires: now - this.#below(30_000) }));
      case 'ahead':
        return text(this.#ahead(now + 5_001 + this.#below(50_000), rightful));
      case 'too long':
        return text(rightful({ expires: now + 60_001 + this.#below(1e9) }));
      case 'out of order':
        return text(rightful({ issued: now - 1 - this.#below(29_000) }));
      case 'old counter':
        return text(rightful({ counter: this.#usedCounter(signer) }));
      case 'known id':
        return text(rightful({ id: this.#pick([...this.intents.keys(), '__proto__']) }));
      case 'another gateway':
        return text(
          rightful({ gw: this.#pick(['weihai-4', 'Weihai-3', 'weihai-3 ', '*', '__proto__']) }),
        );
      case 'wrong id':
        return text(
          rightful({ id: this.#pick(['short', 'x'.repeat(65), '../../status', 'a b c d e']) }),
        );
      case 'said twice':
        return text(this.#saidTwice(now, signer));
      case 'retained':
        return { ...text(rightful()), isRetained: true };
      case 'kept back': {
        rightful();
        return this.#again();
      }
      case 'repeated':
        return { ...this.#again(), isRetained: this.#below(4) === 0 };
      default:
        return this.#forge(kind, now);
    }
  }

  #ahead(issued: number, rightful: (more: CommandFields) => string): string {
    return rightful({ issued, expires: issued + 20_000 });
  }

  /** Without a key. */
  #forge(kind: string, now: number): { readonly bytes: Uint8Array } {
    const by = this.#pick(['dispatch', 'shift', 'honest', 'stranger', '__proto__', 'dispаtch']);
    const fields = { ...this.#fields(now, { by, value: true }), v: 1 };
    const signed = JSON.stringify(fields);
    const random = () => Buffer.from(Array.from({ length: 64 }, () => this.#below(256)));
    const text = (made: string) => ({ bytes: Buffer.from(made) });
    switch (kind) {
      case 'forged':
        return text(
          envelope(signed, this.#pick([STRANGER.sign(signed), random(), new Uint8Array(64)])),
        );
      case 'cut signature':
        return text(envelope(signed, STRANGER.sign(signed).subarray(0, this.#below(64))));
      case 'swapped signature':
        return text(this.#swapped(signed));
      case 'not signed':
        return text(this.#isSigned ? plainMessage(fields) : signedMessage(fields, STRANGER));
      case 'wrong form':
        return text(this.#misformed(fields));
      case 'changed':
        return { bytes: this.#changed() };
      default:
        return { bytes: this.#rubbish() };
    }
  }

  /** Two readers may see two values in it. */
  #saidTwice(now: number, signer: Signer): string {
    const plain = plainMessage(
      this.#fields(now, { by: signer.name, tag: 'press.pump', value: true }),
    );
    const twice = `${plain.slice(0, -1)},"value":false}`;
    return this.#isSigned ? envelope(twice, signer.sign(twice)) : twice;
  }

  #swapped(signed: string): string {
    try {
      const { sig } = JSON.parse(Buffer.from(this.#again().bytes).toString());
      return JSON.stringify({ v: 1, signed, sig: sig ?? 'AA==' });
    } catch {
      return JSON.stringify({ v: 1, signed, sig: `${'A'.repeat(86)}==` });
    }
  }

  #misformed(fields: CommandFields): string {
    const [key, wrong] = this.#pick(WRONG);
    const rest = Object.entries(fields).filter(
      ([each, value]) => each !== key && value !== undefined,
    );
    const entries = [...rest, [key, this.#pick(wrong)] as const];
    const body = entries
      .map(([each, value]) => `${JSON.stringify(each)}:${JSON.stringify(value)}`)
      .join();
    const text = this.#pick([
      `{${body}}`,
      `{${body},"value":false,"value":true}`,
      `{${body},"value":1e309}`,
    ]);
    const { signer } = this.#pick(SIGNERS);
    return this.#isSigned ? envelope(text, signer.sign(text)) : text;
  }

  /** A byte or some of a rightful message are others, or missing. */
  #changed(): Uint8Array {
    const bytes = Buffer.from(this.#again().bytes);
    for (let i = 0; i <= this.#below(3) && bytes.length > 0; i++)
      bytes[this.#below(bytes.length)] = this.#below(256);
    return this.#below(3) === 0 ? bytes.subarray(0, this.#below(bytes.length + 1)) : bytes;
  }

  #rubbish(): Uint8Array {
    const bytes = () =>
      Buffer.from(Array.from({ length: this.#below(200) }, () => this.#below(256)));
    const deep = `{"v":1,"value":${'['.repeat(4_000)}`;
    const long = `{"v":1,"tag":"${'x'.repeat(this.#pick([4_096, 5_000, 60_000]))}"}`;
    return this.#pick([
      bytes(),
      Buffer.from(deep),
      Buffer.from(long),
      Buffer.from(this.#pick(SHREDS)),
    ]);
  }

  #again(): { readonly bytes: Uint8Array } {
    return this.#heard.length > 0 ? this.#pick(this.#heard) : { bytes: Buffer.from('{}') };
  }

  #fields(now: number, more: CommandFields): CommandFields & { readonly id: string } {
    const id = `command-${String(++this.#made).padStart(8, '0')}`;
    const tag = this.#pick(['press.pump', 'press.setpoint', 'oven.fan']);
    const value =
      tag === 'press.setpoint'
        ? this.#pick([1, 50, 99.5, '12.50', '-0', 100])
        : this.#below(2) === 1;
    const plain = { gw: GATEWAY, id, tag, issued: now, expires: now + 30_000, by: 'dispatch' };
    return {
      ...plain,
      ...(this.#below(8) === 0 ? { release: true } : { value }),
      ...onlyOneWish(more),
    };
  }

  /** Written down as an intent: whoever sends it later does what somebody really wanted. */
  #signedBy(signer: Signer, fields: CommandFields): string {
    const all = { ...fields, by: signer.name };
    const intent = all as CommandFields & Intent;
    const known = this.intents.get(intent.id) ?? [];
    this.intents.set(intent.id, [...known, { ...intent, counter: intent.counter }]);
    return this.#isSigned ? signedMessage(all, signer) : plainMessage(all);
  }

  #maybeCounted(signer: Signer): CommandFields {
    return this.#below(2) === 0 ? {} : { counter: this.#count(signer.name) };
  }

  #usedCounter({ name }: Signer): number {
    const last = this.#counters.get(name) ?? 0;
    return this.#below(2) === 0 ? last : this.#below(last + 1);
  }

  #count(name: string): number {
    const next = (this.#counters.get(name) ?? 0) + 1 + this.#below(2);
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

/** A value that is asked for stands for itself. */
const onlyOneWish = (more: CommandFields): CommandFields =>
  'value' in more ? { ...more, release: undefined } : more;

const SHREDS: readonly string[] = [
  ...[
    '',
    '{}',
    '[]',
    'null',
    '0',
    '""',
    '{"v":1}',
    '{"v":1,"signed":"{}","sig":""}',
    '\ufeff{}',
    '{"v":1,',
  ],
  ...[
    '{"__proto__":{"value":true}}',
    '{"v":1,"signed":"","sig":null}',
    '{"v":1,"v":1}',
    '\u0000',
    '{"a":1e309}',
  ],
];
const PLAIN_KINDS: readonly string[] = [
  ...[
    'rightful',
    'rightful',
    'out of range',
    'wrong value',
    'look-alike',
    'expired',
    'ahead',
    'too long',
  ],
  ...[
    'out of order',
    'known id',
    'wrong id',
    'said twice',
    'another gateway',
    'retained',
    'kept back',
    'repeated',
    'repeated',
  ],
  ...['not signed', 'wrong form', 'wrong form', 'rubbish'],
];
const KINDS: readonly string[] = [
  ...PLAIN_KINDS,
  ...['forged', 'cut signature', 'swapped signature', 'old counter', 'changed', 'changed'],
];
