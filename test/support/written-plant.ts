/**
 * A Modbus TCP device that remembers every write it gets: functions 3, 6 and 16, one register to a value. It may take its
 * time before it obeys and before it answers, so that a gateway can be killed in between.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WrittenPlantOptions {
  readonly registers: number;
  /** In ms, asked anew for each write. */
  readonly beforeObeying?: () => number;
  readonly beforeAnswering?: () => number;
}

export interface PlantWrite {
  readonly address: number;
  readonly value: number;
  /** On the monotonic clock, in ms. */
  readonly at: number;
}

export interface WrittenPlant {
  readonly port: number;
  readonly writes: readonly PlantWrite[];
  readonly values: readonly number[];
  /** Somebody at the machine turns a knob. */
  put(address: number, value: number): void;
  stop(): Promise<void>;
}

const HEADER = 7;
const READ_HOLDING = 3;
const WRITE_ONE = 6;
const WRITE_MANY = 16;
const ILLEGAL_FUNCTION = 1;

export async function startWrittenPlant(options: WrittenPlantOptions): Promise<WrittenPlant> {
  const values = new Array<number>(options.registers).fill(0);
  const writes: PlantWrite[] = [];
  const sockets = new Set<Socket>();
  const pause = async (ms = 0) => {
    if (ms > 0) await sleep(ms);
  };
  const reply = async (pdu: Buffer): Promise<Buffer> => {
    const code = pdu[0] ?? 0;
    const address = pdu.readUInt16BE(1);
    if (code === READ_HOLDING) {
      const count = pdu.readUInt16BE(3);
      const bytes = Buffer.alloc(2 + 2 * count);
      bytes[0] = code;
      bytes[1] = 2 * count;
      for (let i = 0; i < count; i++) bytes.writeUInt16BE(values[address + i] ?? 0, 2 + 2 * i);
      return bytes;
    }
    if (code !== WRITE_ONE && code !== WRITE_MANY)
      return Buffer.from([code | 0x80, ILLEGAL_FUNCTION]);
    const value = pdu.readUInt16BE(code === WRITE_ONE ? 3 : 6);
    await pause(options.beforeObeying?.());
    values[address] = value;
    writes.push({ address, value, at: Number(process.hrtime.bigint()) / 1e6 });
    await pause(options.beforeAnswering?.());
    return pdu.subarray(0, 5);
  };
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let rest = Buffer.alloc(0);
    let turn = Promise.resolve();
    const answer = async (request: Buffer) => {
      const pdu = await reply(request.subarray(HEADER));
      const header = Buffer.from(request.subarray(0, HEADER));
      header.writeUInt16BE(pdu.length + 1, 4);
      if (!socket.destroyed) socket.write(Buffer.concat([header, pdu]));
    };
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER && rest.length >= 6 + rest.readUInt16BE(4)) {
        const request = rest.subarray(0, 6 + rest.readUInt16BE(4));
        rest = rest.subarray(request.length);
        turn = turn.then(() => answer(request));
      }
    });
  };
  const server: Server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    port,
    writes,
    values,
    put(address, value) {
      values[address] = value;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
