/** An electricity meter that speaks DL/T 645-2007, or -1997, on a serial wire. */
import type { Clock } from '../gateway/host/clock.ts';
import { type Millis, type MonoMs, millis } from '../gateway/model/units.ts';
import {
  answerTo,
  COMMANDS_1997,
  COMMANDS_2007,
  type Command,
  diBytes,
  displayOf,
  newConversation,
  OTHER_ERROR,
  type Said,
} from './dlt645-commands.ts';
import { addresses645, FRAMING_645, type Frame645, frame645, parse645 } from './dlt645-frame.ts';
import { orderFreeze } from './dlt645-history.ts';
import { correctClock } from './dlt645-parameters.ts';
import { type Meter645Options, type Meter645State, meter645State } from './dlt645-state.ts';
import { createFaults, damaged, type FaultSetting, isSilence } from './faults.ts';
import { seedOf } from './seed.ts';
import type { Answer, Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

export interface Meter645 extends Station {
  readonly address: string;
  /** What is inside, for a test to look at. */
  readonly state: Meter645State;
}

export interface Meter645Setting extends Meter645Options {
  readonly name: string;
  /** 20 ms to 500 ms by §5.2.6; 30 ms when left out. */
  readonly turnaround?: Millis;
  /** How it sends and hears; undefined: like its line. */
  readonly settings?: WireSpeed;
  readonly fault?: FaultSetting;
  readonly seed?: number;
}

const SET_TIME = 0x08;
const EVERYBODY = '999999999999';
const FROM_METER = 0x80;
const MORE = 0x20;
const ABNORMAL = 0x40;
/** 2007 §7.10, Z: one bit a rate. */
const RATES = new Map([
  [0x02, 600],
  [0x04, 1200],
  [0x08, 2400],
  [0x10, 4800],
  [0x20, 9600],
  [0x40, 19_200],
]);
/** A meter, running since now. */
export function meter645(options: Meter645Setting, clock: Clock): Meter645 {
  const seed = seedOf(options.seed ?? 1, options.name);
  const meter = meter645State(options, seed, clock);
  const faults = createFaults(seedOf(seed, 'faults'), (upAt, kind) => {
    if (kind !== 'swap') return;
    meter.process.replace(upAt);
    meter.meterNumber = neighbourOf(meter.meterNumber);
  });
  faults.set(options.fault);
  const conversation = newConversation();
  const preamble = new Uint8Array(options.preamble ?? 4).fill(0xfe);
  let settings = options.settings;
  const commands: ReadonlyMap<number, Command> =
    options.version === '1997' ? COMMANDS_1997 : COMMANDS_2007;

  const obey = (request: Frame645, command: Command, now: MonoMs): Said | undefined => {
    if (command === 'baud') {
      const baud = RATES.get(request.data[0] ?? 0);
      if (baud === undefined) return { error: OTHER_ERROR };
      settings = { baud, format: settings?.format ?? '8E1' };
      return { data: request.data };
    }
    return answerTo(meter, conversation, command, request, now);
  };
  return {
    name: options.name,
    framing: FRAMING_645,
    turnaround: options.turnaround ?? millis(30),
    faults,
    state: meter,
    get settings() {
      return settings;
    },
    get address() {
      return meter.address;
    },
    shows: (display, at) => displayOf(meter, display, at),
    hear(bytes, { now }): Answer | undefined {
      const request = parse645(bytes);
      if (request.control & FROM_METER) return undefined;
      if (request.address === EVERYBODY) {
        if (request.control === SET_TIME) correctClock(meter, request.data, now);
        else if (commands.get(request.control) !== 'freeze') return undefined;
        else orderFreeze(meter, request.data, now);
        return { reply: undefined, fault: undefined };
      }
      if (!addresses645(request.address, meter.address)) return undefined;
      const command = commands.get(request.control);
      if (command === undefined) return undefined;
      const fault = faults.draw(now);
      if (isSilence(fault)) return { reply: undefined, fault };
      const isRefused = fault?.kind === 'exception' || fault?.kind === 'busy';
      const said = isRefused ? { error: fault.code ?? OTHER_ERROR } : obey(request, command, now);
      if (!said) return { reply: undefined, fault };
      const isZero = fault?.kind === 'zero' && (command === 'read' || command === 'follow');
      const answer = replyTo(request.control, isZero ? zeroed(said, diBytes(meter)) : said);
      const frameOf = (address: string) => frame645({ ...answer, address });
      const foreign = () => frameOf(neighbourOf(meter.address));
      const frame = damaged(fault?.kind, frameOf(meter.address), foreign, faults.random);
      return { reply: Buffer.concat([preamble, frame]), fault };
    },
  };
}

const replyTo = (control: number, said: Said): Omit<Frame645, 'address'> =>
  'error' in said
    ? { control: control | FROM_METER | ABNORMAL, data: Uint8Array.of(said.error) }
    : { control: control | FROM_METER | (said.hasMore ? MORE : 0), data: said.data };

const zeroed = (said: Said, from: number): Said =>
  'error' in said ? said : { ...said, data: new Uint8Array(said.data).fill(0, from) };

/** Another meter of the same size. */
const neighbourOf = (address: string): string =>
  String((BigInt(address) + 1n) % 10n ** 12n).padStart(12, '0');
