/**
 * A Modbus TCP device in a process of its own that measures how fast somebody reacts: register 0 changes now and then, and
 * the time runs from the reply that first shows the change to the write of coil 0. It answers functions 1, 3 and 5 alone.
 */
import { createServer, type Socket } from 'node:net';

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
const HEADER = 7;

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

function reply(request: Buffer): Buffer {
  const pdu = request.subarray(HEADER);
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

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= 6 + rest.readUInt16BE(4)) {
      const request = rest.subarray(0, 6 + rest.readUInt16BE(4));
      rest = rest.subarray(request.length);
      const pdu = reply(request);
      const header = Buffer.from(request.subarray(0, HEADER));
      header.writeUInt16BE(pdu.length + 1, 4);
      socket.write(Buffer.concat([header, pdu]));
    }
  });
}

process.on('message', () => {
  report({ kind: 'reactions', ms: reactions, missed });
  reactions = [];
  missed = 0;
});
process.on('disconnect', () => process.exit(0));
const server = createServer(serve).listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { readonly port: number };
  report({ kind: 'ready', port });
});
