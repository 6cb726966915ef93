/** Pins for the contract suite: a simulated board by its socket. */
import { join } from 'node:path';
import type { Planner, Session, WatchSession } from '../../../drivers/driver.ts';
import { makeBackend } from '../../../drivers/gpio/backends.ts';
import { gpioDriver } from '../../../drivers/gpio/driver.ts';
import { GpioLink } from '../../../drivers/gpio/link.ts';
import { startGpioBoard } from '../../../firmware-sim/gpio-board.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { memoryStateStore } from '../../../gateway/host/state-store.ts';
import { millis } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { until } from '../../support/waiting.ts';
import { type DriverHarness, realTime, type Scene, type TagChoice } from './harness.ts';
import { parsedDevice } from './parsed.ts';

const OUTPUT = 22;

const TAGS: TagChoice = {
  present: [
    { address: 'in 17', value: true },
    { address: { address: 'in GPIO18', active: 'low' }, value: true },
    { address: { address: 'count 27', pulse: 0.01, start: '1234.56' }, value: 1234.56 },
  ],
  absent: ['in 99', 'in NOWHERE'],
  writable: { address: `out ${OUTPUT}`, values: [true, false] },
  readOnly: [
    { address: 'in 17', value: false },
    { address: 'count 27', value: 7 },
    { address: `out ${OUTPUT}`, value: 'on' },
  ],
};

async function setUp(): Promise<Scene> {
  const clock = systemClock();
  const path = join(temporaryDirectory(), 'board');
  const lines = [17, 18, OUTPUT, 27].map((offset) => ({ offset, name: `GPIO${offset}` }));
  const board = await startGpioBoard({ path, lines, keepsLevel: true }, clock);
  board.move(17, true);
  const bus = { chip: `unix:${path}`, backend: 'simulated' } as const;
  const state = memoryStateStore();
  const link = new GpioLink(bus, clock, makeBackend);
  const { resource } = link;
  const access = { resource, framing: 'gpio', timing: undefined } as const;
  const device = parsedDevice('gpio', {});
  const open = () => gpioDriver.open({}, { ...access, clock, log: silentLog, state, link });
  const session = open() as WatchSession;
  // The first takes the line, at its state at start.
  const switched = () => board.heard.filter((request) => request.startsWith(`out ${OUTPUT}`));
  return {
    planner: gpioDriver as Planner,
    protocol: 'gpio',
    access,
    device,
    twin: parsedDevice('gpio', {}),
    stranger: undefined,
    session,
    time: realTime(clock),
    allowance: millis(400),
    peer: {
      heard: () => board.heard.length,
      written: () => Math.max(0, switched().length - 1),
      standing: () => board.driven(OUTPUT) ?? '',
      picture: () => board.history.filter(({ isHigh }) => isHigh),
      beSilent: () => board.behave('silent'),
      loseAnswers: () => board.behave('mute'),
      recover: () => board.behave('well'),
      async cut() {
        const { chip } = link;
        board.behave('away');
        await until('the loss', () => chip?.lost.aborted !== false);
      },
      async restore() {
        board.behave('well');
      },
    },
    open: () => open() as Session,
    sent: () => board.heard.length,
    watched: {
      session,
      link,
      moving: { address: 'in 17', values: [false, true, false, true] },
      move: (value) => board.move(17, value === true),
    },
    async connect() {
      await link.close();
      await link.connect(new AbortController().signal);
      await until('an open link', () => link.chip !== undefined);
    },
    calmly: (call) => call(),
    async close() {
      await link.close();
      await board.stop();
    },
  };
}

export const gpio: DriverHarness = {
  name: 'gpio on a simulated board',
  needs: [],
  isWatched: true,
  tags: TAGS,
  setUp,
};
