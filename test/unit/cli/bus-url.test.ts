import { describe, expect, it } from 'vitest';
import { busOf } from '../../../gateway/cli/wire/bus-url.ts';

const bus = (text: string, protocol = 'modbus') => busOf(text, { verb: 'read', protocol });

describe('a bus URL', () => {
  it('names a device on the network', () => {
    expect(bus('tcp://10.0.0.5:502').transport).toEqual({
      kind: 'tcp',
      host: '10.0.0.5',
      port: 502,
    });
    expect(bus('tcp://[fe80::1]:502/').transport).toMatchObject({ host: 'fe80::1', port: 502 });
  });

  it('names a serial wire behind a serial server, with its settings', () => {
    expect(bus('rtu+tcp://10.0.0.6:4001?19200-8-E-1')).toMatchObject({
      transport: { kind: 'serial-tcp', host: '10.0.0.6', port: 4001 },
      baud: 19_200,
      format: '8E1',
      isTuned: true,
      ascii: false,
    });
  });

  it('says where Modbus is spoken in ASCII', () => {
    expect(bus('ascii+tcp://moxa:4001?9600-7-N-2')).toMatchObject({ ascii: true, format: '7N2' });
    expect(bus('serial+ascii:///dev/ttyS1')).toMatchObject({
      ascii: true,
      transport: { kind: 'serial', path: '/dev/ttyS1' },
    });
  });

  it('takes the usual settings of the protocol where none are written', () => {
    const port = 'serial:///dev/serial/by-path/pci-0:1.0-port0';
    expect(bus(port)).toMatchObject({ baud: 9_600, format: '8N1', isTuned: false });
    for (const protocol of ['dlt645', 'cjt188'])
      expect(bus(port, protocol)).toMatchObject({ baud: 2_400, format: '8E1' });
    expect(bus(`${port}?1200-8-e-1`, 'dlt645')).toMatchObject({ baud: 1_200, format: '8E1' });
  });

  it('names a DTU by what it sends first', () => {
    expect(
      bus('dtu://0.0.0.0:9000?registration=HG%3A01&heartbeat=hex:fe&2400-8-E-1'),
    ).toMatchObject({
      transport: {
        kind: 'dtu',
        port: 9000,
        registration: Uint8Array.from(Buffer.from('HG:01')),
        heartbeat: Uint8Array.of(0xfe),
      },
      baud: 2_400,
    });
  });

  it.each([
    'telnet://10.0.0.5:23',
    'tcp://10.0.0.5',
    'tcp://10.0.0.5:70000',
    'serial://ttyS1',
    'serial:///dev/ttyS1?9600-9-N-1',
    'serial:///dev/ttyS1?fast',
    '10.0.0.5:502',
  ])('is refused as wrong usage: %s', (text) => {
    expect(() => bus(text)).toThrow('[cli.usage]');
  });
});
