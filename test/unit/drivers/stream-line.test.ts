import { expect, test } from 'vitest';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { type Stream, type StreamEvents, streamLine } from '../../../drivers/line/stream-line.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';

const never = new AbortController().signal;

/** A line whose streams exist only as the events they are opened with. */
function setup({
  loseWhileOpening = false,
  settings,
  ...own
}: Partial<Stream> & { loseWhileOpening?: boolean; settings?: SerialSettings } = {}) {
  const opened: StreamEvents[] = [];
  const closed: number[] = [];
  const line = streamLine({
    resource: 'test',
    settings,
    clock: virtualClock(),
    open: async (events) => {
      const place = opened.push(events) - 1;
      if (loseWhileOpening) events.lost(new Error('gone already'));
      return {
        write() {
          throw new Error('no room');
        },
        drop: async () => {},
        close: async () => void closed.push(place),
        ...own,
      };
    },
  });
  return { line, opened, closed };
}

test('what an earlier stream still has to say is not heard on a later one', async () => {
  const { line, opened } = setup();
  const heard: Uint8Array[] = [];
  const losses: Error[] = [];
  line.listen({ data: (bytes) => heard.push(bytes), closed: (error) => losses.push(error) });
  await line.connect(never);
  await line.close();
  await line.connect(never);
  opened[0]?.data(Buffer.of(1));
  opened[0]?.lost(new Error('late'));
  opened[1]?.data(Buffer.of(2));
  expect(heard).toEqual([Buffer.of(2)]);
  expect(losses).toEqual([]);
  expect(line.isOpen).toBe(true);
});

test('a stream that is lost while it opens is closed and was never open', async () => {
  const { line, closed } = setup({ loseWhileOpening: true });
  await expect(line.connect(never)).rejects.toThrow(/gone already.*line.unreachable/);
  expect(line.isOpen).toBe(false);
  expect(closed).toEqual([0]);
});

test('a lost stream is let go at once', async () => {
  const { line, opened, closed } = setup();
  await line.connect(never);
  opened[0]?.lost(new Error('unplugged'));
  expect(closed).toEqual([0]);
  expect(line.isOpen).toBe(false);
});

test('nothing is opened before the system has let go of what was lost', async () => {
  const letGo: (() => void)[] = [];
  const { line, opened } = setup({
    close: () => new Promise((resolve) => letGo.push(resolve)),
  });
  await line.connect(never);
  opened[0]?.lost(new Error('unplugged'));
  const again = line.connect(never);
  await new Promise((resolve) => setImmediate(resolve));
  expect(opened).toHaveLength(1);
  letGo[0]?.();
  await again;
  expect(opened).toHaveLength(2);
});

test('a stream that is lost while it is tuned is lost once, and keeps its settings', async () => {
  const settings = { baud: 9600, format: '8N1' } as const;
  let tuned = () => {};
  const { line, opened } = setup({
    settings,
    tune: () => new Promise((resolve) => (tuned = resolve)),
  });
  const losses: Error[] = [];
  const heard: Uint8Array[] = [];
  line.listen({ data: (bytes) => heard.push(bytes), closed: (error) => losses.push(error) });
  await line.connect(never);
  const tuning = line.tune({ baud: 2400, format: '8E1' });
  opened[0]?.data(Buffer.of(1));
  opened[0]?.lost(new Error('unplugged'));
  tuned();
  await expect(tuning).rejects.toMatchObject({ code: 'line.closed' });
  expect(losses).toHaveLength(1);
  expect(heard).toEqual([]);
  expect(line.timing?.baud).toBe(9600);
});

test('a stream that takes no bytes is lost', async () => {
  const { line, closed } = setup();
  const losses: Error[] = [];
  line.listen({ data() {}, closed: (error) => losses.push(error) });
  await line.connect(never);
  expect(() => line.write(Buffer.of(1))).toThrow(/no room.*line.closed/);
  expect(losses).toHaveLength(1);
  expect(closed).toEqual([0]);
  expect(line.isOpen).toBe(false);
});
