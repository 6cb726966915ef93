/** Outputs of a gateway that died, driven to their states at stop by somebody else. */
import { type Clock, sleep } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { type OutputAddress, offsetOf, type PinAddress } from './address.ts';
import type { ChipInfo, GpioBackend } from './backend.ts';
import type { GpioBus, MakeBackend } from './link.ts';
import { levelOf } from './switching.ts';

/** A tag with its parsed address. */
export interface PinTag {
  readonly id: TagId;
  readonly address: PinAddress;
}

/** What became of an output. */
export interface SafeOutput {
  readonly tag: TagId;
  readonly isOn: boolean;
  /** Why it could not be driven. */
  readonly error?: unknown;
}

/** A process that died may keep its lines for a moment. */
const TRIES = 10;
const BETWEEN_TRIES = millis(200);

/**
 * Drives every output that has a state at stop to it, and lets go of the chip. Whether a line keeps its level then
 * is the board's business. Rejects when there is no way to the chip.
 */
export async function driveSafe(
  bus: GpioBus,
  tags: readonly PinTag[],
  clock: Clock,
  make: MakeBackend,
): Promise<readonly SafeOutput[]> {
  const wanted = tags.flatMap(({ id, address }) => {
    const isOn = address.kind === 'out' ? levelOf(address.rules.atStop) : undefined;
    return address.kind === 'out' && isOn !== undefined ? [{ tag: id, address, isOn }] : [];
  });
  if (wanted.length === 0) return [];
  const backend = await make(bus, clock, () => {});
  try {
    const chip = await backend.open(new AbortController().signal);
    const driven: SafeOutput[] = [];
    for (const { tag, address, isOn } of wanted)
      driven.push(
        await drive(backend, chip, address, isOn, clock).then(
          () => ({ tag, isOn }),
          (error: unknown) => ({ tag, isOn, error }),
        ),
      );
    return driven;
  } finally {
    await backend.close();
  }
}

async function drive(
  backend: GpioBackend,
  chip: ChipInfo,
  { line, isActiveLow }: OutputAddress,
  isOn: boolean,
  clock: Clock,
): Promise<void> {
  const offset = offsetOf(chip, line);
  if (offset === undefined) throw new GatewayError('gpio.line-unknown', { chip: chip.name, line });
  for (let left = TRIES; ; left--)
    try {
      return await backend.output(offset, isOn !== isActiveLow, () => {});
    } catch (error) {
      if (left === 1) throw error;
      await sleep(clock, 'gpio.safe', BETWEEN_TRIES);
    }
}
