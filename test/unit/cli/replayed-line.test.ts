import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Recording } from '../../../drivers/line/recording.ts';
import { readRecording, recordingFile } from '../../../drivers/line/recording-file.ts';
import { startPlant } from '../../../firmware-sim/plant.ts';
import { replayedLine } from '../../../gateway/cli/replayed-line.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ASKED = hex('01 04 00 00 00 02 71 CB');
const ANSWERED = hex('01 04 04 43 66 33 34 1B 38');
const UNANSWERED = hex('02 04 00 00 00 02 71 F8');
const settings = { baud: 9600, format: '8N1' } as const;

const recording: Recording = {
  framing: 'wire',
  settings,
  events: [
    { kind: 'tuned', at: utcMs(1_000), settings },
    { kind: 'sent', at: utcMs(1_001), bytes: UNANSWERED },
    { kind: 'sent', at: utcMs(2_000), bytes: ASKED },
    { kind: 'heard', at: utcMs(2_030), bytes: ANSWERED },
  ],
};

test('what headgate record wrote is answered again as it was answered then', async () => {
  const file = recordingFile(recording);
  const plant = await startPlant(replayedLine(readRecording(file), 0), systemClock(), silentLog);
  ends.push(() => plant.stop());
  const address = plant.addresses.get('line');
  if (address?.kind !== 'serial-tcp') throw new Error('the line is nowhere');
  const socket = connect(address.port, address.host);
  ends.push(() => void socket.destroy());
  const heard: Buffer[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      heard.push(bytes);
      if (Buffer.concat(heard).length >= ANSWERED.length) resolve();
    });
  });
  socket.write(ASKED);
  await answered;
  expect(Buffer.concat(heard)).toEqual(ANSWERED);
});

test('a recording without requests, or of a packet network, cannot be replayed', () => {
  const refused = expect.objectContaining({ code: 'recorder.not-replayable' });
  expect(() => replayedLine({ ...recording, events: [] }, 0)).toThrow(refused);
  expect(() => replayedLine({ framing: 'packets', settings: undefined, events: [] }, 0)).toThrow(
    refused,
  );
});
