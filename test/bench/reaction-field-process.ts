/**
 * A Modbus TCP device in a process of its own that measures how fast somebody reacts: register 0 changes now and then, and
 * the time runs from the reply that first shows the change to the write of coil 0. It answers functions 1, 3 and 5 alone.
 */
import { mbapServer } from '../support/mbap-server.ts';

export interface ReactionOrder {
  /** Between two changes. */
  readonly everyMs: number;
}

export type ReactionReport =
  | { readonly kind: 'ready'; readonly port: number }
  /** Since the last question. `missed`: changes that nobody reacted to before the next one. */
  | { readonly kind: 'reactions'; readonly ms: readonly number[]; readonly missed: number };

const READ_COILS = 1;
const READ_HOLDING = 3;
const WRITE_COIL = 5;

const order = JSON.parse(process.argv[2] ?? '{}') as ReactionOrder;
const report = (message: ReactionReport) => process.send?.(message);
const now = () => Number(process.hrtime.bigint()) / 1e6;

let register = 0;
let coil = 0;
let changeAt = now() + order.everyMs;
let shownAt: number | undefined;
let reactions: number[] = [];
let missed = 0;

function change(at: number): void {
  if (at < changeAt) return;
  if (shownAt !== undefined) missed++;
  register = 1 - register;
  changeAt = at + order.everyMs;
  shownAt = at;
}

function reply(pdu: Buffer): Buffer {
  const code = pdu[0];
  if (code === WRITE_COIL) {
    coil = pdu[3] === 0xff ? 1 : 0;
    if (shownAt !== undefined && coil === register) {
      reactions.push(now() - shownAt);
      shownAt = undefined;
    }
    return pdu.subarray(0, 5);
  }
  const count = pdu.readUInt16BE(3);
  if (code === READ_COILS) return Buffer.from([READ_COILS, 1, coil]);
  const bytes = Buffer.alloc(2 + 2 * count);
  bytes[0] = READ_HOLDING;
  bytes[1] = 2 * count;
  change(now());
  bytes.writeUInt16BE(register, 2);
  return bytes;
}

process.on('message', () => {
  report({ kind: 'reactions', ms: reactions, missed });
  reactions = [];
  missed = 0;
});
process.on('disconnect', () => process.exit(0));
const { port } = await mbapServer(reply);
report({ kind: 'ready', port });
