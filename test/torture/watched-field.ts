/** The simulated field of the attacks on the whole daemon, in a process of its own, seen from the harness. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A read that was answered: its first tag, how many, and when, in ms on the machine's monotonic clock. */
export type FieldRead = readonly [tag: number, tags: number, atMs: number];
export type FieldMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'reads'; readonly reads: readonly FieldRead[] };
export type FieldOrder = 'reads' | 'last';

export interface WatchedField {
  readonly port: number;
  readonly tags: number;
  /** Answered since the last call, in order. */
  reads(): Promise<readonly FieldRead[]>;
  /** The same, and the device is gone then. */
  lastReads(): Promise<readonly FieldRead[]>;
  /** Its device as YAML under `devices:`, on a bus named `field`. */
  deviceYaml(scan: string): string;
  close(): void;
}

const REGISTERS_PER_TAG = 2;
export const tagName = (tag: number): string => `t${tag}`;
export const tagsIn = (registers: number): number => registers / REGISTERS_PER_TAG;
export const tagAddress = (tag: number): number => tag * REGISTERS_PER_TAG;
export const FIELD_DEVICE = 'plc';

/** One Modbus TCP unit with so many float32 tags side by side. */
export async function startWatchedField(tags: number): Promise<WatchedField> {
  const field = fork(join(import.meta.dirname, 'watched-field-process.ts'), [String(tags)]);
  const { port } = await told(field, 'ready');
  const ask = async (order: FieldOrder) => {
    const answer = told(field, 'reads');
    field.send(order);
    return (await answer).reads;
  };
  return {
    port,
    tags,
    reads: () => ask('reads'),
    lastReads: () => ask('last'),
    deviceYaml: (scan) =>
      [
        `  ${FIELD_DEVICE}:`,
        '    bus: field',
        '    protocol: modbus',
        '    unit: 1',
        `    scan: ${scan}`,
        '    tags:',
        ...Array.from(
          { length: tags },
          (_, tag) => `      ${tagName(tag)}: { address: "holding:${tagAddress(tag)} float32" }`,
        ),
      ].join('\n'),
    close: () => field.kill(),
  };
}

async function told<K extends FieldMessage['kind']>(
  field: ChildProcess,
  kind: K,
): Promise<Extract<FieldMessage, { kind: K }>> {
  for (;;) {
    const [message] = (await once(field, 'message')) as [FieldMessage];
    if (message.kind === kind) return message as Extract<FieldMessage, { kind: K }>;
  }
}
