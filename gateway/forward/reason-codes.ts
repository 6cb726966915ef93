/** What brokers answer by a number (MQTT 5.0 §2.4), and what a refusal is to the gateway. */
import { GatewayError } from '../model/errors.ts';

export const NO_MATCHING_SUBSCRIBERS = 0x10;
export const PACKET_TOO_LARGE = 0x95;
/**
 * CONNACK: server unavailable (3.1.1: 3), unspecified, busy, quota, use another server, connection
 * rate.
 */
export const TRANSIENT_REFUSALS: readonly number[] = [3, 0x80, 0x88, 0x89, 0x97, 0x9c, 0x9f];
const QUOTA_EXCEEDED = 0x97;

export function refusal(topic: string, code: number, reason: string): GatewayError {
  const text = `${reason} (${hex(code)})`;
  return new GatewayError(code === QUOTA_EXCEEDED ? 'forward.quota' : 'forward.refused', {
    topic,
    reason: text,
  });
}

/** The reason code of an error made from a packet; those of the machine carry text. */
export const codeOf = (error: Error): number | undefined =>
  'code' in error && typeof error.code === 'number' ? error.code : undefined;

export const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;
