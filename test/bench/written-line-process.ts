/**
 * A Modbus RTU unit behind a serial server, as slow as a wire of 9600 8N1, in a process of its own. It notes when each request
 * began and when its answer had ended; functions 3 and 6 alone.
 */
import { createServer, type Socket } from 'node:net';

export interface WrittenLineOrder {
  readonly baud: number;
  readonly turnaroundMs: number;
}

/** Times on the monotonic clock that all processes of the machine share, in ms. */
export type WrittenLineReport =
  | { readonly kind: 'ready'; readonly port: number }
  | {
      readonly kind: 'transactions';
      readonly list: readonly {
        readonly isWrite: boolean;
        readonly value: number;
        readonly from: number;
        readonly to: number;
      }[];
    };

const BITS = 10;
const REQUEST_BYTES = 8;
const READ = 3;

const order = JSON.parse(process.argv[2] ?? '{}') as WrittenLineOrder;
const report = (message: WrittenLineReport) => process.send?.(message);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const wireMs = (bytes: number) => (bytes * BITS * 1000) / order.baud;

const registers = new Map<number, number>();
let list: Extract<WrittenLineReport, { kind: 'transactions' }>['list'][number][] = [];

function crc(bytes: Uint8Array): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ 0xa001 : sum >> 1;
  }
  return sum;
}

function reply(request: Buffer): Buffer {
  const address = request.readUInt16BE(2);
  if (request[1] !== READ) {
    registers.set(address, request.readUInt16BE(4));
    return request;
  }
  const count = request.readUInt16BE(4);
  const answer = Buffer.alloc(3 + 2 * count + 2);
  answer.set([request[0] ?? 0, READ, 2 * count]);
  for (let i = 0; i < count; i++) answer.writeUInt16BE(registers.get(address + i) ?? 0, 3 + 2 * i);
  answer.writeUInt16LE(crc(answer.subarray(0, -2)), answer.length - 2);
  return answer;
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('error', () => {});
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= REQUEST_BYTES) {
      const request = Buffer.from(rest.subarray(0, REQUEST_BYTES));
      rest = rest.subarray(REQUEST_BYTES);
      const from = now();
      const answer = reply(request);
      const takes = wireMs(REQUEST_BYTES) + order.turnaroundMs + wireMs(answer.length);
      setTimeout(() => {
        socket.write(answer);
        const isWrite = request[1] !== READ;
        list.push({ isWrite, value: request.readUInt16BE(4), from, to: now() });
      }, takes);
    }
  });
}

process.on('message', () => {
  report({ kind: 'transactions', list });
  list = [];
});
process.on('disconnect', () => process.exit(0));
const server = createServer(serve).listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { readonly port: number };
  report({ kind: 'ready', port });
});
