/** Every option of a bus, declared once: what it is reached by, and how fast or how safely. */
import type { SerialFormat } from '../drivers/line/line.ts';
import {
  duration,
  integer,
  type Option,
  object,
  oneKeyOf,
  oneOf,
  optional,
  parsedText,
  share,
  text,
} from '../gateway/host/schema.ts';
import { bytesText, endpoint, opcuaUrl, secret, serialPath, source } from './options.ts';
import { OPCUA_SECURITIES } from './site.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

const SERIAL_FORMATS = [
  '8N1',
  '8N2',
  '8E1',
  '8E2',
  '8O1',
  '8O2',
  '7E1',
  '7O1',
  '7N2',
] as const satisfies readonly SerialFormat[];

const silentShare = share({
  doc: 'The share of line time that all silent devices of the bus may use together.',
  default: '5%',
  min: '0.1%',
  max: '50%',
});
const BAUD = { min: 300, max: 4_000_000 };
const wire = {
  baud: integer({ doc: 'Bits per second.', default: 9600, ...BAUD }),
  format: oneOf(SERIAL_FORMATS, { doc: 'Data bits, parity, stop bits.', default: '8N1' }),
  silent_share: silentShare,
};

/** Of a device, where it is not the bus's; and of a profile, as the device leaves its factory. */
export const ownSettings = {
  baud: optional(integer({ doc: "Bits per second; the bus's when left out.", ...BAUD })),
  format: optional(
    oneOf(SERIAL_FORMATS, { doc: "Data bits, parity, stop bits; the bus's when left out." }),
  ),
};

export const busOptions = oneKeyOf({
  tcp: object({
    tcp: endpoint({
      doc: 'Modbus TCP: the host and port of a device or a converter.',
      example: '192.168.1.10:502',
    }),
    silent_share: silentShare,
  }),
  serial_tcp: object({
    serial_tcp: endpoint({
      doc: 'A serial wire behind a serial server that passes its bytes through.',
      example: '192.168.1.11:4001',
    }),
    ...wire,
  }),
  dtu: object({
    dtu: endpoint({
      doc: 'A serial wire behind a DTU that dials in: where the gateway listens for it. Several DTUs may share one port.',
      example: '0.0.0.0:9000',
    }),
    registration: optional(
      bytesText({
        doc: 'What the DTU sends first, as text or as 0x and hexadecimal digits; it tells DTUs on one port apart. Without it the first that connects is taken.',
        example: 'ROOFTOP-01',
      }),
    ),
    heartbeat: optional(
      bytesText({
        doc: 'What the DTU sends now and then to stay connected, as text or as 0x and hexadecimal digits; it is dropped.',
        example: '0xFE',
      }),
    ),
    ...wire,
  }),
  opcua: object({
    opcua: opcuaUrl({
      doc: 'An OPC UA server.',
      example: 'opc.tcp://192.168.1.20:4840',
    }),
    security: oneOf(OPCUA_SECURITIES, {
      doc: 'Policy and mode of the connection. None has to be written: everybody on the network can then read and change what goes over it.',
      default: 'Basic256Sha256/SignAndEncrypt',
    }),
    user: optional(source({ doc: 'Anonymous when left out.', example: 'gateway' })),
    password: optional(
      secret({ doc: 'A reference, never the password itself.', example: `\${credential:plc2}` }),
    ),
    user_cert: optional(
      source({ doc: 'PEM file of a certificate to log in with instead of a password.' }),
    ),
    user_key: optional(source({ doc: 'PEM file of the key to user_cert.' })),
    session_timeout: duration({
      doc: 'How long the server keeps the session when it does not hear of the gateway.',
      default: '30s',
      min: '10s',
      max: '1h',
    }),
    keep_alive: duration({
      doc: 'How often the server says that it lives while nothing changes; three times missed, and it is connected anew.',
      default: '5s',
      min: '500ms',
      max: '10m',
    }),
    timeout: duration({
      doc: 'How long the server may take for one answer.',
      default: '5s',
      min: '500ms',
      max: '60s',
    }),
  }),
  gpio: object({
    gpio: text({
      doc: 'The pins of this machine: auto, or the name or label of a chip.',
      example: 'pinctrl-bcm2711',
      max: 120,
    }),
    backend: oneOf(['auto', 'sysfs', 'gpiod', 'simulated'], {
      doc: 'How the pins are reached. auto: by the gpiod tools where they are installed, else by sysfs.',
      default: 'auto',
    }),
  }),
  serial: object({
    serial: serialPath({
      doc: 'A serial port of this machine.',
      example: '/dev/serial/by-path/platform-usb-0:1.2:1.0-port0',
    }),
    direction: optional(
      parsedText(directionPin, {
        doc: 'The pin that turns the RS-485 transceiver round, as chip and line: high while sending. Only where neither kernel nor adapter does it; a timer of a program is some milliseconds late.',
        example: 'gpiochip0 18',
        max: 120,
      }),
    ),
    ...wire,
  }),
});

/** `gpiochip0 18`, `pinctrl-bcm2711 GPIO18` */
function directionPin(text: string) {
  const [, chip = '', line = ''] = /^(\S+) (\S.*)$/.exec(text) ?? [];
  if (chip === '') return { code: 'config.direction-form' } as const;
  return { value: { chip, line: /^\d+$/.test(line) ? Number(line) : line } };
}

export type BusOptions = OptionValue<typeof busOptions>;
