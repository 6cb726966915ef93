import fc from 'fast-check';
import { test } from 'vitest';
import { isBitTable, sizeOf, TABLES } from '../../drivers/modbus/address.ts';
import { type ModbusGroup, planReads } from '../../drivers/modbus/plan.ts';
import { smallerGroups } from '../../drivers/modbus/regroup.ts';
import { cases } from '../support/long-run.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../support/modbus-fixture.ts';

const TYPES = ['uint16', 'float32 cdab', 'uint64', 'string9', 'm10k48'];
const SLOW_RUNS = cases(100, 5_000);
const place = fc.record({
  table: fc.constantFrom(...TABLES),
  address: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 400 }), fc.nat({ max: 65_000 })),
  type: fc.constantFrom(...TYPES),
  scan: fc.constantFrom(1000, 5000),
});
const site = fc.record({
  places: fc.array(place, { minLength: 1, maxLength: 60 }),
  options: fc.record({
    max_registers: fc.integer({ min: 5, max: 125 }),
    max_bits: fc.integer({ min: 1, max: 2000 }),
    max_gap: fc.option(fc.integer({ min: 0, max: 125 }), { nil: undefined }),
  }),
  access: fc.constantFrom(TCP_ACCESS, WIRE_ACCESS),
});

const planned = ({
  places,
  options,
  access,
}: typeof site extends fc.Arbitrary<infer T> ? T : never) => {
  const requests = places.map(({ table, address, type, scan }, i) =>
    request(`${table}:${address}${isBitTable(table) ? '' : ` ${type}`}`, i, scan),
  );
  const device = modbusDevice(
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  );
  return { requests, device, plan: planReads(device, requests, access) };
};

test('every tag is in exactly one block, of its table and scan class, and whole', () => {
  fc.assert(
    fc.property(site, (input) => {
      const { requests, plan } = planned(input);
      const places = new Map(plan.flatMap((group) => group.tags.map((tag) => [tag.index, group])));
      const count = plan.reduce((sum, group) => sum + group.tags.length, 0);
      return (
        count === requests.length &&
        requests.every(({ tag, address, scan }) => {
          const group = places.get(tag.index);
          return (
            group !== undefined &&
            group.table === address.table &&
            group.scan === scan &&
            group.start <= address.address &&
            address.address + sizeOf(address) <= group.start + group.quantity
          );
        })
      );
    }),
  );
});

test('no block is beyond the limits of the device or reads registers at its ends that nobody wants', () => {
  fc.assert(
    fc.property(site, (input) => {
      const { requests, device, plan } = planned(input);
      return plan.every((group) => {
        const limit = isBitTable(group.table) ? device.maxBits : device.maxRegisters;
        const own = requests.filter(({ tag }) => group.tags.includes(tag));
        const starts = own.map(({ address }) => address.address);
        const ends = own.map(({ address }) => address.address + sizeOf(address));
        return (
          group.quantity <= limit &&
          Math.min(...starts) === group.start &&
          Math.max(...ends) === group.start + group.quantity
        );
      });
    }),
  );
});

test('two neighbouring blocks could not have been one', () => {
  fc.assert(
    fc.property(site, (input) => {
      const { device, plan } = planned(input);
      return plan.every((group, i) => {
        const next = plan[i + 1];
        if (!next || next.table !== group.table || next.scan !== group.scan) return true;
        const limit = isBitTable(group.table) ? device.maxBits : device.maxRegisters;
        const gap = next.start - (group.start + group.quantity);
        const together = next.start + next.quantity - group.start;
        return together > limit || gap > (device.maxGap ?? 0);
      });
    }),
  );
});

test('labels are unique within a device', () => {
  fc.assert(
    fc.property(site, (input) => {
      const { plan } = planned(input);
      return new Set(plan.map(({ label }) => label)).size === plan.length;
    }),
  );
});

/** Registers that hold their own address, bits that are set where it is odd. */
function memoryOf({ table, start, quantity }: ModbusGroup): DataView {
  const isBits = isBitTable(table);
  const view = new DataView(new ArrayBuffer(isBits ? Math.ceil(quantity / 8) : 2 * quantity));
  for (let i = 0; i < quantity; i++)
    if (!isBits) view.setUint16(2 * i, start + i);
    else if ((start + i) % 2) view.setUint8(i >> 3, view.getUint8(i >> 3) | (1 << (i & 7)));
  return view;
}

const valuesOf = (group: ModbusGroup) =>
  group.tags.map(({ index }, i) => {
    const field = group.fields[i];
    return { index, value: field?.decode(memoryOf(group), field.at) };
  });
const byIndex = (a: { index: number }, b: { index: number }) => a.index - b.index;

test('a divided block has all its tags, whole, with the same values, down to single ones', () => {
  fc.assert(
    fc.property(site, (input) => {
      const { device, plan } = planned(input);
      const queue = [...plan];
      for (let group = queue.pop(); group; group = queue.pop()) {
        const pieces = smallerGroups(group, device, input.access);
        const spans = new Set(group.fields.map(({ span }) => `${span.start} ${span.end}`));
        if (!pieces) {
          if (spans.size > 1) return false;
          continue;
        }
        const isInside = pieces.every((piece) =>
          piece.fields.every(
            ({ span }) => piece.start <= span.start && span.end <= piece.start + piece.quantity,
          ),
        );
        const before = valuesOf(group).toSorted(byIndex);
        const after = pieces.flatMap(valuesOf).toSorted(byIndex);
        const isSame =
          before.length === after.length &&
          before.every(({ index, value }, i) => {
            return after[i]?.index === index && Object.is(after[i]?.value, value);
          });
        const labels = new Set(pieces.map(({ label }) => label));
        if (!isInside || !isSame || labels.size !== pieces.length || pieces.length < 2)
          return false;
        queue.push(...pieces);
      }
      return true;
    }),
    { numRuns: SLOW_RUNS },
  );
});
