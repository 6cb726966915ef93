/** Asks a unit who it is: function 43/14, part by part (Modbus Application Protocol V1.1b3 §6.21). */
import type { DriverIo } from '../driver.ts';
import type { Answer } from './answer.ts';
import { Exchanger } from './exchanger.ts';
import { parseIdentification } from './identification.ts';
import type { ModbusDevice } from './options.ts';
import type { IdentifyRequest } from './request.ts';

/** How much is asked for: the three obligatory texts, all that have a name, all there are. */
const IDENTIFICATIONS = ['basic', 'regular', 'extended'] as const;
export type IdentificationLevel = (typeof IDENTIFICATIONS)[number];

export type Identified =
  | {
      readonly kind: 'identified';
      /** By number: 0 vendor, 1 product code, 2 revision, 3 URL, 4 product, 5 model, 6 application. */
      readonly objects: ReadonlyMap<number, string>;
      /** 1 to 3 what the device can be asked for; with 80H also single objects. */
      readonly conformity: number;
    }
  /** Most devices do not know the function: exception 1. */
  | { readonly kind: 'exception'; readonly exception: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'garbled' };

/** A device that says "more follows" for ever is not followed for ever. */
const MOST_PARTS = 32;

/**
 * The identification of a unit. To be called like a session's read: with the line open, quiet and
 * reserved. Rejects when the line is lost.
 */
export async function identify(
  device: ModbusDevice,
  io: DriverIo,
  level: IdentificationLevel,
  signal: AbortSignal,
): Promise<Identified> {
  const exchanger = new Exchanger(device, io);
  const access = (IDENTIFICATIONS.indexOf(level) + 1) as IdentifyRequest['access'];
  const objects = new Map<number, string>();
  let conformity = 0;
  let next: number | undefined = 0;
  try {
    for (let part = 0; part < MOST_PARTS && next !== undefined; part++) {
      const request: IdentifyRequest = { kind: 'identify', access, object: next };
      const answer: Answer = await exchanger.ask(request, device.timeout, signal);
      if (answer.kind !== 'data') return answer;
      const found = parseIdentification(Buffer.concat([HEAD, answer.data]));
      if (!found) return { kind: 'garbled' };
      for (const [id, text] of found.objects) objects.set(id, text);
      conformity = found.conformity;
      // An answer that names an object it has already given would be asked for for ever.
      next = found.next !== undefined && found.next > request.object ? found.next : undefined;
    }
    return { kind: 'identified', objects, conformity };
  } finally {
    exchanger.close();
  }
}

/** Unit and function, in whose place an answer's data begin. */
const HEAD = Buffer.alloc(2);
