/**
 * Bus URLs: how a bus is named on the command line, without a site.
 *
 * - `tcp://10.0.0.5:502` Modbus TCP
 * - `rtu+tcp://10.0.0.6:4001?9600-8-E-1` a serial wire behind a serial server
 * - `ascii+tcp://10.0.0.6:4001` the same, where Modbus is spoken in ASCII
 * - `serial:///dev/ttyS1?9600-8-E-1` a port of this machine; `serial+ascii:///dev/ttyS1` in ASCII
 * - `dtu://0.0.0.0:9000?registration=HG01&2400-8-E-1` a DTU that dials in here; `hex:4747` for bytes
 *
 * What the wire is set to may be left out: each protocol has its usual settings.
 */
import type { WireTransport } from '../../../config/site.ts';
import type { SerialFormat, SerialSettings } from '../../../drivers/line/line.ts';
import { GatewayError } from '../../model/errors.ts';

/** A bus as a URL names it. */
export interface BusUrl {
  /** As written. */
  readonly text: string;
  readonly transport: WireTransport;
  readonly baud: number;
  readonly format: SerialFormat;
  /** Whether the settings of the wire are written, not assumed. */
  readonly isTuned: boolean;
  /** Modbus as ASCII characters instead of bytes. */
  readonly ascii: boolean;
}

/**
 * DL/T 645-2007 meters of the grid and CJ/T 188 meters leave the factory at 2400 8E1; of Modbus units in
 * the field most speak 9600 8N1.
 */
const USUAL: Readonly<Record<string, SerialSettings>> = {
  dlt645: { baud: 2400, format: '8E1' },
  cjt188: { baud: 2400, format: '8E1' },
};
const OTHERWISE: SerialSettings = { baud: 9600, format: '8N1' };

const PORT = /^(serial|serial\+ascii):\/\/(\/[^?]+)(?:\?(.*))?$/i;
const SOCKET = /^(tcp|rtu\+tcp|ascii\+tcp|dtu):\/\/([^/:?]+|\[[^\]]+\]):(\d{1,5})\/?(?:\?(.*))?$/i;
const WIRE = /^(\d{3,7})-([78])-([NEO])-([12])$/i;
const FORMS = [
  ...['tcp://host:502', 'rtu+tcp://host:port', 'ascii+tcp://host:port'],
  ...['serial:///dev/ttyS1?9600-8-E-1', 'dtu://0.0.0.0:port?registration=…'],
].join(', ');

export interface UrlReader {
  /** The verb, for its help. */
  readonly verb: string;
  /** Whose usual settings hold where none are written. */
  readonly protocol: string;
}

/** Reads a bus URL. Throws `cli.usage` for anything else. */
export function busOf(text: string, { verb, protocol }: UrlReader): BusUrl {
  const refuse = (problem: string) => new GatewayError('cli.usage', { verb, problem });
  const found = PORT.exec(text) ?? SOCKET.exec(text);
  if (!found) throw refuse(`"${text}" is no bus: write ${FORMS}`);
  const isPort = found.length === 4;
  const scheme = (found[1] ?? '').toLowerCase();
  const query = parametersOf((isPort ? found[3] : found[4]) ?? '');
  if ('unknown' in query)
    throw refuse(`"${query.unknown}" in ${text} is neither settings (9600-8-E-1) nor known`);
  const { wire, registration, heartbeat } = query;
  const rest = {
    text,
    ...(wire ?? USUAL[protocol] ?? OTHERWISE),
    isTuned: wire !== undefined,
    ascii: scheme.includes('ascii'),
  };
  if (isPort) return { ...rest, transport: { kind: 'serial', path: found[2] ?? '' } };
  const port = Number(found[3]);
  if (port > 0xffff) throw refuse(`${text}: a port is a number up to 65535`);
  const place = { host: (found[2] ?? '').replace(/^\[|\]$/g, ''), port };
  if (scheme === 'dtu')
    return { ...rest, transport: { kind: 'dtu', ...place, registration, heartbeat } };
  return { ...rest, transport: { kind: scheme === 'tcp' ? 'tcp' : 'serial-tcp', ...place } };
}

interface Parameters {
  readonly wire: SerialSettings | undefined;
  readonly registration: Uint8Array;
  readonly heartbeat: Uint8Array;
}

function parametersOf(query: string): Parameters | { readonly unknown: string } {
  let wire: SerialSettings | undefined;
  const bytes = { registration: new Uint8Array(), heartbeat: new Uint8Array() };
  for (const part of query.split('&').filter((text) => text !== '')) {
    const settings = WIRE.exec(part);
    const [key, value] = part.split('=', 2) as [string, string | undefined];
    if (settings) wire = settingsOf(settings);
    else if (value !== undefined && (key === 'registration' || key === 'heartbeat'))
      bytes[key] = bytesOf(value);
    else return { unknown: part };
  }
  return { wire, ...bytes };
}

const settingsOf = ([, baud, data, parity, stop]: readonly string[]): SerialSettings => ({
  baud: Number(baud),
  format: `${data}${parity?.toUpperCase()}${stop}` as SerialFormat,
});

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  text.startsWith('hex:')
    ? new Uint8Array(Buffer.from(text.slice('hex:'.length), 'hex'))
    : new TextEncoder().encode(decodeURIComponent(text));
