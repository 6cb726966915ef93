/** Each fault of a wire, provoked in the simulator and found by the doctor. */
import { describe, expect, it } from 'vitest';
import type { SerialSettings } from '../../drivers/line/line.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import {
  type ExaminedDevice,
  expectedUnit,
  wireAlternatives,
} from '../../gateway/cli/doctor/examined-devices.ts';
import { framesOfAny } from '../../gateway/cli/wire/questions.ts';
import { diagnoseWire } from '../../gateway/health/doctor.ts';
import { examineWire } from '../../gateway/health/examination.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { wireFrame } from '../support/modbus-frames.ts';
import {
  inVirtualTime,
  USUAL,
  type VirtualWireOptions,
  virtualWire,
} from '../support/virtual-wire.ts';

const modbus = { protocol: 'modbus' } as const;

function device(
  protocol: string,
  options: Readonly<Record<string, unknown>>,
  settings?: SerialSettings,
): ExaminedDevice {
  const parsed = DRIVER_OPTIONS.get(protocol)?.deviceSchema.parse(options);
  if (!parsed?.ok) throw new Error(`${protocol} refuses ${JSON.stringify(options)}`);
  return { protocol, options: parsed.value, ...(settings && { settings }) };
}

/** The findings about a wire on which these units should be. */
async function examined(options: VirtualWireOptions, devices: readonly ExaminedDevice[]) {
  const { clock, line, simulated } = await virtualWire(options);
  const units = devices.flatMap((one) => expectedUnit(one, options.settings ?? USUAL) ?? []);
  const parts = {
    line,
    clock,
    units,
    others: wireAlternatives,
    framesOf: framesOfAny,
    onStep: () => {},
  };
  const signal = new AbortController().signal;
  const evidence = await inVirtualTime(clock, examineWire(parts, signal));
  await line.close();
  simulated.stop();
  return { evidence, findings: diagnoseWire(evidence), took: clock.mono() };
}

const short = ({ findings }: Awaited<ReturnType<typeof examined>>): string[] =>
  findings.map(({ confidence, code }) => `${confidence} ${code.slice(7)}`);

const unit1 = device('modbus', { unit: 1 });
const unit2 = device('modbus', { unit: 2 });

