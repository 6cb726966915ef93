/** Asks who is on the wire. Only one meter may be: all of them answer the wildcard at once. */
import type { Clock } from '../../gateway/host/clock.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { characters, exchange } from '../line/exchange.ts';
import type { Line } from '../line/line.ts';
import { LONGEST_REPLY_BYTES, PAUSE_IN_REPLY } from './driver.ts';
import { ANY_ADDRESS, ANY_TYPE, CONTROL, METER_TYPES } from './frame.ts';
import { DI } from './layouts.ts';
import type { DiOrder } from './options.ts';
import { encodeRequest, replyFinder } from './reply.ts';

/** A meter that answered, in the words of a device's options. */
export interface FoundMeter {
  readonly address: string;
  /** A word like `water`, or two hexadecimal digits. */
  readonly type: string;
  readonly di_order: DiOrder;
}

/**
 * Sends "read address" to everybody, in both orders of the identifier. Undefined when nobody answered in a way
 * that can be understood; to be called with the line reserved and quiet. Rejects when the line is lost.
 */
export async function discoverMeter(
  {
    line,
    clock,
    timeout,
    preamble,
  }: {
    readonly line: Line;
    readonly clock: Clock;
    readonly timeout: Millis;
    readonly preamble: number;
  },
  signal: AbortSignal,
): Promise<FoundMeter | undefined> {
  const orders = ['high_first', 'low_first'] as const;
  for (const [ser, diOrder] of orders.entries()) {
    const request = {
      type: ANY_TYPE,
      address: ANY_ADDRESS,
      control: CONTROL.readAddress,
      di: DI.address,
      diOrder,
      ser,
    };
    const exchanged = await exchange(
      {
        line,
        clock,
        request: encodeRequest(request, preamble),
        finder: replyFinder(request, 'loose'),
        patience: timeout,
        pause: PAUSE_IN_REPLY,
        longest: millis(characters(line, LONGEST_REPLY_BYTES) + PAUSE_IN_REPLY),
      },
      signal,
    );
    if (exchanged.kind === 'answer' && exchanged.frame.kind === 'data') {
      const { address, type } = exchanged.frame.frame;
      return { address, type: typeText(type), di_order: diOrder };
    }
  }
  return undefined;
}

/** As the option `type` takes it. */
const typeText = (type: number): string =>
  [...METER_TYPES].find(([, code]) => code === type)?.[0] ??
  type.toString(16).padStart(2, '0').toUpperCase();
