/**
 * A small plant of registers, and the two sites of a gateway that lets messages from upstream write it: one with operators
 * that sign, one where anybody may. Which values stand for what is agreed here, so that a write tells where it came from.
 */
import { GATEWAY, HONEST, SIGNERS } from './hostile-commands.ts';
import type { Signer } from './signed-command.ts';

/** The register of each tag. */
export const REGISTERS = {
  'press.pump': 0,
  'press.setpoint': 1,
  'press.mode': 2,
  'press.paced': 3,
  'press.rare': 4,
  'press.guarded': 5,
  'press.kept': 6,
  'press.gate': 7,
  'press.shared': 8,
  'press.knob': 9,
  'oven.fan': 10,
  'well.pump': 11,
  'well.level': 12,
  'well.valve': 13,
} as const;
export type PlantTag = keyof typeof REGISTERS;
export const REGISTER_COUNT = 14;

/** What somebody with the right to may want: each value once, of all tags. */
export const GENUINE = { min: 1_000, max: 30_000 } as const;
/** What nobody with the right to wants. The addresses take it. */
export const NEVER = { min: 30_001, max: 60_000 } as const;
/** What the rule writes to `press.shared`, and what the first person at the box does. */
export const RULE_VALUE = 61_000;
export const LOCAL_VALUE = 62_000;
/** What the gateway writes by itself. */
export const SAFE_GUARDED = 7;
export const SAFE_KEPT = 9;
export const PACED_MS = 1_000;
export const MOST_RARE = 3;
/** What `press.mode` takes. */
export const MODES: readonly number[] = Array.from({ length: 100 }, (_, i) => 20_000 + i);
export const READ_ONLY: readonly PlantTag[] = ['press.gate', 'press.knob', 'well.level'];
export const MAX_AGE_MS = 60_000;
/** What a power cut can cost, besides a commit. */
export const LOSS_WINDOW_MS = 200;

export interface HostileSite {
  readonly isSigned: boolean;
  readonly version: '5' | '3.1.1';
}

/** By name: who may sign, and for what. */
export const OPERATORS: readonly {
  readonly signer: Signer;
  readonly tags: readonly string[] | undefined;
}[] = [...SIGNERS, HONEST];

export function hostileSite(
  { isSigned, version }: HostileSite,
  ports: { readonly plant: number; readonly broker: number },
): string {
  const register = (tag: PlantTag) => `"holding:${REGISTERS[tag]} uint16"`;
  const written = (tag: PlantTag, more = '') =>
    `${tag.split('.')[1]}: { address: ${register(tag)}, access: read-write, write: { by: [remote]${more} } }`;
  const read = (tag: PlantTag) => `${tag.split('.')[1]}: { address: ${register(tag)} }`;
  const operators = OPERATORS.map(({ signer: { name, publicKey }, tags }) => {
    const key = Buffer.from(publicKey).toString('base64');
    return `    ${name}: { key: "${key}"${tags ? `, tags: ${JSON.stringify(tags)}` : ''} }`;
  });
  return `
gateway: { id: ${GATEWAY}, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: ${LOSS_WINDOW_MS}ms }
uplinks:
  cloud: { mqtt: "mqtt://127.0.0.1:${ports.broker}", version: ${version}, unrouted: hold, commands: accept }
commands:
  max_age: ${MAX_AGE_MS}ms
${isSigned ? `  operators:\n${operators.join('\n')}` : ''}
buses: { plc: { tcp: "127.0.0.1:${ports.plant}" } }
devices:
  press:
    bus: plc
    protocol: modbus
    unit: 1
    scan: 100ms
    tags:
      ${written('press.pump')}
      ${written('press.setpoint', `, range: { min: ${GENUINE.min}, max: ${GENUINE.max} }`)}
      ${written('press.mode', `, values: [${MODES.join(', ')}]`)}
      ${written('press.paced', `, min_interval: ${PACED_MS}ms`)}
      ${written('press.rare', `, max_per_hour: ${MOST_RARE}`)}
      ${written('press.guarded', `, interlock: "press.gate == 1", safe: { value: ${SAFE_GUARDED}, on: [interlock, crash] }`)}
      ${written('press.kept', `, safe: { value: ${SAFE_KEPT}, on: [silent, stop, crash] }, hold: 300ms`)}
      ${read('press.gate')}
      shared: { address: ${register('press.shared')}, access: read-write, write: { by: [local, rule, remote] } }
      ${read('press.knob')}
  oven:
    bus: plc
    protocol: modbus
    unit: 1
    tags:
      ${written('oven.fan')}
  well:
    bus: plc
    protocol: modbus
    unit: 1
    tags:
      ${written('well.pump')}
      ${read('well.level')}
      valve: { address: ${register('well.valve')}, access: read-write }
rules:
  shared-by-rule:
    when: press.knob > 0
    do: [ { write: press.shared, value: ${RULE_VALUE} } ]
    on_clear: [ { release: press.shared } ]
`;
}
