/**
 * Registers as the models of device have them that headgate knows: whose tags fill the request from end to end. Pure.
 */
import type { Profile, ProfileTag } from '../../../config/profiles.ts';
import type { Plain } from '../../../drivers/explanation.ts';
import { modbusOptions } from '../../../drivers/modbus/options.ts';
import { planReads } from '../../../drivers/modbus/plan.ts';
import type { ModbusAddress } from '../../../drivers/modbus/tag-options.ts';
import { plainValue } from '../../model/sample.ts';
import { profileTag } from '../wire/asked-device.ts';

/** A read of registers and what came back. */
export interface RegisterRead {
  readonly table: 'holding' | 'input';
  readonly start: number;
  /** Two bytes a register. */
  readonly data: Uint8Array;
}

/**
 * How well a profile fits a request, the best first. `planned`: it is how the gateway itself would read the device.
 * `known`: a recorded exchange of the device has it. `whole`: each of its registers belongs to a tag. `part`: some do.
 */
const FITS = ['planned', 'known', 'whole', 'part'] as const;
export type Fit = (typeof FITS)[number];

/** What one profile makes of it. */
export interface ProfileReading {
  readonly profile: string;
  readonly fit: Fit;
  /** The tags by name, and by symbol where they have one; `value` and `unit` where it is one. */
  readonly fields: Readonly<Record<string, Plain>>;
}

const TABLES: ReadonlyMap<Plain, RegisterRead['table']> = new Map<Plain, RegisterRead['table']>([
  [3, 'holding'],
  [4, 'input'],
]);

/** The read that an explanation's fields tell of; undefined where they do not say all of it. */
export function registerRead(fields: Readonly<Record<string, Plain>>): RegisterRead | undefined {
  const table = TABLES.get(fields.function ?? null);
  const { address, registers } = fields;
  if (!table || typeof address !== 'number' || !Array.isArray(registers)) return undefined;
  const data = Buffer.alloc(2 * registers.length);
  for (const [i, word] of registers.entries()) data.writeUInt16BE(Number(word), 2 * i);
  return { table, start: address, data };
}

/** What the profiles make of a read; those that have nothing in it are left out. */
export const profileReadings = (
  read: RegisterRead,
  profiles: readonly Profile[],
): readonly ProfileReading[] => profiles.flatMap((profile) => readingOf(read, profile) ?? []);

function readingOf(read: RegisterRead, profile: Profile): ProfileReading | undefined {
  if (profile.protocol !== modbusOptions.type) return undefined;
  const device = modbusOptions.deviceSchema.parse({ unit: 1, ...profile.device });
  if (!device.ok) return undefined;
  const view = new DataView(read.data.buffer, read.data.byteOffset, read.data.byteLength);
  const end = read.start + read.data.length / 2;
  const requests = profile.tags.flatMap((tag) => requestOf(tag, read) ?? []);
  const covered = new Set<number>();
  const found = requests.flatMap((request) => {
    const [group] = planReads(device.value, [request], ACCESS);
    const [field] = group?.fields ?? [];
    if (!group || !field) return [];
    if (group.start < read.start || group.start + group.quantity > end) return [];
    for (let i = 0; i < group.quantity; i++) covered.add(group.start + i);
    const value = field.decode(view, 2 * (group.start - read.start) + field.at);
    return [{ tag: request.of, value: plainValue(value) }];
  });
  if (found.length === 0) return undefined;
  const isPlanned = planReads(device.value, requests, ACCESS).some(
    ({ start, quantity }) => start === read.start && start + quantity === end,
  );
  const isWhole = covered.size === end - read.start;
  const fit = isPlanned ? 'planned' : isKnown(read, profile) ? 'known' : isWhole ? 'whole' : 'part';
  return { profile: profile.id, fit, fields: fieldsOf(found) };
}

function requestOf(of: ProfileTag, { table }: RegisterRead) {
  const address = of.address as ModbusAddress;
  if (address.table !== table || of.access === 'write') return undefined;
  return { ...profileTag(of, 0), address, of };
}

/** One of the profile's recorded exchanges begins with this request: function, address and quantity. */
const isKnown = ({ table, start, data }: RegisterRead, { golden }: Profile): boolean =>
  golden.some(({ request }) => {
    const [, code, high = 0, low = 0, , quantity = 0] = request;
    return (
      TABLES.get(code ?? 0) === table && high * 256 + low === start && 2 * quantity === data.length
    );
  });

const ACCESS = { resource: 'decode', framing: 'packets', timing: undefined } as const;

interface Found {
  readonly tag: ProfileTag;
  readonly value: Plain;
}

function fieldsOf(found: readonly Found[]): ProfileReading['fields'] {
  const [only, another] = found;
  if (only && !another) return { value: only.value, unit: only.tag.unit ?? '' };
  return Object.fromEntries(
    found.flatMap(({ tag, value }) => {
      const symbol = tag.symbol === undefined ? [] : [tag.symbol];
      return [tag.quantity, ...symbol].map((name) => [name, value] as const);
    }),
  );
}

/**
 * The fields that profiles add: flat where all that fit from end to end say the same, else each under `profiles`.
 * Only those with the best fit count, and a part is none.
 */
export function profileFields(
  readings: readonly ProfileReading[],
): Readonly<Record<string, Plain>> {
  const fit = FITS.find((one) => one !== 'part' && readings.some((it) => it.fit === one));
  const best = readings.filter((it) => it.fit === fit);
  const [first] = best;
  if (!first) return {};
  const said = new Set(best.map(({ fields }) => JSON.stringify(fields)));
  if (said.size === 1) return { ...first.fields, profiles: best.map(({ profile }) => profile) };
  return { profiles: best.map(({ profile, fields }) => ({ profile, ...fields })) };
}