describe('the doctor on a wire', () => {
  it('has nothing to say about a healthy one, of three protocols', async () => {
    const meters: SerialSettings = { baud: 2400, format: '8E1' };
    const found = await examined(
      {
        units: [
          modbus,
          { protocol: 'dlt645', settings: meters },
          { protocol: 'cjt188', settings: meters },
        ],
      },
      [
        unit1,
        device('dlt645', { address: '202400000002' }, meters),
        device('cjt188', { address: '78330000000003', type: 'water' }, meters),
      ],
    );
    expect(short(found)).toEqual(['certain all-well']);
    expect(found.findings[0]?.details).toMatchObject({ units: 3 });
  });

  it('finds that nothing is connected', async () => {
    const found = await examined({}, [unit1]);
    expect(short(found)).toEqual(['likely nobody-answers', 'possible wires-swapped']);
    expect(found.took).toBeLessThan(seconds(90));
  });

  it('finds swapped wires', async () => {
    const found = await examined({ units: [modbus], manners: { isSwapped: true } }, [unit1]);
    expect(short(found)).toEqual(['likely wires-swapped', 'possible nobody-answers']);
  });

  it.each<[string, SerialSettings, SerialSettings]>([
    ['baud-wrong', { baud: 19_200, format: '8N1' }, USUAL],
    ['baud-wrong', { baud: 2400, format: '8E1' }, { baud: 115_200, format: '8N1' }],
    ['parity-wrong', { baud: 9600, format: '8E1' }, USUAL],
    ['parity-wrong', { baud: 9600, format: '8N1' }, { baud: 9600, format: '8O1' }],
  ])('finds %s: units at %o, asked at %o', async (code, settings, configured) => {
    const found = await examined({ units: [{ ...modbus, settings }], settings: configured }, [
      unit1,
    ]);
    expect(short(found)).toEqual([`certain ${code}`]);
    expect(found.findings[0]?.details).toMatchObject({
      found: `${settings.baud} ${settings.format}`,
      configured: `${configured.baud} ${configured.format}`,
    });
  });

  it('finds a meter where a Modbus unit was expected', async () => {
    const settings: SerialSettings = { baud: 2400, format: '8E1' };
    const found = await examined({ units: [{ protocol: 'dlt645', settings }] }, [unit1]);
    expect(short(found)).toEqual(['likely protocol-other']);
    expect(found.findings[0]?.details).toMatchObject({ protocol: 'dlt645', unit: '202400000001' });
  });

  it('cannot try other settings behind a serial server, and says so', async () => {
    const settings: SerialSettings = { baud: 19_200, format: '8N1' };
    const found = await examined({ units: [{ ...modbus, settings }], isFixed: true }, [unit1]);
    expect(short(found)).toEqual(['likely nobody-behind-server', 'possible wires-swapped']);
  });

  it('finds the one that is silent beside another', async () => {
    const found = await examined({ units: [modbus, { ...modbus, fault: 'silent' }] }, [
      unit1,
      unit2,
    ]);
    expect(short(found)).toEqual(['certain unit-silent']);
    expect(found.findings[0]?.details).toMatchObject({ unit: '2' });
  });

  it('finds the one at other settings beside others, and takes nobody else for it', async () => {
    const settings: SerialSettings = { baud: 9600, format: '8E1' };
    const units = [modbus, { ...modbus, settings }, { protocol: 'dlt645', settings } as const];
    const meter = device('dlt645', { address: '202400000003' }, settings);
    const found = await examined({ units }, [unit1, unit2, meter]);
    expect(short(found)).toEqual(['certain parity-wrong']);
    expect(found.findings[0]?.details).toMatchObject({ unit: '2', found: '9600 8E1' });
  });

  it('has nothing to say where it knows nobody to ask', async () => {
    expect(short(await examined({ units: [modbus] }, []))).toEqual([]);
  });

  it('sees through an echo and mentions it', async () => {
    const found = await examined({ units: [modbus], manners: { echo: true } }, [unit1]);
    expect(short(found)).toEqual(['certain all-well', 'certain echo']);
  });

  it('hears a second master', async () => {
    const secondMaster = { every: millis(900), requests: [wireFrame(1, 3, 0, 0, 0, 2)] };
    const found = await examined({ units: [modbus], manners: { secondMaster } }, [unit1]);
    expect(short(found)[0]).toBe('certain second-master');
  });

  it('hears somebody babble', async () => {
    const found = await examined({ units: [modbus, { ...modbus, fault: 'babble' }] }, [unit1]);
    expect(short(found)[0]).toBe('likely babble');
  });

  it('finds two units with the same address', async () => {
    const found = await examined({ units: [{ ...modbus, fault: 'collision' }, modbus] }, [
      unit1,
      unit2,
    ]);
    expect(short(found)).toEqual(['likely address-twice']);
    expect(found.findings[0]?.details).toMatchObject({ unit: '1' });
  });

  it('finds answers that come too late, and the time-out that they need', async () => {
    const late = { kind: 'late', delay: millis(1_200) } as const;
    const found = await examined({ units: [{ ...modbus, fault: late }] }, [unit1]);
    expect(short(found)).toEqual(['certain answers-late']);
    expect(found.findings[0]?.details).toMatchObject({ took: 1210, timeout: 500, enough: 1900 });
  });

  it('finds a gateway that cannot reach its unit', async () => {
    const refuses = { kind: 'exception', code: 0x0b } as const;
    const found = await examined({ units: [{ ...modbus, fault: refuses }] }, [unit1]);
    expect(short(found)).toEqual(['certain gateway-target']);
  });

  it('finds damaged answers', async () => {
    const noise = { kind: 'bad-crc', share: 0.5 } as const;
    const found = await examined({ units: [{ ...modbus, fault: noise }] }, [unit1]);
    expect(short(found)).toEqual(['likely noise']);
  });

  it('ends when it is told to, with what it has seen', async () => {
    const { clock, line } = await virtualWire();
    const units = [unit1].flatMap((one) => expectedUnit(one, USUAL) ?? []);
    const stop = new AbortController();
    const parts = { line, clock, units, others: () => [], framesOf: framesOfAny, onStep: () => {} };
    const examination = examineWire(parts, stop.signal);
    await clock.advance(seconds(5));
    stop.abort(new Error('enough'));
    const evidence = await inVirtualTime(clock, examination);
    expect(evidence.listened).toHaveLength(1);
    expect(evidence.units).toHaveLength(0);
    expect(clock.pending()).toEqual([]);
  });
});
