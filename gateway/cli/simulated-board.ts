/** Boards with simulated pins for the GPIO buses of a site: doors that open, meters that give pulses, relays. */
import { join } from 'node:path';
import type { BusConfig, GpioTransport, Site } from '../../config/site.ts';
import type { LineRef, PinAddress } from '../../drivers/gpio/address.ts';
import {
  type BoardLine,
  type GpioBoard,
  type Mover,
  startGpioBoard,
} from '../../firmware-sim/gpio-board.ts';
import type { Clock } from '../host/clock.ts';
import type { BusName, TagId } from '../model/sample.ts';
import { millis } from '../model/units.ts';

const DOOR: Mover = { kind: 'door', perHour: 360 };
const MOST_PULSES_PER_HOUR = 7_200;
const MS_PER_HOUR = 3_600_000;
/** From a joined board to the gateway, as a pipe takes where the machine is busy. */
const EDGE_DELAY = millis(2);
/** Where lines stand that are only named; beyond those of common boards. */
const FIRST_NAMED = 100;

/** A board of a bus that plays, and how a gateway reaches it. */
export interface PlayedBoard {
  readonly board: GpioBoard;
  readonly transport: GpioTransport;
}

export type PlayedBoards = ReadonlyMap<BusName, PlayedBoard>;

/** The lines that the tags of a bus need, each with what moves it. Pure. */
export const boardLines = (site: Site, bus: BusName): readonly BoardLine[] =>
  boardPins(site, bus).map(({ offset, pin }) => {
    const name = typeof pin.line === 'string' ? pin.line : `GPIO${offset}`;
    const mover = moverOf(pin);
    return { offset, name, ...(mover && { mover }) };
  });

/** Where a tag is on the board of its bus. */
export interface BoardPin {
  readonly tag: TagId;
  readonly offset: number;
  readonly pin: PinAddress;
}

/** The pins of a bus. Pure. */
export function boardPins(site: Site, bus: BusName): readonly BoardPin[] {
  const tags = site.devices.filter((device) => device.bus === bus).flatMap(({ tags: own }) => own);
  let named = FIRST_NAMED;
  return tags.map(({ tag, address }) => {
    const pin = address as PinAddress;
    return { tag: tag.id, offset: offsetOf(pin.line) ?? named++, pin };
  });
}

/** `GPIO17` is line 17 of a simulated board too. */
const offsetOf = (line: LineRef): number | undefined => {
  const digits = typeof line === 'number' ? `${line}` : /^GPIO(\d+)$/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

function moverOf(pin: PinAddress): Mover | undefined {
  if (pin.kind === 'out') return undefined;
  if (pin.kind === 'in') return DOOR;
  const { leastGap } = pin.meter;
  // Half of the fastest, because the pulses of a simulated meter are not quite regular.
  const fastest = leastGap === undefined ? MOST_PULSES_PER_HOUR : MS_PER_HOUR / leastGap / 2;
  return { kind: 'pulses', perHour: Math.min(MOST_PULSES_PER_HOUR, fastest) };
}

export interface BoardOptions {
  readonly seed: number;
  readonly clock: Clock;
  /** Where the sockets go; undefined: where the site says, and no board for a bus with real pins. */
  readonly folder?: string;
}

/** Starts one board for each GPIO bus. */
export async function startBoards(
  site: Site,
  { seed, clock, folder }: BoardOptions,
): Promise<PlayedBoards> {
  const boards = new Map<BusName, PlayedBoard>();
  for (const bus of site.buses) {
    const path = folder === undefined ? writtenPath(bus) : join(folder, `${bus.name}.board`);
    if (bus.transport.kind !== 'gpio' || path === undefined) continue;
    const lines = boardLines(site, bus.name);
    const board = await startGpioBoard({ path, lines, seed, keepsLevel: true }, clock);
    boards.set(bus.name, { board, transport: simulated(`unix:${path}`) });
  }
  return boards;
}

/** Boards without sockets, for gateways of this process; only the pulses of meters move by themselves. */
export async function startJoinedBoards(
  site: Site,
  { seed, clock }: Omit<BoardOptions, 'folder'>,
): Promise<PlayedBoards> {
  const boards = new Map<BusName, PlayedBoard>();
  for (const { name, transport } of site.buses) {
    if (transport.kind !== 'gpio') continue;
    const lines = boardLines(site, name).map(({ mover, ...line }) =>
      mover?.kind === 'pulses' ? { ...line, mover } : line,
    );
    const setting = { lines, seed, keepsLevel: true, edgeDelay: EDGE_DELAY };
    const board = await startGpioBoard(setting, clock);
    boards.set(name, { board, transport: simulated(name) });
  }
  return boards;
}

const simulated = (chip: string): GpioTransport => ({ kind: 'gpio', chip, backend: 'simulated' });

const writtenPath = ({ transport }: BusConfig): string | undefined =>
  transport.kind === 'gpio' && transport.backend === 'simulated'
    ? transport.chip?.replace(/^unix:/, '')
    : undefined;
