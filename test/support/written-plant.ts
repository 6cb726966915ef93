/**
 * A Modbus TCP device that remembers every write it gets: functions 3, 6 and 16, one register to a value. It may take its
 * time before it obeys and before it answers, so that a gateway can be killed in between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mbapServer } from './mbap-server.ts';

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

const READ_HOLDING = 3;
const WRITE_ONE = 6;
const WRITE_MANY = 16;
const ILLEGAL_FUNCTION = 1;

export async function startWrittenPlant(options: WrittenPlantOptions): Promise<WrittenPlant> {
  const values = new Array<number>(options.registers).fill(0);
  const writes: PlantWrite[] = [];
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
  const { port, stop } = await mbapServer(reply);
  return {
    port,
    writes,
    values,
    put(address, value) {
      values[address] = value;
    },
    stop,
  };
}
